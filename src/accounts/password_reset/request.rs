//! Handles a request for a password reset, after its answer was sent. Only a proved address of an account
//! that is not disabled gets a mail.

use crate::accounts::account::model::email_key;
use crate::accounts::links::Token;
use crate::http::problem::Problem;
use crate::mail::{MailContent, Outgoing};
use crate::platform::{DatabaseError, Statement};
use crate::runtime::State;

use super::store;

#[derive(Debug, thiserror::Error)]
pub enum RequestError {
    #[error(transparent)]
    Database(#[from] DatabaseError),
    #[error("a mail could not be written")]
    Mail,
}

impl From<Problem> for RequestError {
    fn from(_: Problem) -> Self {
        Self::Mail
    }
}

/// Stores a link for the account that has proved this address, with its mail and `done`; `None`: no account.
pub async fn answer_request(
    state: &State,
    email: &str,
    done: Statement,
) -> Result<Option<Outgoing>, RequestError> {
    let platform = &state.platform;
    let key = email_key(platform.unicode.as_ref(), email);
    let Some(user) = store::resettable(platform, &key).await? else {
        platform.database.batch(vec![done]).await?;
        return Ok(None);
    };
    let token = Token::fresh(platform);
    let content = MailContent::Reset {
        token: token.expose(),
    };
    let mail = Outgoing::to_owner(state, &user, &content)?;
    let mut writes = store::insert(&token, &user, &key, platform.clock.now_ms());
    writes.push(mail.insert());
    writes.push(done.clone());
    match platform.database.batch(writes).await {
        // It has enough links, or has changed its address or was disabled or deleted since.
        Err(DatabaseError::Stale) => {
            platform.database.batch(vec![done]).await?;
            Ok(None)
        }
        outcome => Ok(outcome.map(|_| Some(mail))?),
    }
}
