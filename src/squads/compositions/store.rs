//! All SQL on compositions, and the version row of each write. A read is one statement that includes
//! the reader's role in the composition's team. A write changes a composition only in the version that
//! was read. `versions` handles versions once written.

use serde_json::{Value as Json, json};

use crate::auth::permissions::{ManageAccount, Permit, WriteCompositions};
use crate::builds::model::Visibility;
use crate::builds::store::SEEN_OF_LIST;
use crate::game::chat_code;
use crate::ids::{CompositionId, TeamId, UserId};
use crate::lists::{self, Source};
use crate::membership::model::TeamRole;
use crate::membership::permissions::{EditCompositions, TeamPermission as _};
use crate::membership::roster::players_of_list;
use crate::membership::store::{is_member, role_in, teams_of};
use crate::platform::{DatabaseError, Platform, Row, Statement, params};

use super::input::{KnownIds, Played};
use super::model::{Composition, StoredComposition, WriteGrant};

/// The tags of public compositions, once for each composition.
pub(crate) const PUBLIC_TAGS: &str = "SELECT t.tag, 'c' AS kind FROM composition_tags t \
     CROSS JOIN compositions c ON c.id = t.composition_id WHERE c.visibility = 'public'";

/// The fallback when another id of the same millisecond has the same number.
pub const NUMBER: &str = "compositions.number";
/// Compositions of an account that are no team's.
pub const MAX_OWN: i64 = 200;
/// Compositions of a team.
pub const MAX_OF_TEAM: i64 = 500;
/// Versions that are kept of a composition.
pub const MAX_VERSIONS: i64 = 100;

kit::words! {
    /// How a version was made.
    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    pub enum VersionCause {
        /// It is the first.
        Created = "created",
        /// Someone changed it.
        Changed = "changed",
        /// Someone brought back an earlier one.
        Restored = "restored",
    }
}

/// Holds where `$team` is none, or the user `$user` is in it with one of the roles of the list `$roles`.
macro_rules! still_plans {
    ($team:literal, $user:literal, $roles:literal) => {
        concat!(
            "(",
            $team,
            " IS NULL OR ",
            $crate::membership::store::still_is!($team, $user, $roles),
            ")"
        )
    };
}
pub(crate) use still_plans;

/// Adds a composition of the caller's; stale when they may not plan for its team, or there are too many.
pub fn insert(
    permit: &Permit<'_, WriteCompositions>,
    id: &CompositionId,
    composition: &Composition,
    document: &str,
    now: i64,
) -> Vec<Statement> {
    let user = permit.user_id();
    let insert = Statement::new(
        concat!(
            "INSERT INTO compositions (id, owner_id, team_id, visibility, document, search_text, \
             number, facets, version) SELECT ?1, ?2, ?3, ?4, ?5, ?6, CAST(?7 AS INTEGER), ?9, 1 \
             WHERE ",
            still_plans!("?3", "?2", "?8"),
            " AND iif(?3 IS NULL, \
             (SELECT count(*) FROM compositions WHERE owner_id = ?2 AND team_id IS NULL) < ?10, \
             (SELECT count(*) FROM compositions WHERE team_id = ?3) < ?11)"
        ),
        params![
            id,
            user,
            composition.team_id.as_ref(),
            composition.visibility.as_str(),
            document,
            search_text(composition),
            // As text: D1 takes numbers as doubles.
            id.number().to_string(),
            EditCompositions::RULE.roles(),
            facets(composition),
            MAX_OWN,
            MAX_OF_TEAM,
        ],
    );
    vec![
        insert,
        Statement::must_change(),
        insert_tags(id, composition),
        insert_version(id, 1, user, now, VersionCause::Created, document),
    ]
}

/// Replaces a composition; stale when it has changed since, or `user` plans for its team no more.
pub fn replace(
    grant: &WriteGrant<'_>,
    user: &UserId,
    composition: &Composition,
    document: &str,
    now: i64,
    change: VersionCause,
) -> Vec<Statement> {
    let StoredComposition { id, version, .. } = grant.composition();
    vec![
        Statement::new(
            concat!(
                "UPDATE compositions SET visibility = ?3, document = ?4, search_text = ?5, \
                 facets = ?8, version = version + 1 WHERE id = ?1 AND version = ?2 AND ",
                still_plans!("compositions.team_id", "?6", "?7")
            ),
            params![
                id,
                *version,
                composition.visibility.as_str(),
                document,
                search_text(composition),
                user,
                EditCompositions::RULE.roles(),
                facets(composition),
            ],
        ),
        Statement::must_change(),
        Statement::new(
            "DELETE FROM composition_tags WHERE composition_id = ?1",
            params![id],
        ),
        insert_tags(id, composition),
        insert_version(id, version + 1, user, now, change, document),
        Statement::new(
            "DELETE FROM composition_versions WHERE composition_id = ?1 AND version <= ?2",
            params![id, version + 1 - MAX_VERSIONS],
        ),
    ]
}

/// Removes a composition and all that hangs on it; stale as in [`replace`].
pub fn delete(grant: &WriteGrant<'_>, user: &UserId) -> Vec<Statement> {
    let StoredComposition { id, version, .. } = grant.composition();
    Statement::checked(
        concat!(
            "DELETE FROM compositions WHERE id = ?1 AND version = ?2 AND ",
            still_plans!("compositions.team_id", "?3", "?4")
        ),
        params![id, *version, user, EditCompositions::RULE.roles()],
    )
}

/// Removes all of the caller's that are no team's.
pub fn delete_all(permit: &Permit<'_, ManageAccount>) -> Statement {
    Statement::new(
        "DELETE FROM compositions WHERE owner_id = ?1 AND team_id IS NULL",
        params![permit.user_id()],
    )
}

fn search_text(composition: &Composition) -> String {
    let Composition { name, notes, .. } = composition;
    format!("{name}\n{notes}").to_lowercase()
}

/// The filters of lists.
fn facets(composition: &Composition) -> String {
    let is_template = ["false", "true"][usize::from(composition.is_template)];
    let tags = composition.tags.iter().map(|tag| ("tag", tag.as_str()));
    let mode = ("mode", composition.mode.as_str());
    lists::facets([mode, ("template", is_template)].into_iter().chain(tags))
}

/// For the count of tags.
fn insert_tags(id: &CompositionId, composition: &Composition) -> Statement {
    Statement::new(
        "INSERT INTO composition_tags (tag, composition_id) SELECT value, ?1 FROM json_each(?2)",
        params![id, json!(composition.tags).to_string()],
    )
}

fn insert_version(
    id: &CompositionId,
    version: i64,
    user: &UserId,
    now: i64,
    change: VersionCause,
    document: &str,
) -> Statement {
    Statement::new(
        "INSERT INTO composition_versions (composition_id, version, changed_by, changed_at, change, \
         document) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        params![id, version, user, now, change.as_str(), document],
    )
}

/// What is read of a composition that `c` names, for the user `?2`.
const COLUMNS: &str = concat!(
    "c.document, c.id || ' ' || c.owner_id || ' ' || c.visibility || ' ' \
     || c.version || iif(c.team_id IS NULL, '', ' ' || c.team_id || ' ' || coalesce(",
    role_in!("c.team_id", "?2"),
    ", '') || ' ' || ",
    is_member!("c.team_id", "c.owner_id"),
    ")"
);

/// The composition with this id, for this user.
pub async fn find(
    platform: &Platform,
    id: &CompositionId,
    user: Option<&UserId>,
) -> Result<Option<StoredComposition>, DatabaseError> {
    let statement = Statement::new(
        ["SELECT ", COLUMNS, " FROM compositions c WHERE c.id = ?1"].concat(),
        params![id, user.map_or("", UserId::as_str)],
    );
    let rows = platform.database.query(statement).await?;
    rows.into_iter().next().map(stored).transpose()
}

/// Reads [`COLUMNS`], which come first.
fn stored(mut row: Row) -> Result<StoredComposition, DatabaseError> {
    let document = row.take_text(0)?;
    let mut rest = row.text(1)?.split(' ');
    let mut next = || rest.next().unwrap_or_default();
    let (id, owner) = (CompositionId::parse(next()), UserId::parse(next()));
    let (visibility, version) = (Visibility::parse(next()), next().parse().ok());
    let (team, role) = (TeamId::parse(next()), TeamRole::parse(next()));
    let is_owner_there = team.is_none() || next() == "1";
    let (Some(id), Some(owner), Some(visibility), Some(version)) = (id, owner, visibility, version)
    else {
        return Err(DatabaseError::Other(
            "a composition's row does not read".to_owned(),
        ));
    };
    Ok(StoredComposition {
        id,
        owner,
        team,
        visibility,
        version,
        role,
        is_owner_there,
        document,
    })
}

/// What ids in a body stand for: builds that the user may see, and players of the team's roster.
pub async fn known(
    platform: &Platform,
    user: &UserId,
    team: Option<&TeamId>,
    builds: &[&str],
    players: &[&str],
) -> Result<KnownIds, DatabaseError> {
    let mut known = KnownIds::default();
    if builds.is_empty() && players.is_empty() {
        return Ok(known);
    }
    let list = |ids: &[&str]| Json::from(ids).to_string();
    let statement = Statement::new(
        [
            "SELECT b.id, b.document ->> '$.chat_code' FROM ",
            SEEN_OF_LIST,
            " UNION ALL SELECT p.id, NULL FROM ",
            players_of_list!("?3"),
            " WHERE p.team_id = ?4",
        ]
        .concat(),
        params![list(builds), user, list(players), team],
    );
    for row in platform.database.query(statement).await? {
        let id = row.text(0)?.to_owned();
        match row.optional_text(1)? {
            Some(code) => {
                known.builds.insert(id, played(code));
            }
            None => {
                known.players.insert(id);
            }
        }
    }
    Ok(known)
}

/// What a chat code plays. Those in the database have been read before.
fn played(code: &str) -> Played {
    let template = chat_code::decode(code).ok();
    let last = template.as_ref().and_then(|template| {
        let mut slots = template.specializations.iter().rev();
        slots.find(|slot| slot.id != 0).map(|slot| slot.id)
    });
    Played {
        specialization: last,
        profession: template.map(|template| template.profession.id.to_owned()),
    }
}

/// Compositions in lists. One with a team is the team's: who made it and left sees it no more.
pub const LISTS: Source = Source {
    table: "compositions",
    search: "composition_search",
    rendered_with: None,
    seen: &[
        "b.visibility <> 'public' AND b.team_id IS NULL AND b.owner_id = ?",
        concat!("b.visibility <> 'public' AND b.team_id IN ", teams_of!("?")),
    ],
    own: concat!(
        "b.owner_id = ? AND (b.team_id IS NULL OR ",
        is_member!("b.team_id", "b.owner_id"),
        ")"
    ),
};
