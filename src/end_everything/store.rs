//! The SQL that counts what is to end.
//! Promises the very conditions of the writes that end it.
//! Leaves those to the stores of the features.

use crate::auth::permissions::{Permit, SecureAccount};
use crate::platform::{DatabaseError, Platform, Statement};

use super::model::Tally;

/// Counts what the caller has at `now`. Identity and content apart: they are to live in databases of
/// their own.
pub async fn tally(
    platform: &Platform,
    permit: &Permit<'_, SecureAccount>,
    now: i64,
) -> Result<Tally, DatabaseError> {
    let params = || vec![permit.user_id().as_str().into(), now.into()];
    let identity = Statement::new(
        "SELECT (SELECT count(*) FROM sessions WHERE user_id = ?1 AND ended_at IS NULL \
         AND refresh_expires_at > ?2), \
         (SELECT count(*) FROM api_keys WHERE user_id = ?1 AND expires_at > ?2)",
        params(),
    );
    let content = Statement::new(
        "SELECT 'webhooks', team_id, count(*) FROM webhooks WHERE user_id = ?1 \
         AND disabled_at IS NULL GROUP BY team_id \
         UNION ALL SELECT 'share_links', c.team_id, count(*) FROM share_links l \
         JOIN compositions c ON c.id = l.composition_id WHERE l.created_by = ?1 GROUP BY c.team_id \
         UNION ALL SELECT 'invitations', i.team_id, count(*) FROM team_members m \
         JOIN team_invitations i ON i.team_id = m.team_id AND i.created_by = m.user_id \
         WHERE m.user_id = ?1 AND i.uses < i.max_uses AND i.expires_at > ?2 GROUP BY i.team_id",
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
