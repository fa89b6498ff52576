//! The links to a team's compositions as its leaders see them.

use serde_json::{Value, json};

use crate::http::pagination::Page;
use crate::ids::ShareLinkId;
use crate::membership::permissions::{
    EditCompositions, OverseeSharing, TeamPermission as _, TeamPermit,
};
use crate::membership::store::{name_in, still_is};
use crate::platform::{DatabaseError, Platform, Row, Statement, params};

use super::store::{link_shows, read};

/// A page of the links to a team's compositions, ids and documents, one more than it takes, latest first.
pub(crate) async fn list(
    platform: &Platform,
    permit: &TeamPermit<OverseeSharing>,
    page: &Page,
    issuer: &str,
) -> Result<Vec<(String, Value)>, DatabaseError> {
    let statement = Statement::new(
        concat!(
            "SELECT l.id, l.slug, l.created_by, l.created_at, c.id, c.document ->> '$.name', ",
            name_in!("l.team_id", "l.created_by"),
            ", ",
            link_shows!("?4", "?5"),
            " FROM share_links l CROSS JOIN compositions c ON c.id = l.composition_id \
             WHERE l.team_id = ?1 AND l.id < ?2 ORDER BY l.id DESC LIMIT ?3"
        ),
        params![
            permit.team(),
            page.before(),
            page.limit + 1,
            EditCompositions::RULE.roles(),
            platform.clock.now_ms(),
        ],
    );
    platform.all(statement, |row| document(row, issuer)).await
}

fn document(row: &Row, issuer: &str) -> Result<(String, Value), DatabaseError> {
    let link = read(row)?;
    let mut document = link.document(issuer);
    document["made_by"] = json!({ "id": link.created_by, "name": row.optional_text(6)? });
    document["composition_id"] = row.text(4)?.into();
    document["composition_name"] = row.text(5)?.into();
    let shows = row.integer(7)? == 1;
    document["state"] = if shows { "shown" } else { "suspended" }.into();
    Ok((link.id, document))
}

/// Deletes a link to one of the team's compositions; stale when there is none, or the caller no longer
/// leads the team.
pub(crate) fn end(permit: &TeamPermit<OverseeSharing>, id: &ShareLinkId) -> Vec<Statement> {
    Statement::checked(
        concat!(
            "DELETE FROM share_links WHERE id = ?1 AND team_id = ?2 AND ",
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
