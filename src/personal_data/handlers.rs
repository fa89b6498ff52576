//! The calls that export or delete the caller's personal data. An export reads page by page; a deletion
//! is one batch. The features' stores have the SQL.

use kit::time::rfc3339;

use crate::accounts::reauthentication::handlers::prove_in_call;
use crate::accounts::sessions::handlers::{check_bounds, wrong_password};
use crate::accounts::{self, account, api_keys, sessions};
use crate::auth::audit::{self, Action, Entry};
use crate::auth::permissions::ManageAccount;
use crate::builds;
use crate::http::pagination::{MAX_LIMIT, PAST_ALL_IDS};
use crate::http::{Page, Problem, Profile, Response, problems};
use crate::idempotency;
use crate::ids::UserId;
use crate::lists::{self, Filters, Shown};
use crate::paging::{self, Order};
use crate::password::Password;
use crate::platform::{DatabaseError, Platform, params};
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
    let (body, mut errors) = cx.body()?;
    let (platform, user) = (&cx.state.platform, permit.user_id());
    let password = body["password"].as_str().unwrap_or_default();
    let password = Password::new(platform.unicode.as_ref(), password);
    check_bounds(&password, "/password", &mut errors);
    Problem::check(errors)?;
    let stored = prove_in_call(cx, &permit, &password, &body).await?;
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
    out.push_str(",\"sessions\":");
    sessions(platform, user, &mut out).await?;
    out.push_str(",\"api_keys\":");
    api_keys(platform, user, &mut out).await?;
    out.push_str(",\"webhooks\":");
    webhooks(cx, user, &mut out).await?;
    out.push_str(",\"email_links\":");
    pages(platform, user, accounts::links::OF_USER, &mut out).await?;
    out.push_str(",\"teams\":");
    out.push_str(teams::store::export(platform, user).await?.as_str());
    out.push_str(",\"invitations\":");
    pages(platform, user, invitations::store::OF_USER, &mut out).await?;
    out.push_str(",\"team_bans\":");
    pages(platform, user, oversight::store::OF_USER, &mut out).await?;
    // What else a feature keeps on users comes here.
    out.push_str(",\"builds\":");
    builds(platform, user, &mut out).await?;
    out.push_str(",\"compositions\":");
    compositions(platform, user, &mut out).await?;
    out.push_str(",\"composition_authorship\":");
    pages(platform, user, authorship::store::OF_USER, &mut out).await?;
    out.push_str(",\"players\":");
    pages(platform, user, roster::store::OF_USER, &mut out).await?;
    out.push_str(",\"audit_log\":");
    entries(platform, user, &mut out).await?;
    out.push('}');
    let answer = Response::bytes(200, Profile::Private, out.into_bytes())
        .with_header("content-disposition", DISPOSITION);
    let entry = Entry::by(permit.caller(), Action::AccountExported, user);
    Ok(Tx::new(Vec::new()).log(entry).attempt(cx, answer).await?)
}

/// A JSON array, written item by item.
struct Array<'a> {
    out: &'a mut String,
    is_empty: bool,
}

impl<'a> Array<'a> {
    fn open(out: &'a mut String) -> Self {
        out.push('[');
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
    let mut array = Array::open(out);
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
    let mut array = Array::open(out);
    for key in api_keys::store::list(platform, user, &page_after(None)).await? {
        array.push(&key.document().to_string());
    }
    array.close();
    Ok(())
}

/// One page takes all of an account.
async fn webhooks(cx: &Context<'_>, user: &UserId, out: &mut String) -> Result<(), Problem> {
    let mut array = Array::open(out);
    let sealer = webhooks::endpoints::handlers::sealer(cx);
    for webhook in webhooks::endpoints::store::list(sealer, user, &page_after(None)).await? {
        array.push(&webhook.document(cx.now_ms()).to_string());
    }
    array.close();
    Ok(())
}

async fn builds(platform: &Platform, user: &UserId, out: &mut String) -> Result<(), Problem> {
    let mut array = Array::open(out);
    let (shown, filters) = (Shown::Own(user), Filters::default());
    let mut page = page_after(None);
    loop {
        let (data, last) = builds::handlers::read_page(platform, shown, &filters, &page).await?;
        let text = data.as_str();
        array.push(&text[1..text.len() - 1]);
        if last.is_none() {
            break;
        }
        page = page_after(last);
    }
    array.close();
    Ok(())
}

/// The compositions that the user still sees.
async fn compositions(platform: &Platform, user: &UserId, out: &mut String) -> Result<(), Problem> {
    let mut array = Array::open(out);
    let shown = Shown::Own(user);
    let (filters, mut page) = (Filters::default(), page_after(None));
    loop {
        let listed = lists::list(
            platform,
            &compositions::store::LISTS,
            shown,
            &filters,
            &page,
        )
        .await?;
        let text = listed.data.as_str();
        array.push(&text[1..text.len() - 1]);
        if listed.last.is_none() {
            break;
        }
        page = page_after(listed.last);
    }
    array.close();
    Ok(())
}

/// All rows of a feature's `OF_USER`.
async fn pages(
    platform: &Platform,
    user: &UserId,
    (select, order): (&str, Order),
    out: &mut String,
) -> Result<(), Problem> {
    let mut array = Array::open(out);
    let mut after = match order {
        Order::Ascending => String::new(),
        Order::Descending => PAST_ALL_IDS.to_owned(),
    };
    loop {
        let params = params![user, after];
        let page = page_after(None);
        let listed = paging::page(platform, select, params, order, &page).await?;
        let text = listed.data.as_str();
        array.push(&text[1..text.len() - 1]);
        match listed.last {
            Some(last) => after = last,
            None => break,
        }
    }
    array.close();
    Ok(())
}

async fn entries(platform: &Platform, user: &UserId, out: &mut String) -> Result<(), Problem> {
    let mut array = Array::open(out);
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
