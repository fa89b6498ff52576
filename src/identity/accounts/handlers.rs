//! The calls on accounts.
//! Promises that nothing is stored before every rule has been asked.
//! Leaves rules to `model` and `password`, SQL to `store`.

use serde_json::json;

use crate::context::Context;
use crate::http::etag;
use crate::http::problem::Problem;
use crate::http::problems;
use crate::http::response::{Profile, Response};
use crate::identity::audit::{Action, Entry};
use crate::identity::model::Role;
use crate::identity::password;
use crate::identity::permissions::ReadAccount;
use crate::ids::UserId;
use crate::platform::DatabaseError;

use super::model::{Registration, User};
use super::store;

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
    let entry = Entry::by_user(&id, None, Action::AccountRegistered, &id);
    let user = User {
        id,
        email: registration.email,
        display_name: registration.display_name,
        role: Role::User,
        version: 1,
        created_at: now,
        updated_at: now,
    };
    let answer = Response::json(201, Profile::Private, &json!({ "user": user.document() }))?;
    match cx.commit(vec![insert], &[entry], answer).await {
        Err(DatabaseError::Unique(column)) if column == "users.email_key" => {
            Err(Problem::new(&problems::EMAIL_TAKEN))
        }
        outcome => Ok(outcome?),
    }
}

/// GET /users/me
pub async fn me(cx: &Context<'_>) -> Result<Response, Problem> {
    let permit = cx.permit::<ReadAccount>()?;
    let user = store::user(&cx.state.platform, permit.user_id()).await?;
    let user = user.ok_or(Problem::new(&problems::NOT_FOUND))?;
    let tag = user.etag();
    if etag::is_not_modified(cx.request, &tag) {
        return Ok(Response::not_modified(Profile::Private, tag));
    }
    Ok(Response::json(200, Profile::Private, &user.document())?.with_header("etag", tag))
}
