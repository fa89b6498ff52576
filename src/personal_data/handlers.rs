//! The calls that export the caller's personal data, page by page, or delete it, in one batch.

use kit::time::rfc3339;

use crate::accounts::reauthentication::handlers::prove_in_call;
use crate::accounts::sessions::handlers::{check_bounds, wrong_password};
use crate::accounts::{self, account, api_keys, sessions};
use crate::auth::audit::{self, Action, Entry};
use crate::auth::permissions::ManageAccount;
use crate::builds;
use crate::http::pagination::MAX_LIMIT;
use crate::http::{Page, Problem, Profile, Response, problems};
use crate::idempotency;
use crate::ids::UserId;
use crate::lists::{self, Filters, Shown};
use crate::paging::{self, Order};
use crate::password::Password;
use crate::platform::{DatabaseError, Platform, Text, params};
use crate::runtime::{Context, Tx};
use crate::squads::{authorship, compositions, share_links};
use crate::teams::{self, invitations, oversight, roster};
use crate::webhooks;

use super::model;

/// Attempts at a deletion that others keep making stale.
const MAX_TRIES: usize = 5;
const DISPOSITION: &str = "attachment; filename=\"wvw-builder-export.json\"";

/// DELETE /users/me
pub async fn delete(cx: &Context<'_>) -> Result<Response, Problem> {
    let permit = cx.permit::<ManageAccount>()?;
    let (body, mut errors) = cx.body_as::<model::Deletion>()?;
    let (platform, user) = (&cx.state.platform, permit.user_id());
    let password = Password::new(platform.unicode.as_ref(), &body.password);
    check_bounds(&password, "/password", &mut errors);
    Problem::check(errors)?;
    let stored = prove_in_call(cx, &permit, &password, body.code.as_deref()).await?;
    for _ in 0..MAX_TRIES {
        let departures = teams::store::departures(platform, &permit).await?;
        let mut writes = account::store::delete(&permit, stored.clone());
        writes.push(idempotency::store::remove_of(user));
        writes.push(builds::store::delete_all(&permit));
        writes.push(compositions::store::delete_all(&permit));
        writes.extend(teams::store::leave_all(&permit, &departures));
        writes.extend(oversight::store::forget(&permit));
        writes.extend(webhooks::endpoints::store::delete_all(&permit));
        writes.push(share_links::store::withdraw_all(&permit));
        writes.extend(authorship::store::forget(&permit));
        writes.push(roster::store::delete_all(&permit));
        let entries = departures.iter().flat_map(|it| it.entries(permit.caller()));
        let last = Entry::by(permit.caller(), Action::AccountDeleted, user);
        let entries: Vec<Entry> = entries.chain(std::iter::once(last)).collect();
        match Tx::new(writes)
            .log_all(entries)
            .attempt(cx, Response::no_content())
            .await
        {
            Err(DatabaseError::Stale) => {
                let now = account::store::password_hash(platform, user).await?;
                if now.as_ref() != Some(&stored) {
                    return Err(wrong_password());
                }
                if teams::store::departures(platform, &permit).await? == departures {
                    return Err(Problem::new(&problems::LAST_ADMINISTRATOR));
                }
            }
            outcome => {
                cx.state.verifier.forget_user(user);
                return Ok(outcome?);
            }
        }
    }
    Err(Problem::unavailable(
        "the teams of the account changed at every try",
    ))
}

/// GET /users/me/export
pub async fn export(cx: &Context<'_>) -> Result<Response, Problem> {
    let permit = cx.permit::<ManageAccount>()?;
    let (platform, user) = (&cx.state.platform, permit.user_id());
    let details = account::store::details(platform, user, cx.now_ms()).await?;
    let details = details.ok_or_else(Problem::not_found)?;
    // Put together as text: each page is let go once it is written.
    let mut out = format!(
        "{{\"exported_at\":\"{}\",\"account\":{},\"two_factor\":{}",
        rfc3339(cx.now_ms()),
        model::account(&details),
        model::two_factor(&details),
    );
    sessions(platform, user, &mut out).await?;
    api_keys(platform, user, &mut out).await?;
    webhooks(cx, user, &mut out).await?;
    let links = accounts::links::OF_USER;
    of_user(platform, user, "email_links", links, &mut out).await?;
    out.push_str(",\"teams\":");
    out.push_str(teams::store::export(platform, user).await?.as_str());
    for (name, rows) in [
        ("invitations", invitations::store::OF_USER),
        ("team_bans", oversight::store::OF_USER),
    ] {
        of_user(platform, user, name, rows, &mut out).await?;
    }
    // Another feature's data on users comes here.
    let (shown, filters) = (Shown::Own(user), Filters::default());
    let builds = async |page| builds::handlers::read_page(platform, shown, &filters, &page).await;
    pages("builds", builds, &mut out).await?;
    // Those that the user still sees.
    let compositions = async |page| {
        let source = &compositions::store::LISTS;
        let listed = lists::list(platform, source, shown, &filters, &page).await?;
        Ok((listed.data, listed.last))
    };
    pages("compositions", compositions, &mut out).await?;
    for (name, rows) in [
        ("composition_authorship", authorship::store::OF_USER),
        ("players", roster::store::OF_USER),
    ] {
        of_user(platform, user, name, rows, &mut out).await?;
    }
    entries(platform, user, &mut out).await?;
    out.push('}');
    let answer = Response::bytes(200, Profile::Private, out.into_bytes())
        .with_header("content-disposition", DISPOSITION);
    let entry = Entry::by(permit.caller(), Action::AccountExported, user);
    Ok(Tx::new(Vec::new()).log(entry).attempt(cx, answer).await?)
}

/// A member of the export: a JSON array, written item by item.
struct Array<'a> {
    out: &'a mut String,
    is_empty: bool,
}

impl<'a> Array<'a> {
    fn open(out: &'a mut String, name: &str) -> Self {
        out.extend([",\"", name, "\":["]);
        Self {
            out,
            is_empty: true,
        }
    }

    /// Adds one item, or several with commas between them.
    fn push(&mut self, json: &str) {
        if json.is_empty() {
            return;
        }
        if !std::mem::replace(&mut self.is_empty, false) {
            self.out.push(',');
        }
        self.out.push_str(json);
    }

    fn close(self) {
        self.out.push(']');
    }
}

const fn page_after(after: Option<String>) -> Page {
    Page {
        limit: MAX_LIMIT,
        after,
    }
}

async fn sessions(platform: &Platform, user: &UserId, out: &mut String) -> Result<(), Problem> {
    let mut array = Array::open(out, "sessions");
    let mut after = String::new();
    loop {
        let records = sessions::store::records(platform, user, &after, MAX_LIMIT).await?;
        for record in &records {
            array.push(&record.document().to_string());
        }
        match records.into_iter().next_back() {
            Some(last) => after = last.session.id.to_string(),
            None => break,
        }
    }
    array.close();
    Ok(())
}

/// One page takes all of an account.
async fn api_keys(platform: &Platform, user: &UserId, out: &mut String) -> Result<(), Problem> {
    let mut array = Array::open(out, "api_keys");
    for key in api_keys::store::list(platform, user, &page_after(None)).await? {
        array.push(&key.document().to_string());
    }
    array.close();
    Ok(())
}

/// One page takes all of an account.
async fn webhooks(cx: &Context<'_>, user: &UserId, out: &mut String) -> Result<(), Problem> {
    let mut array = Array::open(out, "webhooks");
    let sealer = webhooks::endpoints::handlers::sealer(cx);
    for webhook in webhooks::endpoints::store::list(sealer, user, &page_after(None)).await? {
        array.push(&webhook.document(cx.now_ms()).to_string());
    }
    array.close();
    Ok(())
}

/// Writes all pages that `read` gives, each a JSON array, with the id that the next one begins after.
async fn pages(
    name: &str,
    read: impl AsyncFn(Page) -> Result<(Text, Option<String>), Problem>,
    out: &mut String,
) -> Result<(), Problem> {
    let mut array = Array::open(out, name);
    let mut after = None;
    loop {
        let (data, last) = read(page_after(after)).await?;
        let text = data.as_str();
        array.push(&text[1..text.len() - 1]);
        if last.is_none() {
            break;
        }
        after = last;
    }
    array.close();
    Ok(())
}

/// Writes all rows of a feature's `OF_USER`.
async fn of_user(
    platform: &Platform,
    user: &UserId,
    name: &str,
    (select, order): (&str, Order),
    out: &mut String,
) -> Result<(), Problem> {
    let read = async |page: Page| {
        let after = match order {
            Order::Ascending => page.after.as_deref().unwrap_or_default(),
            Order::Descending => page.before(),
        };
        let listed = paging::page(platform, select, params![user, after], order, &page).await?;
        Ok((listed.data, listed.last))
    };
    pages(name, read, out).await
}

async fn entries(platform: &Platform, user: &UserId, out: &mut String) -> Result<(), Problem> {
    let mut array = Array::open(out, "audit_log");
    let mut after = 0;
    loop {
        let found = audit::store::about(platform, user, after, MAX_LIMIT).await?;
        for (_, entry) in &found {
            array.push(entry);
        }
        match found.last() {
            Some((seq, _)) => after = *seq,
            None => break,
        }
    }
    array.close();
    Ok(())
}
