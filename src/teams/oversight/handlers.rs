//! The calls on what leaders oversee. What belongs to another team gives 404.

use serde_json::json;

use crate::auth::audit::{Action, Entry};
use crate::auth::permissions::{
    ReadCompositions, ReadTeams, ReadWebhooks, WriteCompositions, WriteTeams, WriteWebhooks,
};
use crate::http::{Page, Problem, Response};
use crate::ids::{ShareLinkId, UserId, WebhookId};
use crate::membership::permissions::{BanMembers, OverseeSharing, TeamPermission, TeamPermit};
use crate::platform::Statement;
use crate::runtime::{Context, Tx};
use crate::squads::share_links;
use crate::webhooks::endpoints;

use super::store;

/// Proof that the caller may do `P` in the team of the path.
async fn permit<P: TeamPermission>(
    cx: &Context<'_>,
    user: &UserId,
) -> Result<TeamPermit<P>, Problem> {
    TeamPermit::of(cx.membership(user).await?)
}

/// Commits the end of something of the team. When it is stale, the caller has lost the permission, or it
/// is gone.
async fn end<P: TeamPermission>(
    cx: &Context<'_>,
    permit: &TeamPermit<P>,
    writes: Vec<Statement>,
    entry: Entry,
) -> Result<Response, Problem> {
    let entry = entry.with_detail(json!({ "team_id": permit.team().as_str() }));
    let stale = async {
        let still = self::permit::<P>(cx, permit.user()).await;
        still.err().unwrap_or_else(Problem::not_found)
    };
    let tx = Tx::new(writes).log(entry);
    tx.commit_or(cx, Response::no_content(), stale).await
}

/// GET /teams/{id}/bans
pub async fn bans(cx: &Context<'_>) -> Result<Response, Problem> {
    let user = cx.permit::<ReadTeams>()?;
    let permit = permit::<BanMembers>(cx, user.user_id()).await?;
    let page = Page::from_query(&cx.query, UserId::parse)?;
    let listed = store::bans(&cx.state.platform, &permit, &page).await?;
    Ok(cx.listed(listed.data, listed.last))
}

/// DELETE `/teams/{id}/bans/{user_id}`
pub async fn lift_ban(cx: &Context<'_>) -> Result<Response, Problem> {
    let user = cx.permit::<WriteTeams>()?;
    let permit = permit::<BanMembers>(cx, user.user_id()).await?;
    let banned = cx.path("user_id", UserId::parse)?;
    let entry = Entry::by(user.caller(), Action::TeamBanLifted, &banned);
    let writes = store::lift(&permit, &banned);
    end(cx, &permit, writes, entry).await
}

/// GET /teams/{id}/webhooks
pub async fn webhooks(cx: &Context<'_>) -> Result<Response, Problem> {
    let user = cx.permit::<ReadWebhooks>()?;
    let permit = permit::<OverseeSharing>(cx, user.user_id()).await?;
    let page = Page::from_query(&cx.query, WebhookId::parse)?;
    let found = endpoints::oversight_store::list(&cx.state.platform, &permit, &page).await?;
    Ok(cx.page(&page, found))
}

/// DELETE `/teams/{id}/webhooks/{webhook_id}`
pub async fn end_webhook(cx: &Context<'_>) -> Result<Response, Problem> {
    let user = cx.permit::<WriteWebhooks>()?;
    let permit = permit::<OverseeSharing>(cx, user.user_id()).await?;
    let id = cx.path("webhook_id", WebhookId::parse)?;
    let entry = Entry::by(user.caller(), Action::WebhookDeleted, &id);
    let writes = endpoints::oversight_store::end(&permit, &id);
    end(cx, &permit, writes, entry).await
}

/// GET /teams/{id}/share-links
pub async fn links(cx: &Context<'_>) -> Result<Response, Problem> {
    let user = cx.permit::<ReadCompositions>()?;
    let permit = permit::<OverseeSharing>(cx, user.user_id()).await?;
    let page = Page::from_query(&cx.query, ShareLinkId::parse)?;
    let issuer = &cx.state.config.issuer;
    let found = share_links::oversight_store::list(&cx.state.platform, &permit, &page, issuer);
    Ok(cx.page(&page, found.await?))
}

/// DELETE `/teams/{id}/share-links/{link_id}`
pub async fn end_link(cx: &Context<'_>) -> Result<Response, Problem> {
    let user = cx.permit::<WriteCompositions>()?;
    let permit = permit::<OverseeSharing>(cx, user.user_id()).await?;
    let id = cx.path("link_id", ShareLinkId::parse)?;
    let entry = Entry::by(user.caller(), Action::ShareLinkWithdrawn, &id);
    let writes = share_links::oversight_store::end(&permit, &id);
    end(cx, &permit, writes, entry).await
}
