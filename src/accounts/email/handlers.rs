//! The calls that prove an address. No answer tells which addresses have accounts.

use serde_json::json;

use crate::accounts::account;
use crate::accounts::account::model::email_key;
use crate::accounts::links::{self, FoundLink, Purpose, Token};
use crate::auth::audit::{Action, Entry};
use crate::auth::permissions::ManageAccount;
use crate::http::{Problem, Profile, Response};
use crate::ids::UserId;
use crate::limits::guard::Principal;
use crate::mail::{MailContent, Outgoing};
use crate::platform::{DatabaseError, Statement};
use crate::runtime::{Context, Tx};

use super::operations::SentLink;
use super::store;

/// Attempts at a proof that others keep making stale.
const MAX_TRIES: usize = 3;

/// 202: the work is done after the answer, if there is any.
pub fn accepted() -> Result<Response, Problem> {
    let answer = json!({ "status": "accepted" });
    Response::json(202, Profile::Private, &answer)
}

/// A link by which an account proves an address, and its mail; no link for what another account has proved.
pub async fn ask_for_proof(
    cx: &Context<'_>,
    user: &UserId,
    (email, email_key): (&str, &str),
) -> Result<(Vec<Statement>, Outgoing), Problem> {
    let platform = &cx.state.platform;
    let holder = store::holder(platform, email_key).await?;
    if holder.is_some_and(|holder| holder.is_proved && holder.user_id != *user) {
        let mail = Outgoing::to_address(cx.state, None, email, &MailContent::AlreadyRegistered)?;
        return Ok((vec![mail.insert()], mail));
    }
    proof(cx, user, (email, email_key))
}

/// As [`ask_for_proof`], for an address that no other account has proved.
pub fn proof(
    cx: &Context<'_>,
    user: &UserId,
    (email, email_key): (&str, &str),
) -> Result<(Vec<Statement>, Outgoing), Problem> {
    let token = Token::fresh(&cx.state.platform);
    let content = MailContent::Verify {
        token: token.expose(),
    };
    let mail = Outgoing::to_address(cx.state, Some(user), email, &content)?;
    let link = store::insert_verify(&token, user, (email, email_key), cx.now_ms());
    Ok((vec![link, mail.insert()], mail))
}

/// POST /auth/email/verification
pub async fn send_again(cx: &Context<'_>) -> Result<Response, Problem> {
    let permit = cx.permit::<ManageAccount>()?;
    let platform = &cx.state.platform;
    let user = account::store::existing(platform, permit.user_id()).await?;
    let current = Some(&user.email).filter(|_| user.email_verified_at.is_none());
    let Some(email) = user.pending_email.as_ref().or(current) else {
        return accepted();
    };
    let key = email_key(platform.unicode.as_ref(), email);
    let meter = cx.meter;
    meter.charge_too(Principal::Mailbox(&key)).await?;
    let (writes, mail) = ask_for_proof(cx, permit.user_id(), (email, &key)).await?;
    let answer = Tx::new(writes).attempt(cx, accepted()?).await?;
    mail.wake(cx);
    Ok(answer)
}

/// POST /auth/email/verify
pub async fn verify(cx: &Context<'_>) -> Result<Response, Problem> {
    let link: SentLink = cx.valid_body()?;
    prove(cx, &link.token, &Response::no_content()).await
}

/// Uses a link that proves an address, and returns `answer`.
pub async fn prove(cx: &Context<'_>, token: &str, answer: &Response) -> Result<Response, Problem> {
    let platform = &cx.state.platform;
    for _ in 0..MAX_TRIES {
        let purposes = [Purpose::Verify, Purpose::Register];
        let link = links::find(platform, token, &purposes).await?;
        let (mut writes, mut entries) = take_address(cx, &link).await?;
        let mail = assign_address(cx, &link, &mut writes, &mut entries)?;
        writes.push(store::end_address_links(&link.email_key));
        match Tx::new(writes)
            .log_all(entries)
            .attempt(cx, answer.clone())
            .await
        {
            // The link was used, or the address or the account has changed hands, meanwhile.
            Err(DatabaseError::Stale | DatabaseError::Unique(_)) => {}
            outcome => {
                let answer = outcome?;
                if let Some(mail) = mail {
                    mail.wake(cx);
                }
                return Ok(answer);
            }
        }
    }
    Err(links::invalid())
}

/// Spends a link, and takes its address from another account, unless that has proved it.
pub(super) async fn take_address(
    cx: &Context<'_>,
    link: &FoundLink,
) -> Result<(Vec<Statement>, Vec<Entry>), Problem> {
    let holder = store::holder(&cx.state.platform, &link.email_key).await?;
    let mut writes = links::spend(&link.hash, cx.now_ms());
    let mut entries = Vec::new();
    if let Some(holder) = holder
        && Some(&holder.user_id) != link.user_id.as_ref()
    {
        if holder.is_proved {
            return Err(links::invalid());
        }
        let loser = &holder.user_id;
        writes.extend(store::take_from(loser, &link.email_key, cx.now_ms()));
        entries.push(Entry::by_system(Action::EmailLost, loser));
    }
    Ok((writes, entries))
}

/// The writes that give an account the address of a link, and the mail to the address that it had.
fn assign_address(
    cx: &Context<'_>,
    link: &FoundLink,
    writes: &mut Vec<Statement>,
    entries: &mut Vec<Entry>,
) -> Result<Option<Outgoing>, Problem> {
    let now = cx.now_ms();
    if let Some((id, ..)) = &link.registration {
        writes.extend(store::insert_proved(link, now));
        for action in [Action::AccountRegistered, Action::EmailVerified] {
            entries.push(Entry::by_user(id, None, action, id));
        }
        return Ok(None);
    }
    let user = link.user_id.as_ref().ok_or_else(links::invalid)?;
    entries.push(Entry::by_user(user, None, Action::EmailVerified, user));
    if link.current_key == link.email_key {
        writes.extend(store::prove(user, &link.email_key, now));
        return Ok(None);
    }
    let token = Token::fresh(&cx.state.platform);
    let content = MailContent::AddressChanged {
        token: token.expose(),
    };
    // Before the address changes: both go to the old one.
    let mail = Outgoing::to_owner(cx.state, user, &content)?;
    writes.push(links::insert_for_owner(&token, Purpose::Undo, user, now));
    writes.push(mail.insert());
    writes.extend(store::move_to(user, link, now));
    writes.extend(links::end_pending(user));
    let entry = Entry::by_user(user, None, Action::AccountChanged, user);
    entries.push(entry.with_detail(json!({ "changed": ["email"] })));
    Ok(Some(mail))
}
