//! The SQL of the dashboard, across the tables of users' content. An index cuts each part to a few rows
//! before any document is read. Identity tables are never joined with these.

use crate::ids::UserId;
use crate::paging::sql_time;
use crate::platform::{DatabaseError, Platform, Statement, Text, params};

/// Things of one kind that need attention are listed up to here, and counted up to [`COUNTED`].
const LISTED: i64 = 10;
const COUNTED: i64 = 1_000;
/// What has happened lately.
const LATEST: i64 = 20;

/// Compositions that whoever made them still sees: not those of a team that they have left.
macro_rules! seen {
    ($table:literal) => {
        concat!(
            "(",
            $table,
            ".team_id IS NULL OR EXISTS (SELECT 1 FROM team_members s WHERE s.team_id = ",
            $table,
            ".team_id AND s.user_id = ",
            $table,
            ".owner_id))"
        )
    };
}

const COUNTS_AND_ATTENTION: &str = concat!(
    "WITH stale AS (SELECT b.id, b.document, CAST(f.value AS INTEGER) AS game_build \
     FROM builds b LEFT JOIN build_facets f ON f.build_id = b.id AND f.facet = 'game_build' \
     WHERE b.owner_id = ?1 AND coalesce(CAST(f.value AS INTEGER), 0) < ?2 ORDER BY b.id DESC LIMIT ?5), \
     open AS (SELECT i.id, i.team_id, i.role, i.max_uses - i.uses AS uses_left, i.expires_at \
     FROM team_members m JOIN team_invitations i ON i.team_id = m.team_id \
     WHERE m.user_id = ?1 AND i.uses < i.max_uses AND i.expires_at > ?3 \
     AND (m.role = 'leader' OR m.role = 'officer' AND i.role = 'member') \
     ORDER BY i.expires_at, i.id LIMIT ?5) \
     SELECT '\"counts\":' || json_object(\
     'builds', (SELECT count(*) FROM builds WHERE owner_id = ?1), \
     'compositions', (SELECT count(*) FROM compositions c WHERE c.owner_id = ?1 AND ",
    seen!("c"),
    "), \
     'teams', (SELECT count(*) FROM team_members WHERE user_id = ?1), \
     'webhooks', (SELECT count(*) FROM webhooks WHERE user_id = ?1)) \
     || ',\"attention\":' || json_object(\
     'stale_builds', json_object('count', (SELECT count(*) FROM stale), 'data', \
     (SELECT json_group_array(json_object('id', id, 'name', document ->> '$.name', \
     'game_build', game_build)) FROM (SELECT * FROM stale LIMIT ?4))), \
     'failing_webhooks', (SELECT json_group_array(json_object('id', id, 'url', url, \
     'team_id', team_id, 'failures', failures, 'disabled_reason', disabled_reason)) \
     FROM (SELECT * FROM webhooks WHERE user_id = ?1 \
     AND (disabled_at IS NULL AND failures > 0 OR disabled_reason <> 'owner') ORDER BY id DESC)), \
     'invitations', json_object('count', (SELECT count(*) FROM open), 'data', \
     (SELECT json_group_array(json_object('id', id, 'team_id', team_id, 'role', role, \
     'uses_left', uses_left, 'expires_at', ",
    sql_time!("expires_at"),
    ")) FROM (SELECT * FROM open LIMIT ?4))))"
);

/// The members `counts` and `attention` of the answer.
pub async fn counts_and_attention(
    platform: &Platform,
    user: &UserId,
    balance_build: Option<i64>,
    now: i64,
) -> Result<Text, DatabaseError> {
    let params = params![user, balance_build.unwrap_or(0), now, LISTED, COUNTED];
    one(platform, Statement::new(COUNTS_AND_ATTENTION, params)).await
}

/// The latest of a user's own, then of their teams by others. `$table` has documents.
macro_rules! latest {
    ($table:literal, $kind:literal, $by:literal, $seen:expr) => {
        concat!(
            "SELECT d.document ->> '$.updated_at' AS at, json_object('type', '",
            $kind,
            ".' || iif(d.document ->> '$.created_at' = d.document ->> '$.updated_at', 'created', \
             'updated'), 'id', d.id, 'name', d.document ->> '$.name', 'team_id', d.team_id, 'by', ",
            $by,
            ", 'at', d.document ->> '$.updated_at') AS item FROM (\
             SELECT id FROM (SELECT id FROM ",
            $table,
            " l WHERE l.owner_id = ?1 AND ",
            $seen,
            " ORDER BY document ->> '$.updated_at' DESC LIMIT ?2) \
             UNION SELECT id FROM (SELECT id FROM ",
            $table,
            " WHERE team_id IN (SELECT team_id FROM team_members WHERE user_id = ?1) \
             ORDER BY document ->> '$.updated_at' DESC LIMIT ?2)) JOIN ",
            $table,
            " d USING (id)"
        )
    };
}

const ACTIVITY: &str = concat!(
    "SELECT coalesce(json_group_array(json(item)), '[]') FROM (SELECT item FROM (",
    latest!("builds", "build", "d.owner_id", "TRUE"),
    " UNION ALL ",
    latest!(
        "compositions",
        "composition",
        "d.document ->> '$.updated_by'",
        seen!("l")
    ),
    " UNION ALL SELECT at, json_object('type', 'team.member_added', 'id', user_id, \
     'name', display_name, 'team_id', team_id, 'by', user_id, 'at', at) FROM (\
     SELECT m.user_id, m.display_name, m.team_id, ",
    sql_time!("m.joined_at"),
    " AS at FROM team_members m WHERE m.team_id IN \
     (SELECT team_id FROM team_members WHERE user_id = ?1) \
     ORDER BY m.joined_at DESC LIMIT ?2)) ORDER BY at DESC LIMIT ?2)"
);

/// What has happened lately, latest first, as a JSON array.
pub async fn activity(platform: &Platform, user: &UserId) -> Result<Text, DatabaseError> {
    one(platform, Statement::new(ACTIVITY, params![user, LATEST])).await
}

async fn one(platform: &Platform, statement: Statement) -> Result<Text, DatabaseError> {
    let rows = platform.database.query(statement).await?;
    let row = rows.into_iter().next();
    row.ok_or_else(|| DatabaseError::Other("no aggregate".to_owned()))?
        .take_text(0)
}
