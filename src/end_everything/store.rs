//! Counts what is to end, by the conditions of the features' stores.

use crate::accounts::{api_keys, sessions};
use crate::auth::permissions::{Permit, SecureAccount};
use crate::platform::{DatabaseError, Platform, Statement};
use crate::squads::share_links;
use crate::teams::invitations;
use crate::webhooks::endpoints;

use super::model::Tally;

/// Counts what the caller has at `now`. Identity and content are to live in separate databases.
pub async fn tally(
    platform: &Platform,
    permit: &Permit<'_, SecureAccount>,
    now: i64,
) -> Result<Tally, DatabaseError> {
    let params = || vec![permit.user_id().as_str().into(), now.into()];
    let identity = Statement::new(
        format!(
            "SELECT {}, {}",
            sessions::store::COUNT_LIVE,
            api_keys::store::COUNT_LIVE
        ),
        params(),
    );
    let content = Statement::new(
        [
            endpoints::store::COUNT_ENABLED,
            share_links::store::COUNT_MADE,
            invitations::store::COUNT_OPEN,
        ]
        .join(" UNION ALL "),
        params(),
    );
    let mut tally = Tally::default();
    for row in platform.database.query(identity).await? {
        tally.sessions = row.integer(0)?;
        tally.api_keys = row.integer(1)?;
    }
    for row in platform.database.query(content).await? {
        let team = row.optional_text(1)?.map(str::to_owned);
        let counts = tally.content.entry(team).or_default();
        let count = match row.text(0)? {
            "webhooks" => &mut counts.webhooks,
            "share_links" => &mut counts.share_links,
            _ => &mut counts.invitations,
        };
        *count = row.integer(2)?;
    }
    Ok(tally)
}
