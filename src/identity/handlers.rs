//! The calls on accounts.
//! Promises that an unknown address and a wrong password cannot be told apart.
//! Leaves rules to `model` and `password`, SQL to `store`.

use serde_json::json;

use crate::context::Context;
use crate::http::etag;
use crate::http::problem::{FieldError, Problem};
use crate::http::problems;
use crate::http::response::{Profile, Response};
use crate::ids::{SessionId, UserId};
use crate::platform::DatabaseError;

use super::keys::KeyError;
use super::model::{self, Registration, User};
use super::password::{self, Password, Refusal, Verdict};
use super::{store, tokens};

const DAY_MS: i64 = 86_400_000;

impl From<KeyError> for Problem {
    fn from(error: KeyError) -> Self {
        match error {
            KeyError::Database(error) => error.into(),
            KeyError::Sealed(_) | KeyError::Seal => Self::internal(error),
        }
    }
}

/// POST /auth/register
pub async fn register(cx: &Context<'_>) -> Result<Response, Problem> {
    let (body, errors) = cx.body()?;
    let (config, platform) = (&cx.state.config, &cx.state.platform);
    let unicode = platform.unicode.as_ref();
    let registration = Registration::from_json(&body, unicode, config.password_min_length, errors)
        .map_err(Problem::invalid)?;
    let hash = password::hash(&registration.password, &config.password_pepper, platform)
        .map_err(Problem::internal)?;
    let (id, now) = (UserId::fresh(platform), cx.now_ms());
    let insert = store::insert_user(&id, &registration, hash, now);
    match platform.database.batch(vec![insert]).await {
        Err(DatabaseError::Unique(column)) if column == "users.email_key" => {
            return Err(Problem::new(&problems::EMAIL_TAKEN));
        }
        other => other?,
    };
    let user = User {
        id,
        email: registration.email,
        display_name: registration.display_name,
        version: 1,
        created_at: now,
        updated_at: now,
    };
    Response::json(201, Profile::Private, &json!({ "user": user.document() }))
}

/// POST /auth/login
pub async fn log_in(cx: &Context<'_>) -> Result<Response, Problem> {
    let (body, mut errors) = cx.body()?;
    let (config, platform) = (&cx.state.config, &cx.state.platform);
    let unicode = platform.unicode.as_ref();
    let text = |name: &str| body[name].as_str().unwrap_or_default();
    let password = Password::new(unicode, text("password"));
    if !password.is_within_bounds() {
        let refusal = Refusal::TooLong;
        errors.push(FieldError::new(
            "/password",
            refusal.code(),
            refusal.to_string(),
        ));
    }
    if !errors.is_empty() {
        return Err(Problem::invalid(errors));
    }
    let email_key = model::email_key(unicode, text("email"));
    let known = store::credentials(platform, &email_key).await?;
    let stored = known.as_ref().map(|known| known.password_hash.as_str());
    let verdict = password::verify(&password, stored, &config.password_pepper);
    let verdict = verdict.map_err(Problem::internal)?;
    let (Some(known), Verdict::Right { needs_rehash }) = (known, verdict) else {
        return Err(refused());
    };
    if known.is_disabled {
        return Err(refused());
    }

    let (session, now) = (SessionId::fresh(platform), cx.now_ms());
    let refresh_token = tokens::refresh_token(platform);
    let idle_ms = config.refresh_idle_days * DAY_MS;
    let absolute_ms = config.refresh_absolute_days * DAY_MS;
    let mut writes = vec![store::insert_session(
        &session,
        &known.user_id,
        &refresh_token,
        now,
        now + idle_ms.min(absolute_ms),
        now + absolute_ms,
    )];
    if needs_rehash {
        let hash = password::hash(&password, &config.password_pepper, platform);
        let hash = hash.map_err(Problem::internal)?;
        writes.push(store::rehash(&known.user_id, &known.password_hash, hash));
    }
    let key = cx.state.keys.active(&config.master_key, platform).await?;
    let access_token = tokens::issue(config, platform, &key, &known.user_id, &session)
        .map_err(Problem::internal)?;
    platform.database.batch(writes).await?;
    let answer = json!({
        "access_token": access_token,
        "token_type": "Bearer",
        "expires_in": config.access_token_seconds,
        "refresh_token": refresh_token,
        "refresh_expires_in": idle_ms.min(absolute_ms) / 1000,
    });
    Response::json(200, Profile::Private, &answer)
}

fn refused() -> Problem {
    Problem::new(&problems::INVALID_CREDENTIALS).with_header("www-authenticate", "Bearer")
}

/// GET /users/me
pub async fn me(cx: &Context<'_>) -> Result<Response, Problem> {
    let caller = cx.caller()?;
    let user = store::user(&cx.state.platform, &caller.user_id).await?;
    let user = user.ok_or(Problem::new(&problems::NOT_FOUND))?;
    let tag = format!("\"{}\"", user.version);
    if etag::is_not_modified(cx.request, &tag) {
        return Ok(Response::not_modified(Profile::Private, tag));
    }
    Ok(Response::json(200, Profile::Private, &user.document())?.with_header("etag", tag))
}

/// GET /.well-known/jwks.json
pub async fn jwks(cx: &Context<'_>) -> Result<Response, Problem> {
    let (config, platform) = (&cx.state.config, &cx.state.platform);
    let keys = cx.state.keys.all(&config.master_key, platform).await?;
    let documents: Vec<_> = keys.iter().map(super::keys::PublicKey::document).collect();
    Response::json(200, Profile::Keys, &json!({ "keys": documents }))
}
