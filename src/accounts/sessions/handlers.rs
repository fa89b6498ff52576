//! The calls on open sessions. An account sees and ends only its own. `login` opens sessions.

use serde_json::{Value, json};

use crate::accounts::account;
use crate::accounts::account::handlers::hash_new;
use crate::accounts::account::model::{email_key, refused};
use crate::accounts::links;
use crate::accounts::login_throttle::{self, Guard, SecretKind};
use crate::accounts::reauthentication::handlers::prove_in_call;
use crate::auth::audit::{Action, Entry};
use crate::auth::permissions::{ManageAccount, Permit};
use crate::auth::refresh_token::{RefreshToken, TokenState};
use crate::auth::tokens::{self, Grant};
use crate::http::{FieldError, Page, Problem, Profile, Request, Response, json, problems};
use crate::ids::{SessionId, UserId};
use crate::limits::guard::Principal;
use crate::mail::{MailContent, Outgoing};
use crate::password::{self, Password, PasswordError, Verdict};
use crate::platform::{DatabaseError, Statement};
use crate::runtime::{Context, State, Tx};

use super::model::{self, PasswordChange, Refresh};
use super::store;

/// Attempts at a renewal that concurrent ones keep making stale.
const MAX_TRIES: usize = 3;
/// Bytes of a body with a refresh token, and some blanks.
const MAX_BODY: usize = 1_024;

/// Refuses a password longer than any stored one.
pub fn check_bounds(password: &Password, pointer: &str, errors: &mut Vec<FieldError>) {
    if !password.is_within_bounds() {
        errors.push(refused(pointer, PasswordError::TooLong));
    }
}

/// A pair of tokens ([`model::TOKENS`]).
pub async fn tokens(
    cx: &Context<'_>,
    grant: &Grant<'_>,
    token: &RefreshToken,
    refresh_expires_at: i64,
) -> Result<Value, Problem> {
    let (config, platform) = (&cx.state.config, &cx.state.platform);
    let key = cx.state.keys.active(&config.master_keys, platform).await?;
    let issued = tokens::issue(config.tokens(), platform, &key, grant);
    let access_token = issued.map_err(Problem::internal)?;
    Ok(json!({
        "access_token": access_token,
        "token_type": "Bearer",
        "expires_in": config.access_token_seconds,
        "refresh_token": token.expose().as_str(),
        "refresh_expires_in": (refresh_expires_at - cx.now_ms()) / 1000,
    }))
}

fn refused_refresh(why: &'static str) -> Problem {
    Problem::unauthorized(&problems::INVALID_REFRESH_TOKEN).with_cause(why)
}

/// The refresh token of the body; `None` when it has not the form of one.
fn read_token(cx: &Context<'_>) -> Result<Option<RefreshToken>, Problem> {
    let body: Refresh = cx.valid_body()?;
    let pepper = &cx.state.config.password_pepper;
    Ok(RefreshToken::parse(&body.refresh_token, pepper))
}

/// The session of the refresh token in the body of `request`, unchecked: only for limits.
pub fn login_of_body(state: &State, request: &Request) -> Option<SessionId> {
    let body = request.body().ok()?;
    // No limit has been charged yet: a longer body is not read.
    (body.len() <= MAX_BODY).then_some(())?;
    let body = json::read::<Value>(body)?;
    let text = body["refresh_token"].as_str()?;
    let token = RefreshToken::parse(text, &state.config.password_pepper)?;
    Some(token.session)
}

/// POST /auth/refresh
pub async fn refresh(cx: &Context<'_>) -> Result<Response, Problem> {
    let token = read_token(cx)?.ok_or_else(|| refused_refresh("not a refresh token"))?;
    let (config, platform) = (&cx.state.config, &cx.state.platform);
    for _ in 0..MAX_TRIES {
        let now = cx.now_ms();
        let found = store::renewable(platform, &token.session, now).await?;
        let found = found.ok_or_else(|| refused_refresh("no such session"))?;
        let standing = found.chain.judge(&token, now);
        if matches!(standing, TokenState::Foreign) {
            return Err(refused_refresh("not of this session"));
        }
        if !found.is_live {
            return Err(refused_refresh("the session has ended"));
        }
        let grant = Grant {
            user_id: &found.user_id,
            session_id: &token.session,
            role: found.role,
            amr: &found.amr,
            authenticated_at: found.authenticated_at,
        };
        let idle_end = model::idle_end(config, now, found.expires_at);
        match standing {
            TokenState::Current => {
                let next = token.next(platform);
                let tokens = tokens(cx, &grant, &next, idle_end).await?;
                let answer = Response::json(200, Profile::Private, &tokens)?;
                let writes = store::renew(&token, &next, found.counter, now, idle_end);
                match Tx::new(writes).attempt(cx, answer).await {
                    // A concurrent request renewed first: this token is now just spent.
                    Err(DatabaseError::Stale) => {}
                    outcome => return Ok(outcome?),
                }
            }
            TokenState::JustSpent(successor) => {
                let tokens = tokens(cx, &grant, &successor, idle_end).await?;
                return Response::json(200, Profile::Private, &tokens);
            }
            TokenState::Reused | TokenState::Foreign => {
                return Err(end_reused(cx, &found.user_id, &token.session).await?);
            }
        }
    }
    Err(Problem::unavailable(
        "a session was renewed again and again",
    ))
}

/// A spent token came again: someone has a copy, so the session ends.
async fn end_reused(
    cx: &Context<'_>,
    user: &UserId,
    session: &SessionId,
) -> Result<Problem, DatabaseError> {
    let writes = store::end(session, user, cx.now_ms());
    let entry = Entry::by_system(Action::RefreshReused, session);
    match Tx::new(writes).log(entry).commit_aside(cx).await {
        Ok(()) | Err(DatabaseError::Stale) => {}
        Err(error) => return Err(error),
    }
    cx.state.verifier.forget_session(session);
    Ok(Problem::unauthorized(&problems::REFRESH_TOKEN_REUSED))
}

/// POST /auth/logout
pub async fn log_out(cx: &Context<'_>) -> Result<Response, Problem> {
    let done = Response::no_content();
    let Some(token) = read_token(cx)? else {
        return Ok(done);
    };
    let (platform, session) = (&cx.state.platform, &token.session);
    let Some(found) = store::renewable(platform, session, cx.now_ms()).await? else {
        return Ok(done);
    };
    if matches!(found.chain.judge(&token, cx.now_ms()), TokenState::Foreign) {
        return Ok(done);
    }
    cx.state.verifier.forget_session(session);
    let user = &found.user_id;
    let entry = Entry::by_user(user, Some(session), Action::SessionEnded, session);
    let writes = store::end(session, user, cx.now_ms());
    match Tx::new(writes).log(entry).attempt(cx, done.clone()).await {
        Err(DatabaseError::Stale) => Ok(done),
        outcome => Ok(outcome?),
    }
}

/// GET /auth/sessions
pub async fn list(cx: &Context<'_>) -> Result<Response, Problem> {
    let permit = cx.permit::<ManageAccount>()?;
    let page = Page::from_query(&cx.query, SessionId::parse)?;
    let found = store::list(&cx.state.platform, permit.user_id(), &page, cx.now_ms()).await?;
    let current = permit.caller().session_id();
    let documents = found
        .iter()
        .map(|session| (session.id.to_string(), session.document(current)));
    Ok(cx.page(&page, documents))
}

/// DELETE /auth/sessions/{id}
pub async fn end(cx: &Context<'_>) -> Result<Response, Problem> {
    let permit = cx.permit::<ManageAccount>()?;
    let id = cx.path("id", SessionId::parse)?;
    let writes = store::end(&id, permit.user_id(), cx.now_ms());
    let entry = Entry::by(permit.caller(), Action::SessionEnded, &id);
    match Tx::new(writes)
        .log(entry)
        .attempt(cx, Response::no_content())
        .await
    {
        Err(DatabaseError::Stale) => Err(Problem::not_found()),
        outcome => {
            cx.state.verifier.forget_session(&id);
            Ok(outcome?)
        }
    }
}

/// DELETE /auth/sessions
pub async fn end_others(cx: &Context<'_>) -> Result<Response, Problem> {
    let permit = cx.permit::<ManageAccount>()?;
    let writes = vec![
        store::end_others(&permit, cx.now_ms()),
        Statement::must_change(),
    ];
    let entry = Entry::by(
        permit.caller(),
        Action::OtherSessionsEnded,
        permit.user_id(),
    );
    let done = Response::no_content();
    match Tx::new(writes).log(entry).attempt(cx, done.clone()).await {
        // There is no other session: nothing has ended.
        Err(DatabaseError::Stale) => return Ok(done),
        outcome => outcome?,
    };
    cx.state.verifier.forget_others(permit.caller());
    Ok(done)
}

/// POST /auth/password
pub async fn change_password(cx: &Context<'_>) -> Result<Response, Problem> {
    let permit = cx.permit::<ManageAccount>()?;
    let (body, mut errors) = cx.body_as::<PasswordChange>()?;
    let (config, platform) = (&cx.state.config, &cx.state.platform);
    let unicode = platform.unicode.as_ref();
    let current = Password::new(unicode, &body.current_password);
    let new = Password::new(unicode, body.new_password.as_deref().unwrap_or_default());
    check_bounds(&current, "/current_password", &mut errors);
    let user = account::store::existing(platform, permit.user_id()).await?;
    if body.new_password.is_some() {
        let personal = [user.email.as_str(), user.display_name.as_str()];
        let refusal = password::check(&new, config.password_min_length, &personal).err();
        errors.extend(refusal.map(|refusal| refused("/new_password", refusal)));
    }
    Problem::check(errors)?;
    // First: the list of breached passwords is asked only for a caller who knows the password.
    let stored = prove_in_call(cx, &permit, &current, body.code.as_deref()).await?;
    let hash = hash_new(cx, &new, "/new_password").await?;
    let now = cx.now_ms();
    let mut writes = account::store::change_password(&permit, &stored, hash, now);
    // Failures at the old password do not count against the new one.
    let login = Guard::new(&config.password_pepper)
        .subject(SecretKind::Login, &email_key(unicode, &user.email));
    writes.push(login_throttle::store::clear_strangers(&login));
    writes.push(store::end_others(&permit, now));
    writes.push(store::authenticated(&permit, now));
    writes.extend(links::end_pending(permit.user_id()));
    let content = MailContent::PasswordChanged { at: now };
    let mail = Outgoing::to_owner(cx.state, permit.user_id(), &content)?;
    writes.push(mail.insert());
    let entry = Entry::by(permit.caller(), Action::PasswordChanged, permit.user_id());
    let answer = match Tx::new(writes)
        .log(entry)
        .attempt(cx, Response::no_content())
        .await
    {
        // The password was changed meanwhile.
        Err(DatabaseError::Stale) => return Err(wrong_password()),
        outcome => outcome?,
    };
    cx.state.verifier.forget_others(permit.caller());
    mail.wake(cx);
    Ok(answer)
}

/// Checks the caller's own password and returns its PHC string. Right attempts are limited too.
pub async fn confirm_password(
    cx: &Context<'_>,
    permit: &Permit<'_, ManageAccount>,
    password: &Password,
) -> Result<String, Problem> {
    let (config, platform) = (&cx.state.config, &cx.state.platform);
    let account = Principal::Password(permit.user_id());
    cx.meter.charge_too(account).await?;
    let stored = account::store::password_hash(platform, permit.user_id()).await?;
    let stored = stored.ok_or_else(Problem::not_found)?;
    let guard = Guard::new(&config.password_pepper);
    let subject = guard.subject(SecretKind::Password, permit.user_id().as_str());
    let place = login_throttle::place_of_login(&guard, &subject, permit);
    let attempt =
        login_throttle::begin(platform, SecretKind::Password, subject, place, false).await?;
    let (pepper, verifications) = (&config.password_pepper, &cx.state.verifications);
    let verdict = password::verify(password, Some(&stored), pepper, verifications);
    match verdict.map_err(Problem::internal)? {
        Verdict::Right { .. } => {
            Tx::new(attempt.right()).commit_aside(cx).await?;
            Ok(stored)
        }
        Verdict::Wrong => {
            attempt.wrong(platform).await?;
            Err(wrong_password())
        }
    }
}

/// The answer to a wrong password in a session.
pub fn wrong_password() -> Problem {
    Problem::new(&problems::WRONG_PASSWORD)
}
