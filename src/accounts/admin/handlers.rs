//! The calls of administrators on accounts. A change takes effect in other isolates within ten seconds.

use crate::accounts::account;
use crate::accounts::account::model::{Details, email_key};
use crate::accounts::login_throttle::{self, Guard, SecretKind};
use crate::auth::audit::Entry;
use crate::auth::permissions::{ReadAdmin, WriteAdmin};
use crate::http::{Problem, Profile, Response, etag, merge_patch, problems};
use crate::ids::UserId;
use crate::platform::DatabaseError;
use crate::runtime::{Context, Tx};

use super::model::{self, UserPatch};
use super::store;

/// GET /admin/users/{id}
pub async fn get(cx: &Context<'_>) -> Result<Response, Problem> {
    cx.permit::<ReadAdmin>()?;
    let details = find(cx).await?;
    let tag = model::etag(&details);
    if etag::is_not_modified(cx.request, &tag) {
        return Ok(Response::not_modified(Profile::Private, tag));
    }
    answer(&details)
}

fn answer(details: &Details) -> Result<Response, Problem> {
    let answer = Response::json(200, Profile::Private, &model::document(details))?;
    Ok(answer.with_header("etag", model::etag(details)))
}

async fn find(cx: &Context<'_>) -> Result<Details, Problem> {
    let id = cx.path("id", UserId::parse)?;
    let details = account::store::details(&cx.state.platform, &id, cx.now_ms()).await?;
    details.ok_or_else(Problem::not_found)
}

/// PATCH /admin/users/{id}
pub async fn change(cx: &Context<'_>) -> Result<Response, Problem> {
    let permit = cx.permit::<WriteAdmin>()?;
    let mut details = find(cx).await?;
    etag::check_if_match(cx.request, &model::etag(&details))?;
    let mut target = model::as_input(&details);
    merge_patch::apply(&mut target, cx.patch()?);
    let errors = cx.check_patched(&mut target);
    let change = UserPatch::from_json(&target, &details, errors)?;
    if change.is_empty() {
        return answer(&details);
    }
    let (platform, now) = (&cx.state.platform, cx.now_ms());
    let mut writes = store::change(&permit, &details, &change, now);
    if change.enables_password {
        // Otherwise the next wrong attempt would disable it again.
        let email_key = email_key(platform.unicode.as_ref(), &details.user.email);
        let guard = Guard::new(&cx.state.config.password_pepper);
        writes.push(login_throttle::store::clear_strangers(
            &guard.subject(SecretKind::Login, &email_key),
        ));
    }
    let id = details.user.id.clone();
    let entry = |(action, detail)| Entry::by(permit.caller(), action, &id).with_detail(detail);
    let entries: Vec<Entry> = change.actions().into_iter().map(entry).collect();
    apply(&mut details, &change, now);
    match Tx::new(writes)
        .log_all(entries)
        .attempt(cx, answer(&details)?)
        .await
    {
        Err(DatabaseError::Stale) => Err(why_stale(cx, details.user.version - 1).await?),
        outcome => {
            cx.state.verifier.forget_user(&id);
            Ok(outcome?)
        }
    }
}

fn apply(details: &mut Details, change: &UserPatch, now: i64) {
    let user = &mut details.user;
    user.role = change.role.unwrap_or(user.role);
    user.version += 1;
    user.updated_at = now;
    if let Some(is_disabled) = change.disabled {
        details.disabled_at = is_disabled.then_some(now);
    }
    if change.disabled == Some(true) {
        details.live_sessions = 0;
    }
    if change.enables_password {
        details.password_disabled_at = None;
    }
}

/// Another change was faster, or there is no other administrator.
async fn why_stale(cx: &Context<'_>, version: i64) -> Result<Problem, Problem> {
    let now = find(cx).await?;
    Ok(Problem::new(if now.user.version == version {
        &problems::LAST_ADMINISTRATOR
    } else {
        &problems::PRECONDITION_FAILED
    }))
}
