//! The calls on the removal of a second factor. Only a session opened with the factor stops it.

use kit::time::rfc3339;
use serde_json::json;

use crate::accounts::email::operations::SentLink;
use crate::accounts::links::{self, Purpose};
use crate::auth::audit::{Action, Entry};
use crate::auth::permissions::ManageAccount;
use crate::http::{Problem, Profile, Response, problems};
use crate::mail::{MailContent, Outgoing};
use crate::platform::DatabaseError;
use crate::runtime::{Context, Tx};

use super::{DELAY_MS, remove, store};

/// POST /auth/two-factor/removal
pub async fn begin(cx: &Context<'_>) -> Result<Response, Problem> {
    let link: SentLink = cx.valid_body()?;
    let at = ask(cx, &link.token).await?;
    let answer = json!({ "removal_at": rfc3339(at) });
    Response::json(200, Profile::Private, &answer)
}

/// The first use of a link starts the delay, one after the delay removes the factor. Returns when it ends.
pub async fn ask(cx: &Context<'_>, token: &str) -> Result<i64, Problem> {
    let platform = &cx.state.platform;
    let link = links::find(platform, token, &[Purpose::RemoveFactor]).await?;
    let user = link.user_id.as_ref().ok_or_else(links::invalid)?;
    let removal = store::removal(platform, user, &link).await?;
    let now = cx.now_ms();
    if let Some(at) = removal.ok_or_else(links::invalid)? {
        if at <= now {
            remove(cx.state, user).await?;
        }
        return Ok(at);
    }
    let at = now + DELAY_MS;
    let mut writes = store::begin(user, &link, at);
    let mail = Outgoing::to_owner(
        cx.state,
        user,
        &MailContent::FactorRemovalBegun { due_at: at },
    )?;
    writes.push(mail.insert());
    let entry = Entry::by_user(user, None, Action::FactorRemovalBegun, user);
    match Tx::new(writes).log(entry).commit_aside(cx).await {
        Err(DatabaseError::Stale) => Err(links::invalid()),
        outcome => {
            outcome?;
            mail.wake(cx);
            Ok(at)
        }
    }
}

/// DELETE /auth/two-factor/removal
pub async fn stop(cx: &Context<'_>) -> Result<Response, Problem> {
    let permit = cx.permit::<ManageAccount>()?;
    let mut writes = store::stop(&permit);
    let mail = Outgoing::to_owner(
        cx.state,
        permit.user_id(),
        &MailContent::FactorRemovalStopped,
    )?;
    writes.push(mail.insert());
    let action = Action::FactorRemovalStopped;
    let entry = Entry::by(permit.caller(), action, permit.user_id());
    let answer = Tx::new(writes)
        .log(entry)
        .commit(
            cx,
            Response::no_content(),
            Problem::new(&problems::NO_FACTOR_REMOVAL),
        )
        .await?;
    mail.wake(cx);
    Ok(answer)
}
