//! The calls on accounts.
//! Promises that nothing is stored before every rule has been asked.
//! Leaves rules to `model` and `password`, SQL to `store`.

use serde_json::json;

use crate::context::Context;
use crate::http::problem::Problem;
use crate::http::problems;
use crate::http::response::{Profile, Response};
use crate::http::{etag, merge_patch};
use crate::identity::audit::{Action, Entry};
use crate::identity::breach;
use crate::identity::model::Role;
use crate::identity::password::{self, Password};
use crate::identity::permissions::{ManageAccount, ReadAccount};
use crate::identity::reauthentication::handlers::prove_in_call;
use crate::identity::sessions::handlers::check_bounds;
use crate::ids::UserId;
use crate::limits::policies::Set;
use crate::platform::DatabaseError;
use crate::teams;

use super::model::{ProfileChange, Registration, User};
use super::store;

/// POST /auth/register
pub async fn register(cx: &Context<'_>) -> Result<Response, Problem> {
    let (body, errors) = cx.body()?;
    let (config, platform) = (&cx.state.config, &cx.state.platform);
    let unicode = platform.unicode.as_ref();
    let registration = Registration::from_json(&body, unicode, config.password_min_length, errors)
        .map_err(Problem::invalid)?;
    breach::check(cx, &registration.password, "/password").await?;
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
    answer(&user)
}

fn answer(user: &User) -> Result<Response, Problem> {
    let answer = Response::json(200, Profile::Private, &user.document())?;
    Ok(answer.with_header("etag", user.etag()))
}

/// PATCH /users/me
pub async fn change(cx: &Context<'_>) -> Result<Response, Problem> {
    let permit = cx.permit::<ManageAccount>()?;
    let platform = &cx.state.platform;
    let unicode = platform.unicode.as_ref();
    let user = store::user(platform, permit.user_id()).await?;
    let user = user.ok_or(Problem::new(&problems::NOT_FOUND))?;
    etag::check_if_match(cx.request, &user.etag())?;
    let mut target = user.as_input();
    merge_patch::apply(&mut target, cx.patch()?);
    let mut errors = cx.check_patched(&mut target);
    let password = target["current_password"].as_str().unwrap_or_default();
    let password = Password::new(unicode, password);
    check_bounds(&password, "/current_password", &mut errors);
    let change = ProfileChange::from_json(&target, &user, unicode, errors);
    let change = change.map_err(Problem::invalid)?;
    if change.changed.is_empty() {
        return answer(&user);
    }
    let stored = if change.changes_email() {
        let stored = prove_in_call(cx, &permit, &password, &target).await?;
        // Its answer tells whether an address has an account, as that of a registration does.
        let meter = cx.meter;
        meter
            .charge_address(cx.state, cx.request, Set::Registration, 1)
            .await?;
        Some(stored)
    } else {
        None
    };
    let now = cx.now_ms();
    let mut writes = store::change_profile(&permit, user.version, &change, stored, now);
    if change.display_name != user.display_name {
        writes.push(teams::store::rename(&permit, &change.display_name));
    }
    let entry = Entry::by(permit.caller(), Action::AccountChanged, permit.user_id());
    let entry = entry.with_detail(json!({ "changed": change.changed }));
    let user = User {
        email: change.email,
        display_name: change.display_name,
        version: user.version + 1,
        updated_at: now,
        ..user
    };
    match cx.commit(writes, &[entry], answer(&user)?).await {
        Err(DatabaseError::Unique(column)) if column == "users.email_key" => {
            Err(Problem::new(&problems::EMAIL_TAKEN))
        }
        Err(DatabaseError::Stale) => Err(Problem::new(&problems::PRECONDITION_FAILED)),
        outcome => Ok(outcome?),
    }
}
