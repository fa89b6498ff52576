//! All SQL on players: keyset pages by id. A write changes an entry only in the version that was read,
//! and no team exceeds its limit of players.

use serde_json::json;

use crate::auth::permissions::{ManageAccount, Permit};
use crate::builds::store::may_show;
use crate::http::pagination::Page;
use crate::ids::{PlayerId, TeamId, UserId};
use crate::membership::model::Membership;
use crate::membership::permissions::{EditRoster, TeamPermission as _, TeamPermit};
use crate::membership::store::{as_membership, is_member, still_is};
use crate::paging::Order;
use crate::platform::{DatabaseError, Platform, Row, Statement, Text, Value, params};

use super::import::{Existing, Plan};
use super::model::{PlayerInput, StoredPlayer, Unknown, WriteGrant};
use super::schemas::MAX_PLAYERS;

/// SQL: the count of what is removed with the user `?2` when they leave the team `?1`.
pub const COUNT_OF_MEMBER: &str =
    "SELECT count(*) FROM team_players WHERE team_id = ?1 AND user_id = ?2";

/// A page ends early rather than pass this many characters: D1 bounds the size of one value.
const PAGE_CHARACTERS: i64 = 500_000;
/// Bytes of one bound value: D1 takes two million.
const MAX_PARAM_BYTES: usize = 1_500_000;

fn most() -> i64 {
    i64::try_from(MAX_PLAYERS).unwrap_or(i64::MAX)
}

fn unreadable() -> DatabaseError {
    DatabaseError::Other("a player's row does not read".to_owned())
}

/// The role of `user` in `team`, and the player with this id; `None` when they are not in the team.
pub async fn find(
    platform: &Platform,
    team: &TeamId,
    user: &UserId,
    id: PlayerId,
) -> Result<Option<(Membership, Option<StoredPlayer>)>, DatabaseError> {
    // All but the document comes as one short text: each cell is a crossing of the boundary.
    let statement = Statement::new(
        "SELECT m.role || coalesce(' ' || p.version || ' ' || (p.document ->> '$.created_at') || \
         ' ' || coalesce(p.user_id, ''), ''), coalesce(p.document, '') FROM team_members m \
         LEFT JOIN team_players p ON p.team_id = m.team_id AND p.id = ?3 \
         WHERE m.team_id = ?1 AND m.user_id = ?2",
        params![team, user, &id],
    );
    let rows = platform.database.query(statement).await?;
    let Some(mut row) = rows.into_iter().next() else {
        return Ok(None);
    };
    let document = row.take_text(1)?;
    let mut words = row.text(0)?.split(' ');
    let mut next = || words.next().unwrap_or_default();
    let membership = as_membership(team, user, next())?;
    let (version, created_at, user) = (next(), next(), next());
    if version.is_empty() {
        return Ok(Some((membership, None)));
    }
    let player = StoredPlayer {
        id,
        user: Some(user.to_owned()).filter(|user| !user.is_empty()),
        document,
        created_at: created_at.to_owned(),
        version: version.parse().map_err(|_| unreadable())?,
    };
    Ok(Some((membership, Some(player))))
}

/// The filters of a list.
#[derive(Debug, Default)]
pub struct RosterFilters<'a> {
    /// This member's entry.
    pub user: Option<&'a str>,
    /// Text in the name, in lower case.
    pub search: Option<String>,
    /// Only entries with one of these names, or of one of these members: JSON lists.
    pub named: Option<(String, String)>,
}

/// The columns of an entry to read.
#[derive(Debug, Clone, Copy)]
pub enum PlayerColumns {
    /// The answer that clients get.
    Document,
    /// What a client would have to send.
    Input,
    /// What [`Existing`] reads.
    Existing,
}

impl PlayerColumns {
    const fn sql(self) -> &'static str {
        match self {
            Self::Document => "document",
            Self::Input => {
                "json_remove(document, '$.id', '$.team_id', '$.created_at', '$.updated_at')"
            }
            Self::Existing => {
                "json_array(id, version, document ->> '$.created_at', json(document), former_user_id)"
            }
        }
    }
}

/// One page of a roster.
#[derive(Debug)]
pub struct ListedPlayers {
    /// A JSON array.
    pub data: Text,
    /// The id that the next page begins after, if there is one.
    pub last: Option<String>,
    /// The caller's role in the team.
    pub membership: Membership,
}

/// A page of the roster as a JSON array, oldest entries first; `None` when `user` is not in the team.
pub async fn list(
    platform: &Platform,
    (team, user): (&TeamId, &UserId),
    part: PlayerColumns,
    filters: &RosterFilters<'_>,
    page: &Page,
) -> Result<Option<ListedPlayers>, DatabaseError> {
    let part = part.sql();
    let (names, members) = filters.named.clone().unzip();
    let statement = Statement::new(
        format!(
            "WITH page AS (SELECT id, part, row_number() OVER (ORDER BY id) AS n, \
             sum(length(part)) OVER (ORDER BY id) AS size FROM (SELECT id, {part} AS part \
             FROM team_players WHERE id IN (SELECT id FROM team_players WHERE team_id = ?1 \
             AND id > ?3 AND (?4 IS NULL OR user_id = ?4) \
             AND (?5 IS NULL OR instr(search_name, ?5) > 0) AND (?6 IS NULL \
             OR name IN (SELECT value FROM json_each(?6)) \
             OR user_id IN (SELECT value FROM json_each(?7))) ORDER BY id LIMIT ?8 + 1))), \
             shown AS (SELECT id, part FROM page WHERE n <= ?8 \
             AND (n = 1 OR size <= {PAGE_CHARACTERS})) \
             SELECT role, '[' || (SELECT coalesce(group_concat(part, ',' ORDER BY id), '') \
             FROM shown) || ']', (SELECT iif(count(*) < (SELECT count(*) FROM page), max(id), \
             NULL) FROM shown) FROM team_members WHERE team_id = ?1 AND user_id = ?2"
        ),
        params![
            team,
            user,
            page.after.as_deref().unwrap_or_default(),
            filters.user,
            filters.search.clone(),
            names,
            members,
            page.limit,
        ],
    );
    let rows = platform.database.query(statement).await?;
    let Some(mut row) = rows.into_iter().next() else {
        return Ok(None);
    };
    Ok(Some(ListedPlayers {
        data: row.take_text(1)?,
        last: row.optional_text(2)?.map(str::to_owned),
        membership: as_membership(team, user, row.text(0)?)?,
    }))
}

/// The result of looking drafts up.
#[derive(Debug, Default)]
pub struct Findings {
    /// References that the caller may not use.
    pub unknown: Unknown,
    /// Whether another entry than the one that is written is one of their members.
    pub is_member_taken: bool,
    /// Players of the team.
    pub players: usize,
    /// Characters of their documents.
    pub characters: usize,
}

/// Looks up all members and builds that `inputs` name. `own` is the entry that is written.
pub async fn look_up<'a>(
    platform: &Platform,
    (team, user): (&TeamId, &UserId),
    inputs: impl Iterator<Item = &'a PlayerInput> + Clone,
    own: Option<&PlayerId>,
) -> Result<Findings, DatabaseError> {
    let mut builds: Vec<&str> = inputs
        .clone()
        .flat_map(|input| input.builds.iter().map(|owned| owned.build_id.as_str()))
        .filter(|id| !id.is_empty())
        .collect();
    builds.sort_unstable();
    builds.dedup();
    let mut members: Vec<&str> = inputs
        .filter_map(|input| input.user_id.as_deref())
        .collect();
    members.sort_unstable();
    members.dedup();
    let statement = Statement::new(
        concat!(
            "SELECT json_array(json((SELECT json_group_array(value) FROM json_each(?3) WHERE NOT ",
            is_member!("?1", "value"),
            ")), json((SELECT json_group_array(value) FROM json_each(?4) WHERE NOT ",
            may_show!("value", "?2", "?1"),
            ")), (SELECT count(*) FROM team_players WHERE team_id = ?1 AND id <> ?5 \
             AND user_id IN (SELECT value FROM json_each(?3))), \
             (SELECT count(*) FROM team_players WHERE team_id = ?1), \
             (SELECT coalesce(sum(length(document)), 0) FROM team_players WHERE team_id = ?1))"
        ),
        params![
            team,
            user,
            json!(members).to_string(),
            json!(builds).to_string(),
            own.map_or("", PlayerId::as_str),
        ],
    );
    let read = |row: &Row| {
        let (members, builds, taken, players, characters): (_, _, i64, _, _) =
            serde_json::from_str(row.text(0)?).map_err(|_| unreadable())?;
        Ok(Findings {
            unknown: Unknown { members, builds },
            is_member_taken: taken > 0,
            players,
            characters,
        })
    };
    platform
        .first(statement, read)
        .await?
        .ok_or_else(unreadable)
}

/// SQL: the writer still has the permission, and the member whose entry it is is in the team.
const STILL_ALLOWED: &str = concat!(
    still_is!("?1", "?2", "?9"),
    " AND (?4 IS NULL OR ",
    is_member!("?1", "?4"),
    ")"
);

fn row(
    grant: &WriteGrant<'_>,
    id: &PlayerId,
    input: &PlayerInput,
    document: String,
    last: i64,
) -> Vec<Value> {
    params![
        grant.team(),
        grant.user(),
        id,
        input.user_id.as_deref(),
        &input.name,
        input.name.to_lowercase(),
        document,
        last,
        grant.roles(),
    ]
}

/// Adds a player; stale when the roster is full or who is in the team has changed.
pub fn insert(
    grant: &WriteGrant<'_>,
    id: &PlayerId,
    input: &PlayerInput,
    document: String,
) -> Vec<Statement> {
    Statement::checked(
        format!(
            "INSERT INTO team_players (id, team_id, user_id, name, search_name, document, version) \
             SELECT ?3, ?1, ?4, ?5, ?6, ?7, 1 WHERE {STILL_ALLOWED} \
             AND (SELECT count(*) FROM team_players WHERE team_id = ?1) < ?8"
        ),
        row(grant, id, input, document, most()),
    )
}

/// Replaces a player; stale when it, or the team's members, changed. A new name or member ends its link
/// to a former member.
pub fn replace(
    grant: &WriteGrant<'_>,
    player: &StoredPlayer,
    input: &PlayerInput,
    document: String,
) -> Vec<Statement> {
    Statement::checked(
        format!(
            "UPDATE team_players SET user_id = ?4, name = ?5, search_name = ?6, document = ?7, \
             former_user_id = iif(?4 IS NULL AND name = ?5, former_user_id, NULL), \
             version = version + 1 WHERE team_id = ?1 AND id = ?3 AND version = ?8 \
             AND {STILL_ALLOWED}"
        ),
        row(grant, &player.id, input, document, player.version),
    )
}

/// Removes a player; stale when it changed since it was read, or the caller may no longer remove it.
pub fn delete(grant: &WriteGrant<'_>, player: &StoredPlayer) -> Vec<Statement> {
    Statement::checked(
        concat!(
            "DELETE FROM team_players WHERE team_id = ?1 AND id = ?2 AND version = ?3 AND ",
            still_is!("?1", "?4", "?5")
        ),
        params![
            grant.team(),
            &player.id,
            player.version,
            grant.user(),
            grant.roles(),
        ],
    )
}

/// Carries out a plan; stale when an entry of it has changed, the roster would be too long, or the
/// importer has lost the permission. `documents` belong to the entries that are put in.
pub fn carry_out(
    permit: &TeamPermit<EditRoster>,
    plan: &Plan,
    documents: Vec<(PlayerId, String)>,
) -> Vec<Statement> {
    let team = permit.team().as_str();
    let changed = plan.put.iter().filter_map(|(_, was)| was.as_ref());
    let changed = changed.map(|Existing { id, version, .. }| json!([id, version]));
    let gone = plan.gone.iter().map(|(id, version)| json!([id, version]));
    let out: Vec<_> = changed.chain(gone).collect();
    let mut writes = Vec::new();
    if !out.is_empty() {
        let count = i64::try_from(out.len()).unwrap_or(i64::MAX);
        writes.push(Statement::new(
            "DELETE FROM team_players WHERE team_id = ?1 \
             AND (id, version) IN (SELECT value ->> 0, value ->> 1 FROM json_each(?2))",
            params![team, json!(out).to_string()],
        ));
        writes.push(Statement::must_change_exactly(count));
    }
    let mut rows = String::new();
    let mut flush = |rows: &mut String| {
        if !rows.is_empty() {
            writes.push(Statement::new(
                "INSERT INTO team_players (id, team_id, user_id, name, search_name, document, \
                 version, former_user_id) SELECT value ->> 0, ?1, value ->> '$[2].user_id', \
                 value ->> '$[2].name', value ->> 1, value -> 2, value ->> 3, value ->> 4 \
                 FROM json_each(?2)",
                params![team, ["[", &std::mem::take(rows), "]"].concat()],
            ));
        }
    };
    for ((input, was), (id, document)) in plan.put.iter().zip(documents) {
        let version = was.as_ref().map_or(1, |was| was.version + 1);
        let search_name = json!(input.name.to_lowercase());
        // Matched by name: still the former member's entry, unless it is now another member's.
        let former = was.as_ref().and_then(|was| was.former_user_id.as_deref());
        let former = json!(former.filter(|_| input.user_id.is_none()));
        let row = format!("[\"{id}\",{search_name},{document},{version},{former}]");
        if rows.len() + row.len() > MAX_PARAM_BYTES {
            flush(&mut rows);
        }
        if !rows.is_empty() {
            rows.push(',');
        }
        rows.push_str(&row);
    }
    flush(&mut rows);
    // Only a failing statement aborts a batch; this sum overflows.
    writes.push(Statement::new(
        concat!(
            "SELECT iif((SELECT count(*) FROM team_players WHERE team_id = ?1) <= ?3 AND ",
            still_is!("?1", "?2", "?4"),
            " AND NOT EXISTS \
             (SELECT 1 FROM team_players p WHERE p.team_id = ?1 AND p.user_id IS NOT NULL AND NOT EXISTS \
             (SELECT 1 FROM team_members m WHERE m.team_id = ?1 AND m.user_id = p.user_id)), \
             1, abs(-9223372036854775808))"
        ),
        params![team, permit.user(), most(), EditRoster::RULE.roles()],
    ));
    writes
}

/// For a member who leaves: their entry stays as a name only, and is deleted with their account.
pub fn detach_member(team: &TeamId, user: &UserId) -> Statement {
    Statement::new(
        "UPDATE team_players SET user_id = NULL, former_user_id = user_id, \
         document = json_set(document, '$.user_id', NULL), \
         version = version + 1 WHERE user_id = ?2 AND team_id = ?1",
        params![team, user],
    )
}

/// Removes the caller's entries in all rosters, also of teams that they have left.
pub fn delete_all(permit: &Permit<'_, ManageAccount>) -> Statement {
    Statement::new(
        "DELETE FROM team_players WHERE id IN (SELECT id FROM team_players WHERE user_id = ?1 \
         UNION ALL SELECT id FROM team_players WHERE former_user_id = ?1)",
        params![permit.user_id()],
    )
}

/// For an export: the entries of the user `?1` after the id `?2`, also of teams that they have left.
pub const OF_USER: (&str, Order) = (
    "SELECT id, document FROM (SELECT id, document FROM team_players \
     WHERE user_id = ?1 AND id > ?2 UNION ALL SELECT id, document FROM team_players \
     WHERE former_user_id = ?1 AND id > ?2)",
    Order::Ascending,
);
