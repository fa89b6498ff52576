//! All SQL on builds: keyset pages by id. A write changes a build only in the version that was read, and
//! lists are JSON that SQL assembles. `model` decides who may see a build once it is read.

use serde_json::json;

use crate::auth::permissions::{ManageAccount, Permit, WriteBuilds};
use crate::game::model::REFERENCE_VERSION;
use crate::ids::{BuildId, TeamId, UserId};
use crate::lists::{self, Source};
use crate::membership::model::Membership;
use crate::membership::permissions::{DeleteTeam, ShareBuilds, TeamPermission as _, TeamPermit};
use crate::membership::store::{is_member, still_is};
use crate::platform::{DatabaseError, Platform, Row, Statement, params};

use super::model::{BuildInput, StoredBuild, Visibility, WriteGrant};
use super::schemas::NewBuild;

/// The tags of public builds, once for each build.
pub(crate) const PUBLIC_TAGS: &str = "SELECT f.value AS tag, 'b' AS kind FROM build_facets f \
     CROSS JOIN builds b ON b.id = f.build_id WHERE f.facet = 'tag' AND b.visibility = 'public'";

/// SQL that counts what goes with the user `?2` when they leave the team `?1`.
pub const COUNT_OF_MEMBER: &str =
    "SELECT count(*) FROM builds WHERE team_id = ?1 AND owner_id = ?2";

/// What is taken when another id of the same millisecond has the same number.
pub const NUMBER: &str = "builds.number";
/// Builds of an account: so many can be looked through.
pub const MAX_BUILDS: i64 = 1_000;
/// Builds that are shared with a team.
pub const MAX_SHARED: i64 = 2_000;

/// Adds a build of the caller's; stale when they or its team have too many, or they may not share it.
pub fn insert(
    permit: &Permit<'_, WriteBuilds>,
    id: &BuildId,
    input: &BuildInput,
    document: String,
) -> Vec<Statement> {
    let build = Statement::new(
        concat!(
            "INSERT INTO builds (id, owner_id, visibility, document, rendered_with, search_text, \
             team_id, number, facets, version) SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, \
             CAST(?8 AS INTEGER), ?9, 1 \
             WHERE (SELECT count(*) FROM builds WHERE owner_id = ?2) < ?10 AND (?7 IS NULL \
             OR (SELECT count(*) FROM builds WHERE team_id = ?7) < ?11 AND ",
            still_is!("?7", "?2", "?12"),
            ")"
        ),
        params![
            id,
            permit.user_id(),
            input.given.visibility.as_str(),
            document,
            REFERENCE_VERSION,
            search_text(input),
            input.team.as_ref(),
            // As text: D1 takes numbers as doubles.
            id.number().to_string(),
            facets(input),
            MAX_BUILDS,
            MAX_SHARED,
            ShareBuilds::RULE.roles(),
        ],
    );
    vec![
        build,
        Statement::must_change(),
        insert_facets(id, 1, &input.given),
    ]
}

/// Replaces a build; stale when it has changed, its owner may not share it, or the team has too many.
pub fn replace(grant: &WriteGrant<'_>, input: &BuildInput, document: String) -> Vec<Statement> {
    let StoredBuild { id, version, .. } = grant.build();
    let version = *version;
    vec![
        Statement::new(
            "DELETE FROM build_facets WHERE build_id = ?1 AND EXISTS \
             (SELECT 1 FROM builds WHERE id = ?1 AND version = ?2)",
            params![id, version],
        ),
        insert_facets(id, version, &input.given),
        Statement::new(
            concat!(
                "UPDATE builds SET visibility = ?3, document = ?4, rendered_with = ?5, \
                 search_text = ?6, team_id = ?7, facets = ?8, version = version + 1 \
                 WHERE id = ?1 AND version = ?2 AND (?7 IS NULL OR (?7 IS team_id \
                 OR (SELECT count(*) FROM builds o WHERE o.team_id = ?7) < ?9) AND ",
                still_is!("?7", "builds.owner_id", "?10"),
                ")"
            ),
            params![
                id,
                version,
                input.given.visibility.as_str(),
                document,
                REFERENCE_VERSION,
                search_text(input),
                input.team.as_ref(),
                facets(input),
                MAX_SHARED,
                ShareBuilds::RULE.roles(),
            ],
        ),
        Statement::must_change(),
    ]
}

/// Removes a build in the version it was read in, else stale; its facets go with it.
pub fn delete(grant: &WriteGrant<'_>) -> Vec<Statement> {
    let StoredBuild { id, version, .. } = grant.build();
    Statement::checked(
        "DELETE FROM builds WHERE id = ?1 AND version = ?2",
        params![id, *version],
    )
}

/// Builds leave a team with their owner; what only the team saw, only the owner sees then.
const LEAVE_TEAM: &str = "UPDATE builds SET team_id = NULL, version = version + 1, \
     visibility = iif(visibility = 'team', 'private', visibility), \
     document = json_set(document, '$.team_id', NULL, \
     '$.visibility', iif(visibility = 'team', 'private', visibility)) ";

/// Takes builds out of a team that is deleted.
pub fn leave_team(permit: &TeamPermit<DeleteTeam>) -> Statement {
    Statement::new(
        [LEAVE_TEAM, "WHERE team_id = ?1"].concat(),
        params![permit.team()],
    )
}

/// Takes the builds of a member who leaves out of the team.
pub fn leave_with(member: &Membership) -> Statement {
    Statement::new(
        [LEAVE_TEAM, "WHERE team_id = ?1 AND owner_id = ?2"].concat(),
        params![&member.team, &member.user],
    )
}

/// Removes all builds of the caller's; their facets go with them.
pub fn delete_all(permit: &Permit<'_, ManageAccount>) -> Statement {
    Statement::new(
        "DELETE FROM builds WHERE owner_id = ?1",
        params![permit.user_id()],
    )
}

/// What lists can be narrowed by.
fn facets(input: &BuildInput) -> String {
    let given = &input.given;
    let slots = input.template.specializations.iter();
    let ids = slots
        .filter(|slot| slot.id != 0)
        .map(|slot| slot.id.to_string());
    let ids: Vec<String> = ids.collect();
    let game_build = given.game_build.map(|number| number.to_string());
    let mut all = vec![("profession", input.template.profession.id)];
    all.extend(ids.iter().map(|id| ("specialization", id.as_str())));
    all.extend(given.roles.iter().map(|role| ("role", role.as_str())));
    all.extend(given.tags.iter().map(|tag| ("tag", tag.as_str())));
    all.extend(game_build.iter().map(|it| ("game_build", it.as_str())));
    lists::facets(all)
}

/// What is counted: tags, and for which build of the game it was made.
fn insert_facets(id: &BuildId, version: i64, given: &NewBuild) -> Statement {
    let mut facets: Vec<_> = given.tags.iter().map(|tag| ("tag", tag.clone())).collect();
    let game_build = given.game_build.map(|number| number.to_string());
    facets.extend(game_build.map(|number| ("game_build", number)));
    Statement::new(
        "INSERT INTO build_facets (facet, value, build_id) \
         SELECT value ->> 0, value ->> 1, ?1 FROM json_each(?3) WHERE EXISTS \
         (SELECT 1 FROM builds WHERE id = ?1 AND version = ?2)",
        params![id, version, json!(facets).to_string()],
    )
}

fn search_text(input: &BuildInput) -> String {
    let NewBuild { name, notes, .. } = &input.given;
    format!("{name}\n{notes}").to_lowercase()
}

/// The build with this id, for this user. All but the document comes as one text: each cell costs a call.
pub async fn find(
    platform: &Platform,
    id: BuildId,
    user: Option<&UserId>,
) -> Result<Option<StoredBuild>, DatabaseError> {
    let statement = Statement::new(
        concat!(
            "SELECT document, owner_id || ' ' || visibility || ' ' || rendered_with || ' ' || version \
             || iif(team_id IS NULL, '', ' ' || team_id || ' ' || ",
            is_member!("builds.team_id", "substr(?1, 34)"),
            ") FROM builds WHERE id = substr(?1, 1, 32)"
        ),
        // Both ids in one, at fixed places: a second parameter would cost the most frequent read 2 % (15 us) more.
        params![format!("{id} {}", user.map_or("", UserId::as_str))],
    );
    let rows = platform.database.query(statement).await?;
    let row = rows.into_iter().next();
    row.map(|row| stored(id, row)).transpose()
}

/// Whether the user `?2` may see the build `b`; nobody is an empty text.
macro_rules! seen_by {
    () => {
        concat!(
            "(b.visibility IN ('public', 'unlisted') OR b.owner_id = ?2 \
             OR (b.visibility = 'team' AND ",
            is_member!("b.team_id", "?2"),
            "))"
        )
    };
}

/// The builds `b` with an id of the JSON array `?1` that the user `?2` may see, after FROM.
pub const SEEN_OF_LIST: &str = concat!(
    "json_each(?1) j JOIN builds b ON b.id = j.value WHERE ",
    seen_by!()
);

/// The builds `b` whose ids `$ids` selects, after FROM.
macro_rules! builds_among {
    ($ids:expr) => {
        concat!("builds b WHERE b.id IN ", $ids)
    };
}
pub(crate) use builds_among;

/// Whether everyone who sees a thing of the team `$team` may see the build `b`.
macro_rules! seen_in_team {
    ($team:literal) => {
        concat!(
            "(b.visibility IN ('public', 'unlisted') OR (b.visibility = 'team' AND b.team_id = ",
            $team,
            "))"
        )
    };
}
pub(crate) use seen_in_team;

/// Whether `$id` is a build that the user `$user` may show to the team `$team`.
macro_rules! may_show {
    ($id:literal, $user:literal, $team:literal) => {
        concat!(
            "EXISTS (SELECT 1 FROM ",
            $crate::builds::store::builds_among!(concat!("(", $id, ")")),
            " AND (b.owner_id = ",
            $user,
            " OR ",
            $crate::builds::store::seen_in_team!($team),
            "))"
        )
    };
}
pub(crate) use may_show;

fn stored(id: BuildId, mut row: Row) -> Result<StoredBuild, DatabaseError> {
    let document = row.take_text(0)?;
    let mut rest = row.text(1)?.split(' ');
    let mut next = || rest.next().unwrap_or_default();
    let (owner, visibility) = (UserId::parse(next()), Visibility::parse(next()));
    let (rendered_with, version) = (next().to_owned(), next().parse().ok());
    let (team, is_of_team) = (TeamId::parse(next()), next() == "1");
    let (Some(owner), Some(visibility), Some(version)) = (owner, visibility, version) else {
        return Err(DatabaseError::Other(
            "a build's row does not read".to_owned(),
        ));
    };
    Ok(StoredBuild {
        id,
        owner,
        visibility,
        team,
        is_of_team,
        document,
        rendered_with,
        version,
    })
}

/// Builds in lists.
pub const LISTS: Source = Source {
    table: "builds",
    search: "build_search",
    rendered_with: Some(REFERENCE_VERSION),
    seen: &["b.visibility <> 'public' AND b.owner_id = ?"],
    own: "b.owner_id = ?",
};
