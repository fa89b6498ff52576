//! The call that restores an old address. Someone may have taken the account over: it ends all sessions
//! and API keys and replaces the password. The second factor stays.

use crate::accounts::account::handlers::hash;
use crate::accounts::links::{self, Purpose, Token};
use crate::auth::audit::{Action, Entry};
use crate::http::{Problem, Response};
use crate::mail::{MailContent, Outgoing};
use crate::password::Password;
use crate::platform::DatabaseError;
use crate::runtime::{Context, Tx};

use super::handlers::take_address;
use super::operations::SentLink;
use super::store;

/// POST /auth/email/undo
pub async fn undo(cx: &Context<'_>) -> Result<Response, Problem> {
    let link: SentLink = cx.valid_body()?;
    put_back(cx, &link.token, &Response::no_content()).await
}

/// Restores the address of a link, mails a link to choose a new password there, and returns `answer`.
pub async fn put_back(
    cx: &Context<'_>,
    token: &str,
    answer: &Response,
) -> Result<Response, Problem> {
    let platform = &cx.state.platform;
    let link = links::find(platform, token, &[Purpose::Undo]).await?;
    let user = link.user_id.as_ref().ok_or_else(links::invalid)?;
    // 256 random bits that nobody knows.
    let unknown = Token::fresh(platform).expose();
    let unknown = Password::new(platform.unicode.as_ref(), &unknown);
    let unknown = hash(cx, &unknown)?;
    let now = cx.now_ms();
    let (mut writes, mut entries) = take_address(cx, &link).await?;
    writes.extend(store::put_back(user, &link, unknown, now));
    writes.push(store::end_address_links(&link.email_key));
    let reset = Token::fresh(platform);
    let content = MailContent::Reset {
        token: reset.expose(),
    };
    let mail = Outgoing::to_owner(cx.state, user, &content)?;
    writes.push(links::insert_for_owner(&reset, Purpose::Reset, user, now));
    writes.push(mail.insert());
    entries.push(Entry::by_user(user, None, Action::EmailRestored, user));
    match Tx::new(writes)
        .log_all(entries)
        .attempt(cx, answer.clone())
        .await
    {
        Err(DatabaseError::Stale | DatabaseError::Unique(_)) => Err(links::invalid()),
        outcome => {
            let answer = outcome?;
            cx.state.verifier.forget_user(user);
            mail.wake(cx);
            Ok(answer)
        }
    }
}
