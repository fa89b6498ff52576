//! Removal of a second factor without a code: by a link to the owner's address, and 72 hours in which
//! nobody stops it with the factor.

pub(crate) mod handlers;
pub(crate) mod operations;
mod store;

use std::error::Error;

use crate::auth::audit::{Action, Entry};
use crate::http::problem::Problem;
use crate::ids::UserId;
use crate::mail::{MailContent, Outgoing};
use crate::platform::{DatabaseError, Statement};
use crate::runtime::State;

use super::links::{self, Purpose, Token};

/// How long the owner of the factor can stop it, in milliseconds.
const DELAY_MS: i64 = 72 * 3_600_000;

/// The notice of a new second factor, with the link that requests its removal, to a proved address.
pub fn notice(
    state: &State,
    user: &UserId,
    confirmed_at: i64,
) -> Result<(Vec<Statement>, Outgoing), Problem> {
    let token = Token::fresh(&state.platform);
    let content = MailContent::FactorAdded {
        token: token.expose(),
    };
    let mail = Outgoing::to_owner(state, user, &content)?;
    // The link's time binds it to this factor.
    let link = links::insert_for_owner(&token, Purpose::RemoveFactor, user, confirmed_at);
    Ok((vec![link, mail.insert()], mail))
}

pub async fn remove_due(state: &State) -> Result<u64, Box<dyn Error>> {
    let mut removed = 0;
    for user in store::due(&state.platform, state.platform.clock.now_ms()).await? {
        if remove(state, &user)
            .await
            .map_err(|_| "a mail could not be written")?
        {
            removed += 1;
        }
    }
    Ok(removed)
}

/// Removes a factor, if it is due. Returns whether it did.
async fn remove(state: &State, user: &UserId) -> Result<bool, Problem> {
    let now = state.platform.clock.now_ms();
    let mut writes = store::remove(user, now);
    let mail = Outgoing::to_owner(state, user, &MailContent::FactorRemoved { at: now })?;
    writes.push(mail.insert());
    let entry = Entry::by_system(Action::TwoFactorDisabled, user);
    match state.audit.commit(&state.platform, writes, &[entry]).await {
        // Stopped or removed meanwhile.
        Err(DatabaseError::Stale) => Ok(false),
        outcome => {
            outcome?;
            state.verifier.forget_user(user);
            mail.wake_from(state);
            Ok(true)
        }
    }
}
