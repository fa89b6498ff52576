//! The webhooks of a team as its leaders see them. Only the origin is shown: the URL may be a secret of
//! its creator.

use kit::time::rfc3339;
use serde_json::{Value, json};

use crate::http::pagination::Page;
use crate::ids::WebhookId;
use crate::membership::permissions::{OverseeSharing, TeamPermission as _, TeamPermit};
use crate::membership::store::{name_in, still_is};
use crate::platform::{DatabaseError, Platform, Row, Statement, params};

use super::proof::origin;

/// A page of a team's webhooks, ids and documents, one more than it takes, latest first.
pub(crate) async fn list(
    platform: &Platform,
    permit: &TeamPermit<OverseeSharing>,
    page: &Page,
) -> Result<Vec<(String, Value)>, DatabaseError> {
    let statement = Statement::new(
        concat!(
            "SELECT w.id, w.url, w.description, w.event_types, \
             iif(w.disabled_at IS NULL, NULL, coalesce(w.disabled_reason, 'owner')), w.user_id, ",
            name_in!("w.team_id", "w.user_id"),
            ", w.created_at FROM webhooks w WHERE w.team_id = ?1 AND w.id < ?2 \
             ORDER BY w.id DESC LIMIT ?3"
        ),
        params![permit.team(), page.before(), page.limit + 1],
    );
    platform.all(statement, document).await
}

fn document(row: &Row) -> Result<(String, Value), DatabaseError> {
    let id = row.text(0)?.to_owned();
    let event_types: Value = serde_json::from_str(row.text(3)?).unwrap_or_default();
    let disabled_reason = row.optional_text(4)?;
    let document = json!({
        "id": id,
        "origin": origin(row.text(1)?),
        "description": row.text(2)?,
        "event_types": event_types,
        "enabled": disabled_reason.is_none(),
        "disabled_reason": disabled_reason,
        "made_by": { "id": row.text(5)?, "name": row.optional_text(6)? },
        "created_at": rfc3339(row.integer(7)?),
    });
    Ok((id, document))
}

/// Deletes a webhook of the team; stale when it is gone, or the caller no longer leads the team.
pub(crate) fn end(permit: &TeamPermit<OverseeSharing>, id: &WebhookId) -> Vec<Statement> {
    Statement::checked(
        concat!(
            "DELETE FROM webhooks WHERE id = ?1 AND team_id = ?2 AND ",
            still_is!("?2", "?3", "?4")
        ),
        params![
            id,
            permit.team(),
            permit.user(),
            OverseeSharing::RULE.roles()
        ],
    )
}
