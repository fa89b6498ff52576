//! The calls on the second factor. Only proof of a confirmed one disables it.

use serde_json::json;

use crate::accounts::account;
use crate::accounts::factor_removal;
use crate::accounts::login_throttle::{self, Guard, LoginAttempt, SecretKind};
use crate::accounts::sessions::handlers::{check_bounds, confirm_password};
use crate::accounts::sessions::store::end_others;
use crate::auth::audit::{Action, Entry};
use crate::auth::permissions::{ManageAccount, Permission, Permit, SecureAccount};
use crate::http::{Problem, Profile, Response, problems};
use crate::ids::UserId;
use crate::mail::{MailContent, Outgoing};
use crate::password::Password;
use crate::runtime::{Context, Tx};
use crate::seal;

use super::model::{Disabling, Factor, FactorCode, Proof, SentCode};
use super::qr;
use super::recovery::RecoveryCode;
use super::store;
use super::totp::SharedSecret;

/// The label under which the secret is sealed.
fn label(user: &UserId) -> String {
    format!("{}{user}", store::SEAL_LABEL)
}

/// What a code proves; `None` when it is wrong or used.
pub async fn proof(
    cx: &Context<'_>,
    user: &UserId,
    factor: &Factor,
    code: &FactorCode,
) -> Result<Option<Proof>, Problem> {
    match code {
        FactorCode::OneTime(digits) => {
            let master = &cx.state.config.master_keys;
            let bytes = seal::open(master, &label(user), &factor.sealed_secret);
            let secret = bytes.and_then(|bytes| SharedSecret::from_bytes(&bytes));
            let broken = || Problem::internal("a second factor does not open under MASTER_KEY");
            let secret = secret.ok_or_else(broken)?;
            let step = secret.accept(digits, cx.now_ms(), factor.last_step);
            Ok(step.map(Proof::Step))
        }
        FactorCode::Recovery(code) => {
            let hash = code.hash();
            let is_there = store::has_recovery_code(&cx.state.platform, user, &hash).await?;
            Ok(is_there.then_some(Proof::Recovery(hash)))
        }
    }
}

/// Checks a code of the caller, in a limited number of attempts.
pub async fn prove<P: Permission>(
    cx: &Context<'_>,
    permit: &Permit<'_, P>,
    factor: &Factor,
    code: &str,
) -> Result<(Proof, LoginAttempt), Problem> {
    let guard = Guard::new(&cx.state.config.password_pepper);
    let user = permit.user_id();
    let subject = guard.subject(SecretKind::Code, user.as_str());
    let place = login_throttle::place_of_login(&guard, &subject, permit);
    let attempt =
        login_throttle::begin(&cx.state.platform, SecretKind::Code, subject, place, false).await?;
    let proof = match FactorCode::parse(code) {
        Some(code) => proof(cx, user, factor, &code).await?,
        None => None,
    };
    match proof {
        Some(proof) => Ok((proof, attempt)),
        None => Err(not_proven(cx, &attempt).await),
    }
}

/// The answer to a wrong code in a session.
pub fn wrong_code() -> Problem {
    Problem::new(&problems::WRONG_TWO_FACTOR_CODE)
}

/// Counts a code that was wrong or already used, and returns the answer.
async fn not_proven(cx: &Context<'_>, attempt: &LoginAttempt) -> Problem {
    match attempt.wrong(&cx.state.platform).await {
        Ok(()) => wrong_code(),
        Err(error) => error.into(),
    }
}

fn not_enabled() -> Problem {
    Problem::new(&problems::TWO_FACTOR_NOT_ENABLED)
}

/// The caller's confirmed second factor.
async fn confirmed(cx: &Context<'_>, user: &UserId) -> Result<Factor, Problem> {
    let factor = store::factor(&cx.state.platform, user).await?;
    factor
        .filter(|factor| factor.is_confirmed)
        .ok_or_else(not_enabled)
}

fn show(codes: &[RecoveryCode]) -> Result<Response, Problem> {
    let codes: Vec<String> = codes.iter().map(RecoveryCode::grouped).collect();
    Response::json(200, Profile::Private, &json!({ "recovery_codes": codes }))
}

/// POST /auth/two-factor
pub async fn begin(cx: &Context<'_>) -> Result<Response, Problem> {
    let permit = cx.permit::<SecureAccount>()?;
    let (config, platform) = (&cx.state.config, &cx.state.platform);
    let user = account::store::existing(platform, permit.user_id()).await?;
    let secret = SharedSecret::fresh(platform);
    let label = label(permit.user_id());
    let sealed = seal::seal(&config.master_keys, &label, secret.expose(), platform);
    let sealed = sealed.map_err(Problem::internal)?;
    let uri = secret.otpauth_uri(&user.email);
    let answer = json!({
        "secret": secret.base32().as_str(),
        "otpauth_uri": uri.as_str(),
        "qr_svg": qr::svg(&uri).map_err(Problem::internal)?,
    });
    let answer = Response::json(200, Profile::Private, &answer)?;
    let writes = store::begin(&permit, sealed, cx.now_ms());
    Tx::new(writes)
        .commit(cx, answer, Problem::new(&problems::TWO_FACTOR_ENABLED))
        .await
}

/// POST /auth/two-factor/confirm
pub async fn confirm(cx: &Context<'_>) -> Result<Response, Problem> {
    let permit = cx.permit::<SecureAccount>()?;
    let SentCode { code } = cx.valid_body()?;
    let factor = store::factor(&cx.state.platform, permit.user_id()).await?;
    let factor = factor.ok_or_else(not_enabled)?;
    if factor.is_confirmed {
        return Err(Problem::new(&problems::TWO_FACTOR_ENABLED));
    }
    let (proof, attempt) = prove(cx, &permit, &factor, &code).await?;
    // There are no recovery codes before this.
    let Proof::Step(step) = proof else {
        return Err(not_proven(cx, &attempt).await);
    };
    let now = cx.now_ms();
    let codes = RecoveryCode::fresh_set(&cx.state.platform);
    let mut writes = store::confirm(&permit, &factor, step, now);
    writes.extend(store::replace_recovery_codes(&permit, &codes));
    writes.push(end_others(&permit, now));
    let (notice, mail) = factor_removal::notice(cx.state, permit.user_id(), now)?;
    writes.extend(notice);
    let entry = Entry::by(permit.caller(), Action::TwoFactorEnabled, permit.user_id());
    writes.extend(attempt.right());
    let tx = Tx::new(writes).log(entry);
    let answer = tx
        .commit_or(cx, show(&codes)?, not_proven(cx, &attempt))
        .await?;
    mail.wake(cx);
    cx.state.verifier.forget_others(permit.caller());
    Ok(answer)
}

/// DELETE /auth/two-factor
pub async fn disable(cx: &Context<'_>) -> Result<Response, Problem> {
    let permit = cx.permit::<ManageAccount>()?;
    let (body, mut errors) = cx.body_as::<Disabling>()?;
    let password = Password::new(cx.state.platform.unicode.as_ref(), &body.password);
    check_bounds(&password, "/password", &mut errors);
    Problem::check(errors)?;
    let factor = confirmed(cx, permit.user_id()).await?;
    let confirmed = confirm_password(cx, &permit, &password).await?;
    let (proof, attempt) = prove(cx, &permit, &factor, &body.code).await?;
    let mut writes = vec![account::store::password_stands(
        permit.user_id(),
        &confirmed,
    )];
    writes.extend(proof.writes(permit.user_id()));
    writes.extend(store::disable(&permit));
    writes.push(end_others(&permit, cx.now_ms()));
    let content = MailContent::FactorRemoved { at: cx.now_ms() };
    let mail = Outgoing::to_owner(cx.state, permit.user_id(), &content)?;
    writes.push(mail.insert());
    let entry = Entry::by(permit.caller(), Action::TwoFactorDisabled, permit.user_id());
    writes.extend(attempt.right());
    let tx = Tx::new(writes).log(entry);
    let answer = tx
        .commit_or(cx, Response::no_content(), not_proven(cx, &attempt))
        .await?;
    mail.wake(cx);
    cx.state.verifier.forget_others(permit.caller());
    Ok(answer)
}

/// POST /auth/two-factor/recovery-codes
pub async fn make_recovery_codes(cx: &Context<'_>) -> Result<Response, Problem> {
    let permit = cx.permit::<SecureAccount>()?;
    let SentCode { code } = cx.valid_body()?;
    let factor = confirmed(cx, permit.user_id()).await?;
    let (proof, attempt) = prove(cx, &permit, &factor, &code).await?;
    let codes = RecoveryCode::fresh_set(&cx.state.platform);
    let mut writes = proof.writes(permit.user_id());
    writes.extend(store::replace_recovery_codes(&permit, &codes));
    let entry = Entry::by(permit.caller(), Action::RecoveryCodesMade, permit.user_id());
    writes.extend(attempt.right());
    let tx = Tx::new(writes).log(entry);
    tx.commit_or(cx, show(&codes)?, not_proven(cx, &attempt))
        .await
}
