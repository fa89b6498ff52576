//! The calls that end everything, or one API key with all that was made with it. What is counted is what
//! the same batch ends.

use crate::accounts::{api_keys, links, sessions};
use crate::auth::audit::{Action, Entry};
use crate::auth::permissions::{Permit, SecureAccount};
use crate::http::problem::Problem;
use crate::http::response::{Profile, Response};
use crate::ids::ApiKeyId;
use crate::platform::{DatabaseError, Statement};
use crate::runtime::{Context, Tx};
use crate::squads::share_links;
use crate::teams::invitations;
use crate::webhooks::endpoints;

use super::model::Tally;
use super::store;

/// Others may come in between this often before it is given up.
const MAX_TRIES: usize = 5;

/// POST /auth/end-everything
pub async fn end(cx: &Context<'_>) -> Result<Response, Problem> {
    let permit = cx.permit::<SecureAccount>()?;
    let user = permit.user_id();
    for _ in 0..MAX_TRIES {
        let now = cx.now_ms();
        let tally = store::tally(&cx.state.platform, &permit, now).await?;
        let document = tally.document();
        let answer = Response::json(200, Profile::Private, &document)?;
        let entry = |target: &str| Entry::by(permit.caller(), Action::EverythingEnded, target);
        let mut entries = vec![entry(user.as_str()).with_detail(document)];
        let teams = tally.of_teams();
        entries.extend(teams.map(|(team, detail)| entry(team).with_detail(detail)));
        match Tx::new(writes(&permit, &tally, now))
            .log_all(entries)
            .attempt(cx, answer)
            .await
        {
            Err(DatabaseError::Stale) => {}
            outcome => {
                let answer = outcome?;
                cx.state.verifier.forget_user(user);
                return Ok(answer);
            }
        }
    }
    Err(Problem::unavailable(
        "what the account has changed at every try",
    ))
}

/// Ends what was counted, no more and no less; else stale.
fn writes(permit: &Permit<'_, SecureAccount>, tally: &Tally, now: i64) -> Vec<Statement> {
    let user = permit.user_id();
    let content = tally.all();
    let [disable, hold] = endpoints::store::disable_all(permit, now);
    let [end, end_challenges] = sessions::store::end_live(permit, now);
    let mut writes = vec![
        end,
        Statement::must_change_exactly(tally.sessions),
        end_challenges,
        disable,
        Statement::must_change_exactly(content.webhooks),
        hold,
        share_links::store::withdraw_all(permit),
        Statement::must_change_exactly(content.share_links),
        invitations::store::withdraw_all(permit, now),
        Statement::must_change_exactly(content.invitations),
        // Last: links and invitations go with the keys that made them, uncounted.
        api_keys::store::revoke_all(permit, now),
        Statement::must_change_exactly(tally.api_keys),
    ];
    writes.extend(links::end_pending(user));
    writes
}

/// DELETE /auth/api-keys/{id}, with the webhooks that the key has made.
pub async fn revoke_api_key(cx: &Context<'_>) -> Result<Response, Problem> {
    let ends = |key: &ApiKeyId, now| endpoints::endings::end_with_key(key, now).into();
    api_keys::handlers::revoke(cx, ends).await
}
