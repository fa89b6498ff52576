//! The calls that open a session: address and password, then the second factor. The answer does not tell
//! an unknown address from a wrong password.

use crate::accounts::account;
use crate::accounts::account::model::email_key;
use crate::accounts::account::store::{self as accounts, Credentials};
use crate::accounts::login_throttle::{
    self, DeviceToken, Guard, LoginAttempt, Origin, Place, SecretKind, Subject,
};
use crate::accounts::two_factor;
use crate::accounts::two_factor::model::{Challenge, FactorCode};
use crate::auth::audit::{Action, Entry};
use crate::auth::model::AccountRole;
use crate::auth::refresh_token::RefreshToken;
use crate::auth::tokens::Grant;
use crate::http::{Header, Problem, Profile, Response, problems};
use crate::ids::{SessionId, UserId};
use crate::limits::address::address_prefix;
use crate::mail::{MailContent, Outgoing};
use crate::password::{self, Password, Verdict};
use crate::platform::{DatabaseError, Statement};
use crate::runtime::{Context, Tx};

use super::handlers::{check_bounds, tokens};
use super::model::{Login, LoginInput, TwoFactorLogin};
use super::store;

/// Where a login comes from.
struct From<'a> {
    guard: Guard<'a>,
    /// The account's password, as the subject of attempts.
    login: Subject,
    /// Where attempts are counted: the device, with a valid device token, else the address.
    place: Place,
    is_device: bool,
}

impl<'a> From<'a> {
    fn of(cx: &'a Context<'_>, email_key: &str, device_token: &str) -> Self {
        let guard = Guard::new(&cx.state.config.password_pepper);
        let login = guard.subject(SecretKind::Login, email_key);
        let device = DeviceToken::open(&guard, &login, device_token, cx.now_ms());
        let place = match &device {
            Some(device) => guard.place(&login, Origin::Device(device.id())),
            None => address(cx, &guard, &login),
        };
        Self {
            guard,
            login,
            place,
            is_device: device.is_some(),
        }
    }

    /// Where attempts at this account's codes are counted: all unknown places share one counter.
    fn place_of_codes(&self, attempt: &LoginAttempt) -> Place {
        if attempt.is_known {
            self.place.clone()
        } else {
            self.guard.place(&self.login, Origin::Strangers)
        }
    }
}

fn address(cx: &Context<'_>, guard: &Guard<'_>, login: &Subject) -> Place {
    guard.place(login, Origin::Address(address_prefix(cx.request)))
}

/// POST /auth/login
pub async fn log_in(cx: &Context<'_>) -> Result<Response, Problem> {
    let (body, mut errors) = cx.body_as::<LoginInput>()?;
    let (config, platform) = (&cx.state.config, &cx.state.platform);
    let unicode = platform.unicode.as_ref();
    let password = Password::new(unicode, &body.password);
    check_bounds(&password, "/password", &mut errors);
    Problem::check(errors)?;
    let email_key = email_key(unicode, &body.email);
    let from = From::of(cx, &email_key, &body.device_token);
    let place = from.place.clone();
    let attempt = login_throttle::begin(
        platform,
        SecretKind::Login,
        from.login,
        place,
        from.is_device,
    )
    .await?;
    let known = accounts::credentials(platform, &email_key).await?;
    let stored = known.as_ref().map(|known| known.password_hash.as_str());
    let (pepper, verifications) = (&config.password_pepper, &cx.state.verifications);
    let verdict = password::verify(&password, stored, pepper, verifications);
    let verdict = verdict.map_err(Problem::internal)?;
    let (mut known, needs_rehash) = match (known, verdict) {
        (Some(known), Verdict::Right { needs_rehash }) if !known.is_disabled => {
            (known, needs_rehash)
        }
        (known, _) => {
            attempt.wrong(platform).await?;
            if let Some(known) = known {
                disable_when_due(cx, &attempt, &from.login, &known).await?;
            }
            return Err(refused());
        }
    };
    let mut writes = Vec::new();
    let mut entries = Vec::new();
    if known.is_password_disabled && !attempt.is_known {
        writes.extend(login_throttle::store::enable_password(
            &known.user_id,
            &from.login,
        ));
        let (user, action) = (&known.user_id, Action::PasswordEnabled);
        entries.push(Entry::by_user(user, None, action, user));
    }
    if needs_rehash {
        let fresh = account::handlers::hash(cx, &password)?;
        let rehash = accounts::rehash(&known.user_id, &known.password_hash, fresh.clone());
        writes.push(rehash);
        known.password_hash = fresh;
    }
    if known.has_two_factor {
        let place = from.place_of_codes(&attempt);
        return Err(challenge(cx, &known, &place, &attempt, writes, entries).await?);
    }
    let opening = Opening {
        user_id: &known.user_id,
        email_key: &email_key,
        role: known.role,
        password_hash: &known.password_hash,
        amr: "pwd",
        attempt: &attempt,
        refusal: refused,
        is_known: attempt.is_known,
    };
    open(cx, &opening, writes, entries).await
}

/// Disables the password after too many consecutive failures from unknown places.
async fn disable_when_due(
    cx: &Context<'_>,
    attempt: &LoginAttempt,
    login: &Subject,
    known: &Credentials,
) -> Result<(), Problem> {
    if !attempt.may_be_last_straw || known.is_password_disabled {
        return Ok(());
    }
    let writes = login_throttle::store::disable_password(&known.user_id, login, cx.now_ms());
    let entry = Entry::by_system(Action::PasswordDisabled, &known.user_id);
    match Tx::new(writes).log(entry).commit_aside(cx).await {
        // A concurrent attempt has done it, or will.
        Err(DatabaseError::Stale) => Ok(()),
        outcome => Ok(outcome?),
    }
}

/// The password was right, and a second factor is needed: 401 with a challenge.
async fn challenge(
    cx: &Context<'_>,
    known: &Credentials,
    place: &Place,
    attempt: &LoginAttempt,
    mut writes: Vec<Statement>,
    entries: Vec<Entry>,
) -> Result<Problem, Problem> {
    let challenge = Challenge::fresh(&cx.state.platform);
    writes.extend(attempt.right());
    writes.extend(two_factor::store::insert_challenge(
        &challenge,
        &known.user_id,
        &known.password_hash,
        place,
        cx.now_ms(),
    ));
    match Tx::new(writes).log_all(entries).commit_aside(cx).await {
        // The password has changed while this one was checked.
        Err(DatabaseError::Stale) => {
            attempt.wrong(&cx.state.platform).await?;
            return Err(refused());
        }
        outcome => outcome?,
    }
    let required = Problem::unauthorized(&problems::TWO_FACTOR_REQUIRED);
    Ok(required.with_member("challenge", challenge.expose().into()))
}

/// POST /auth/login/two-factor
pub async fn log_in_two_factor(cx: &Context<'_>) -> Result<Response, Problem> {
    let body: TwoFactorLogin = cx.valid_body()?;
    let (config, platform) = (&cx.state.config, &cx.state.platform);
    let challenge = Challenge::parse(&body.challenge).ok_or_else(|| ended("no challenge"))?;
    let now = cx.now_ms();
    let found = two_factor::store::challenged(platform, &challenge, now).await?;
    let found = found.ok_or_else(|| ended("unknown, over or used up"))?;
    let guard = Guard::new(&config.password_pepper);
    let user = &found.user_id;
    let codes = guard.subject(SecretKind::Code, user.as_str());
    let place = found.place.clone();
    let attempt = login_throttle::begin(platform, SecretKind::Code, codes, place, false).await?;
    let count = two_factor::store::count_challenge(&challenge);
    match Tx::new(count).commit_aside(cx).await {
        Err(DatabaseError::Stale) => {
            attempt.wrong(platform).await?;
            return Err(ended("used up meanwhile"));
        }
        outcome => outcome?,
    }
    let proof = match FactorCode::parse(&body.code) {
        Some(code) => two_factor::proof(cx, user, &found.factor, &code).await?,
        None => None,
    };
    let Some(proof) = proof else {
        attempt.wrong(platform).await?;
        return Err(wrong_code());
    };
    let mut writes = proof.writes(user);
    writes.extend(two_factor::store::end_challenge(&challenge));
    let mut entries = Vec::new();
    if proof.is_recovery() {
        entries.push(Entry::by_user(user, None, Action::RecoveryCodeUsed, user));
        if found.is_password_disabled {
            let login = guard.subject(SecretKind::Login, &found.email_key);
            writes.extend(login_throttle::store::enable_password(user, &login));
            entries.push(Entry::by_user(user, None, Action::PasswordEnabled, user));
        }
    }
    let opening = Opening {
        user_id: user,
        email_key: &found.email_key,
        role: found.role,
        password_hash: &found.password_hash,
        amr: "pwd otp",
        attempt: &attempt,
        // The code, or the challenge, was used at the same time.
        refusal: wrong_code,
        is_known: {
            let login = guard.subject(SecretKind::Login, &found.email_key);
            found.place != guard.place(&login, Origin::Strangers)
        },
    };
    open(cx, &opening, writes, entries).await
}

/// A session to open, after every factor was right.
pub struct Opening<'a> {
    pub user_id: &'a UserId,
    pub email_key: &'a str,
    pub role: AccountRole,
    /// The PHC string that the password was checked against, or that replaces it in `writes`.
    pub password_hash: &'a str,
    /// The factors (RFC 8176), separated by blanks.
    pub amr: &'static str,
    pub attempt: &'a LoginAttempt,
    /// The answer when the account has changed meanwhile.
    pub refusal: fn() -> Problem,
    /// Whether the place is known; else a mail tells the owner.
    pub is_known: bool,
}

/// Opens a session, in one commit with `writes` and `entries`; address and device become known.
pub async fn open(
    cx: &Context<'_>,
    opening: &Opening<'_>,
    mut writes: Vec<Statement>,
    mut entries: Vec<Entry>,
) -> Result<Response, Problem> {
    let (config, platform) = (&cx.state.config, &cx.state.platform);
    let user_agent = cx.request.header(Header::UserAgent);
    let now = cx.now_ms();
    let login = Login::new(config, opening.user_id, opening.amr, user_agent, now);
    let pepper = &config.password_pepper;
    let token = RefreshToken::first(SessionId::fresh(platform), pepper, platform);
    let grant = Grant {
        user_id: opening.user_id,
        session_id: &token.session,
        role: opening.role,
        amr: opening.amr,
        authenticated_at: now,
    };
    let guard = Guard::new(&config.password_pepper);
    let subject = guard.subject(SecretKind::Login, opening.email_key);
    let device = DeviceToken::fresh(platform).expose(&guard, &subject);
    let mut document = tokens(cx, &grant, &token, login.refresh_expires_at).await?;
    document["device_token"] = device.into();
    let answer = Response::json(200, Profile::Private, &document)?;
    let place = address(cx, &guard, &subject);
    writes.extend(opening.attempt.right());
    writes.push(login_throttle::store::make_known(&subject, &place, now));
    writes.extend(store::insert(&login, &token, opening.password_hash));
    let (user, session) = (opening.user_id, &token.session);
    let mut notice = None;
    if !opening.is_known {
        let content = MailContent::NewDevice {
            at: now,
            user_agent: login.user_agent.map(str::to_owned),
        };
        let mail = Outgoing::to_owner(cx.state, user, &content)?;
        writes.push(mail.insert());
        notice = Some(mail);
    }
    entries.push(Entry::by_user(
        user,
        Some(session),
        Action::SessionCreated,
        session,
    ));
    match Tx::new(writes).log_all(entries).attempt(cx, answer).await {
        // The password, the second factor or the account's state has changed since it was read.
        Err(DatabaseError::Stale) => {
            opening.attempt.wrong(platform).await?;
            Err((opening.refusal)())
        }
        Err(error) => {
            // Without this, the right attempt would count as wrong.
            let _ = platform.database.batch(opening.attempt.right()).await;
            Err(error.into())
        }
        Ok(answer) => {
            if let Some(mail) = notice {
                mail.wake(cx);
            }
            Ok(answer)
        }
    }
}

/// The answer to every wrong address or password.
fn refused() -> Problem {
    Problem::unauthorized(&problems::INVALID_CREDENTIALS)
}

fn wrong_code() -> Problem {
    Problem::unauthorized(&problems::INVALID_TWO_FACTOR_CODE)
}

/// The answer to every challenge that does not work; `why` goes to the log.
fn ended(why: &'static str) -> Problem {
    Problem::unauthorized(&problems::INVALID_CHALLENGE).with_cause(why)
}
