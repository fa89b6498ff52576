//! The calls on accounts. Rules are in `model` and `password`, SQL is in `store`.

use serde_json::json;

use crate::accounts::breach;
use crate::accounts::email;
use crate::accounts::email::store::Holder;
use crate::accounts::links::Token;
use crate::accounts::reauthentication::handlers::prove_in_call;
use crate::accounts::sessions::handlers::check_bounds;
use crate::auth::audit::{Action, Entry};
use crate::auth::model::AccountRole;
use crate::auth::permissions::{ManageAccount, ReadAccount};
use crate::http::body::Body;
use crate::http::{Problem, Profile, Response, etag, merge_patch, problems};
use crate::ids::UserId;
use crate::limits::policies::Bucket;
use crate::mail::{MailContent, Outgoing};
use crate::membership;
use crate::password::{self, Password};
use crate::platform::{DatabaseError, Statement};
use crate::runtime::{Context, Tx};

use super::model::{ProfileChange, ProfileInput, Registration, User, email_key};
use super::store;

/// Attempts at a registration that others keep making stale.
const MAX_TRIES: usize = 3;

/// The PHC string of a password.
pub fn hash(cx: &Context<'_>, password: &Password) -> Result<String, Problem> {
    let (config, platform) = (&cx.state.config, &cx.state.platform);
    password::hash(password, &config.password_pepper, platform).map_err(Problem::internal)
}

/// The same of a new password, unless it is a breached one: then 422 at `pointer`.
pub async fn hash_new(
    cx: &Context<'_>,
    password: &Password,
    pointer: &'static str,
) -> Result<String, Problem> {
    breach::check(cx, password, pointer).await?;
    hash(cx, password)
}

/// POST /auth/register
pub async fn register(cx: &Context<'_>) -> Result<Response, Problem> {
    let (given, errors) = cx.body_as()?;
    let (config, platform) = (&cx.state.config, &cx.state.platform);
    let unicode = platform.unicode.as_ref();
    let registration = Registration::of(given, unicode, config.password_min_length, errors)?;
    let hash = hash_new(cx, &registration.password, "/password").await?;
    let id = UserId::fresh(platform);
    for _ in 0..MAX_TRIES {
        let holder = email::store::holder(platform, &registration.email_key).await?;
        if holder.is_some() && !platform.mail.is_set_up() {
            // Without mail nobody can prove an address: the first account keeps it.
            return Err(Problem::new(&problems::EMAIL_TAKEN));
        }
        let user = new_user(cx, &id, &registration).document();
        let answer = Response::json(201, Profile::Private, &json!({ "user": user }))?;
        let (writes, entry, mail) = plan(cx, &id, &registration, &hash, holder)?;
        match Tx::new(writes).log(entry).attempt(cx, answer).await {
            // Someone else has just registered with this address.
            Err(DatabaseError::Unique(column)) if column == "users.email_key" => {}
            outcome => {
                let answer = outcome?;
                mail.wake(cx);
                return Ok(answer);
            }
        }
    }
    Err(Problem::unavailable(
        "an address changed hands at every try",
    ))
}

fn new_user(cx: &Context<'_>, id: &UserId, registration: &Registration) -> User {
    User {
        id: id.clone(),
        email: registration.email.clone(),
        email_verified_at: None,
        pending_email: None,
        display_name: registration.display_name.clone(),
        role: AccountRole::User,
        version: 1,
        created_at: cx.now_ms(),
        updated_at: cx.now_ms(),
    }
}

/// What a registration writes, logs and mails. Only a mail tells that an address has an account already.
fn plan(
    cx: &Context<'_>,
    id: &UserId,
    registration: &Registration,
    hash: &str,
    holder: Option<Holder>,
) -> Result<(Vec<Statement>, Entry, Outgoing), Problem> {
    let (hash, now) = (hash.to_owned(), cx.now_ms());
    let Some(holder) = holder else {
        let address = (registration.email.as_str(), registration.email_key.as_str());
        let (proof, mail) = email::handlers::proof(cx, id, address)?;
        let mut writes = vec![store::insert_user(id, registration, hash, now)];
        writes.extend(proof);
        let entry = Entry::by_user(id, None, Action::AccountRegistered, id);
        return Ok((writes, entry, mail));
    };
    let mut writes = Vec::new();
    let content = if holder.is_proved {
        MailContent::AlreadyRegistered
    } else {
        let token = Token::fresh(&cx.state.platform);
        writes.push(email::store::insert_registration(
            &token,
            id,
            registration,
            hash,
            now,
        ));
        MailContent::Verify {
            token: token.expose(),
        }
    };
    let mail = Outgoing::to_address(cx.state, None, &registration.email, &content)?;
    writes.push(mail.insert());
    let entry = Entry::by_system(Action::RegistrationPending, id);
    Ok((writes, entry, mail))
}

/// GET /users/me
pub async fn me(cx: &Context<'_>) -> Result<Response, Problem> {
    let permit = cx.permit::<ReadAccount>()?;
    let user = store::existing(&cx.state.platform, permit.user_id()).await?;
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
    let user = store::existing(platform, permit.user_id()).await?;
    etag::check_if_match(cx.request, &user.etag())?;
    let mut target = user.as_input();
    merge_patch::apply(&mut target, cx.patch()?);
    let mut errors = cx.check_patched(&mut target);
    let given = ProfileInput::read(target);
    let password = given.current_password.as_deref().unwrap_or_default();
    let password = Password::new(unicode, password);
    check_bounds(&password, "/current_password", &mut errors);
    let mut change = ProfileChange::of(&given, &user, unicode, errors)?;
    if change.changed.is_empty() {
        return answer(&user);
    }
    let stored = if change.changes_email() {
        let stored = prove_in_call(cx, &permit, &password, given.code.as_deref()).await?;
        // The answer tells whether an address has an account, as that of a registration does.
        let meter = cx.meter;
        meter
            .charge_address(cx.request, Bucket::Registration, 1)
            .await?;
        Some(stored)
    } else {
        None
    };
    let now = cx.now_ms();
    let mut mail = None;
    let mut later = Vec::new();
    let mut user = user;
    // Another spelling of the same address needs no proof.
    if change.email_key != email_key(unicode, &user.email) {
        if platform.mail.is_set_up() {
            let address = (change.email.as_str(), change.email_key.as_str());
            let (proof, outgoing) =
                email::handlers::ask_for_proof(cx, permit.user_id(), address).await?;
            later = proof;
            mail = Some(outgoing);
            change.wait_for_proof(&user, unicode);
        } else {
            user.email_verified_at = None;
        }
    }
    let mut writes = store::change_profile(&permit, user.version, &change, stored, now);
    writes.extend(later);
    if change.display_name != user.display_name {
        writes.push(membership::store::rename(&permit, &change.display_name));
    }
    let entry = Entry::by(permit.caller(), Action::AccountChanged, permit.user_id());
    let entry = entry.with_detail(json!({ "changed": change.changed }));
    let user = User {
        email: change.email,
        pending_email: change.pending_email.or(user.pending_email),
        display_name: change.display_name,
        version: user.version + 1,
        updated_at: now,
        ..user
    };
    match Tx::new(writes).log(entry).attempt(cx, answer(&user)?).await {
        Err(DatabaseError::Unique(column)) if column == "users.email_key" => {
            Err(Problem::new(&problems::EMAIL_TAKEN))
        }
        Err(DatabaseError::Stale) => Err(Problem::new(&problems::PRECONDITION_FAILED)),
        outcome => {
            let answer = outcome?;
            if let Some(mail) = mail {
                mail.wake(cx);
            }
            Ok(answer)
        }
    }
}
