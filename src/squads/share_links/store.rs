//! All SQL on share links. The limit of links per composition holds under concurrent requests too. The
//! composition's grant decides who may share.

use kit::time::rfc3339;
use serde_json::{Value, json};

use crate::auth::permissions::{Permission, Permit};
use crate::http::pagination::Page;
use crate::ids::{ApiKeyId, ShareLinkId, TeamId, UserId};
use crate::membership::permissions::{EditCompositions, TeamPermission as _};
use crate::platform::{DatabaseError, Platform, Row, Statement, params};
use crate::squads::compositions::model::WriteGrant;
use crate::squads::compositions::store::still_plans;

/// For each team, the number of links that the user `?1` has made.
pub(crate) const COUNT_MADE: &str = "SELECT 'share_links', c.team_id, count(*) FROM share_links l \
     JOIN compositions c ON c.id = l.composition_id WHERE l.created_by = ?1 GROUP BY c.team_id";

/// SQL that counts what goes with the user `?2` when they leave the team `?1`.
pub const COUNT_OF_MEMBER: &str = "SELECT count(*) FROM share_links WHERE created_by = ?2 \
     AND team_id = ?1";

/// Digits of 128 bits in base62.
pub const SLUG: usize = 22;
pub const MAX_LINKS: i64 = 20;

#[derive(Debug)]
pub struct ShareLink {
    pub id: String,
    /// What the page is found by: 128 random bits in base62.
    pub slug: String,
    pub created_by: String,
    pub created_at: i64,
}

impl ShareLink {
    pub fn document(&self, issuer: &str) -> Value {
        json!({
            "id": self.id,
            "slug": self.slug,
            "url": format!("{issuer}/c/{}", self.slug),
            "created_by": self.created_by,
            "created_at": rfc3339(self.created_at),
        })
    }
}

/// Adds a link; stale when there are too many, the composition is gone, or whoever makes it plans for
/// its team no more.
pub fn insert(grant: &WriteGrant<'_>, link: &ShareLink, key: Option<&ApiKeyId>) -> Vec<Statement> {
    Statement::checked(
        concat!(
            "INSERT INTO share_links (slug, composition_id, id, created_by, created_at, api_key_id, team_id) \
             SELECT ?1, c.id, ?3, ?4, ?5, ?8, c.team_id FROM compositions c WHERE c.id = ?2 \
             AND (SELECT count(*) FROM share_links WHERE composition_id = ?2) < ?6 AND ",
            still_plans!("c.team_id", "?4", "?7")
        ),
        params![
            &link.slug,
            &grant.composition().id,
            &link.id,
            &link.created_by,
            link.created_at,
            MAX_LINKS,
            EditCompositions::RULE.roles(),
            key.map(ApiKeyId::as_str),
        ],
    )
}

/// Withdraws a link; stale when it is not there, or `user` plans for its team no more.
pub fn delete(grant: &WriteGrant<'_>, user: &UserId, id: &ShareLinkId) -> Vec<Statement> {
    Statement::checked(
        concat!(
            "DELETE FROM share_links WHERE composition_id = ?1 AND id = ?2 \
             AND EXISTS (SELECT 1 FROM compositions c WHERE c.id = ?1 AND ",
            still_plans!("c.team_id", "?3", "?4"),
            ")"
        ),
        params![
            &grant.composition().id,
            id,
            user,
            EditCompositions::RULE.roles(),
        ],
    )
}

/// SQL that holds at `$now` while the link `l` to the composition `c` shows it: whoever made it stands, and
/// might make it again: it is theirs, or they are in its team with one of the roles of the list `$roles`.
macro_rules! link_shows {
    ($roles:literal, $now:literal) => {
        concat!(
            $crate::auth::standing::maker_stands!("l.created_by", "l.api_key_id", $now),
            " AND iif(c.team_id IS NULL, c.owner_id = l.created_by, ",
            $crate::membership::store::still_is!("c.team_id", "l.created_by", $roles),
            ")"
        )
    };
}
pub(crate) use link_shows;

/// Removes the links that a member has made to a team's compositions.
pub fn remove_of_member(team: &TeamId, user: &UserId) -> Statement {
    Statement::new(
        "DELETE FROM share_links WHERE created_by = ?2 AND team_id = ?1",
        params![team, user],
    )
}

/// Withdraws all links that the caller has made.
pub fn withdraw_all<P: Permission>(permit: &Permit<'_, P>) -> Statement {
    Statement::new(
        "DELETE FROM share_links WHERE created_by = ?1",
        params![permit.user_id()],
    )
}

/// A page of a composition's links, one more than it takes, latest first.
pub async fn list(
    platform: &Platform,
    grant: &WriteGrant<'_>,
    page: &Page,
) -> Result<Vec<ShareLink>, DatabaseError> {
    let statement = Statement::new(
        "SELECT id, slug, created_by, created_at FROM share_links \
         WHERE composition_id = ?1 AND id < ?2 ORDER BY id DESC LIMIT ?3",
        params![&grant.composition().id, page.before(), page.limit + 1,],
    );
    platform.all(statement, read).await
}

pub(super) fn read(row: &Row) -> Result<ShareLink, DatabaseError> {
    Ok(ShareLink {
        id: row.text(0)?.to_owned(),
        slug: row.text(1)?.to_owned(),
        created_by: row.text(2)?.to_owned(),
        created_at: row.integer(3)?,
    })
}
