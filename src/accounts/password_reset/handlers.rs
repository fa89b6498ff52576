//! The calls for password reset. The account is looked up after the answer, which is always the same.

use crate::accounts::account::handlers::hash_new;
use crate::accounts::account::model::{email_key, refused};
use crate::accounts::email::handlers::accepted;
use crate::accounts::links::{self, Purpose};
use crate::accounts::login_throttle::{self, Guard, SecretKind};
use crate::auth::audit::{Action, Entry};
use crate::http::{FieldError, Problem, Response};
use crate::limits::guard::Principal;
use crate::mail::{MailContent, Outgoing};
use crate::password::{self, Password};
use crate::runtime::{Context, Tx};

use super::operations::{PasswordReset, ResetRequest};
use super::store;

/// POST /auth/password-reset
pub async fn request(cx: &Context<'_>) -> Result<Response, Problem> {
    let body: ResetRequest = cx.valid_body()?;
    ask(cx, &body.email, accepted()?).await
}

/// Enqueues a reset request, and returns `answer`.
pub async fn ask(cx: &Context<'_>, email: &str, answer: Response) -> Result<Response, Problem> {
    let key = email_key(cx.state.platform.unicode.as_ref(), email);
    let meter = cx.meter;
    meter.charge_too(Principal::Mailbox(&key)).await?;
    let mail = Outgoing::to_address(cx.state, None, email, &MailContent::ResetRequested)?;
    let answer = Tx::new(vec![mail.insert()]).attempt(cx, answer).await?;
    mail.wake(cx);
    Ok(answer)
}

/// POST /auth/password-reset/confirm
pub async fn confirm(cx: &Context<'_>) -> Result<Response, Problem> {
    let (choice, errors) = cx.body_as()?;
    choose(cx, &choice, errors, &Response::no_content()).await
}

/// Spends a link and returns `answer`; a password that breaks a rule does not spend it.
pub async fn choose(
    cx: &Context<'_>,
    choice: &PasswordReset,
    errors: Vec<FieldError>,
    answer: &Response,
) -> Result<Response, Problem> {
    Problem::check(errors)?;
    let (config, platform) = (&cx.state.config, &cx.state.platform);
    let link = links::find(platform, &choice.token, &[Purpose::Reset]).await?;
    let user = link.user_id.as_ref().ok_or_else(links::invalid)?;
    let new = Password::new(platform.unicode.as_ref(), &choice.new_password);
    let personal = [link.email.as_str(), link.display_name.as_str()];
    if let Err(refusal) = password::check(&new, config.password_min_length, &personal) {
        return Err(Problem::invalid(vec![refused("/new_password", refusal)]));
    }
    let hash = hash_new(cx, &new, "/new_password").await?;
    let now = cx.now_ms();
    let mut writes = links::spend(&link.hash, now);
    writes.extend(store::set_password(
        user,
        &link,
        hash,
        choice.revoke_api_keys,
        now,
    ));
    writes.extend(links::end_pending(user));
    // Failures at the old password do not count against the new one.
    let login = Guard::new(&config.password_pepper).subject(SecretKind::Login, &link.email_key);
    writes.push(login_throttle::store::clear_strangers(&login));
    let mail = Outgoing::to_owner(cx.state, user, &MailContent::PasswordChanged { at: now })?;
    writes.push(mail.insert());
    let entry = Entry::by_user(user, None, Action::PasswordReset, user);
    // Stale: the link was spent meanwhile, or the account has changed.
    let answer = Tx::new(writes)
        .log(entry)
        .commit(cx, answer.clone(), links::invalid())
        .await?;
    cx.state.verifier.forget_user(user);
    mail.wake(cx);
    Ok(answer)
}
