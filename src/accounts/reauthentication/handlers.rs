//! The call that proves again who the caller is, and the same proof in the body of other calls.

use serde_json::json;

use crate::accounts::sessions;
use crate::accounts::sessions::handlers::{check_bounds, confirm_password, wrong_password};
use crate::accounts::two_factor;
use crate::accounts::two_factor::handlers::wrong_code;
use crate::auth::audit::{Action, Entry};
use crate::auth::permissions::{self, ManageAccount, Permit, reauthentication_required};
use crate::auth::tokens::{self, Grant};
use crate::http::{FieldError, Problem, Profile, Response};
use crate::password::Password;
use crate::platform::DatabaseError;
use crate::runtime::{Context, Tx};

use super::model::Reauthentication;

/// What the caller has proved.
struct Proven {
    /// The PHC string that the password was checked against.
    password_hash: String,
    /// The factors (RFC 8176), separated by blanks.
    amr: &'static str,
}

/// Checks the account's password and, with a second factor, the code, which is used up in any case.
/// `without_code` decides on a call without a code.
async fn prove(
    cx: &Context<'_>,
    permit: &Permit<'_, ManageAccount>,
    password: &Password,
    code: Option<&str>,
    without_code: impl FnOnce() -> Result<(), Problem>,
) -> Result<Proven, Problem> {
    let user = permit.user_id();
    let factor = two_factor::store::factor(&cx.state.platform, user).await?;
    let factor = factor.filter(|factor| factor.is_confirmed);
    if factor.is_some() && code.is_none() {
        without_code()?;
    }
    let password_hash = confirm_password(cx, permit, password).await?;
    let (Some(factor), Some(code)) = (factor, code) else {
        return Ok(Proven {
            password_hash,
            amr: "pwd",
        });
    };
    let (proof, attempt) = two_factor::handlers::prove(cx, permit, &factor, code).await?;
    let mut writes = Vec::from_iter(cx.standing());
    writes.extend(proof.writes(user));
    writes.extend(attempt.right());
    let spent = Entry::by(permit.caller(), Action::RecoveryCodeUsed, user);
    let entries = Vec::from_iter(proof.is_recovery().then_some(spent));
    match Tx::new(writes).log_all(entries).commit_aside(cx).await {
        // The code was used meanwhile.
        Err(DatabaseError::Stale) => {
            attempt.wrong(&cx.state.platform).await?;
            return Err(wrong_code());
        }
        outcome => outcome?,
    }
    Ok(Proven {
        password_hash,
        amr: "pwd otp",
    })
}

/// Checks the password and, with a second factor, a code or a proof of the last five minutes. Returns
/// the PHC string that the password was checked against.
pub async fn prove_in_call(
    cx: &Context<'_>,
    permit: &Permit<'_, ManageAccount>,
    password: &Password,
    code: Option<&str>,
) -> Result<String, Problem> {
    let proven = prove(cx, permit, password, code, || {
        if permissions::has_proof(permit.caller(), cx.now_ms()) {
            return Ok(());
        }
        Err(reauthentication_required().with_detail(
            "There is a second factor: send a code with the password, in the member code; or prove both to POST /api/v1/auth/reauthenticate, and make this call again with the access token of its answer.",
        ))
    });
    Ok(proven.await?.password_hash)
}

/// POST /auth/reauthenticate
pub async fn reauthenticate(cx: &Context<'_>) -> Result<Response, Problem> {
    let permit = cx.permit::<ManageAccount>()?;
    let (body, mut errors) = cx.body_as::<Reauthentication>()?;
    let (config, platform) = (&cx.state.config, &cx.state.platform);
    let password = Password::new(platform.unicode.as_ref(), &body.password);
    check_bounds(&password, "/password", &mut errors);
    Problem::check(errors)?;
    let proven = prove(cx, &permit, &password, body.code.as_deref(), || {
        let detail = "There is a second factor: send a code of the authenticator app, or a recovery code, too.";
        let missing = FieldError::new("/code", "required", detail);
        Err(Problem::invalid(vec![missing]))
    });
    let proven = proven.await?;
    let session = permit.caller().session_id();
    let session = session.ok_or_else(|| Problem::internal("a permit of a key's"))?;
    let now = cx.now_ms();
    let grant = Grant {
        user_id: permit.user_id(),
        session_id: session,
        role: permit.caller().role,
        amr: proven.amr,
        authenticated_at: now,
    };
    let key = cx.state.keys.active(&config.master_keys, platform).await?;
    let issued = tokens::issue(config.tokens(), platform, &key, &grant);
    let access_token = issued.map_err(Problem::internal)?;
    let document = json!({
        "access_token": access_token,
        "token_type": "Bearer",
        "expires_in": config.access_token_seconds,
    });
    let answer = Response::json(200, Profile::Private, &document)?;
    let entry = Entry::by(permit.caller(), Action::Reauthenticated, session);
    let writes = sessions::store::proved_again(&permit, &proven.password_hash, proven.amr, now);
    // Stale: the password has changed, or the session has ended.
    Tx::new(writes)
        .log(entry)
        .commit(cx, answer, wrong_password())
        .await
}
