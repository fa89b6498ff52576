//! All SQL on shared pages: one statement tells whether a link is valid and what its page depends on,
//! one reads the page. Links and compositions are written elsewhere.

use crate::builds::store::{builds_among, seen_in_team};
use crate::membership::permissions::{EditCompositions, TeamPermission as _};
use crate::membership::roster::{players_among, with_team};
use crate::platform::{DatabaseError, Platform, Row, Statement, params};
use crate::squads::analysis::store::BUILD;
use crate::squads::share_links::store::link_shows;

/// What the member `$id` of each slot of the composition `c` is.
macro_rules! slots {
    ($id:literal) => {
        concat!(
            "(SELECT s.value ->> '",
            $id,
            "' FROM json_each(c.document, '$.subgroups') g, json_each(g.value, '$.slots') s)"
        )
    };
}

/// The players `p` of the team's roster that the composition names, after FROM.
macro_rules! named_players {
    () => {
        players_among!("c.team_id", slots!("player_id"))
    };
}

/// What a page depends on, as one text: it changes whenever the page may.
const STATE: &str = concat!(
    "c.id || ' ' || c.version || ' ' || coalesce(t.version || t.scores || t.name, '') \
     || coalesce((SELECT group_concat(b.id || b.version, ' ' ORDER BY b.id) FROM ",
    builds_among!(slots!("build_id")),
    "), '') || coalesce((SELECT group_concat(p.id || p.version, ' ' ORDER BY p.id) FROM ",
    named_players!(),
    "), '')"
);
/// The builds that whoever sees the composition may see: before and after [`BUILD`].
const BUILDS: [&str; 2] = [
    "(SELECT json_group_array(json_object(\
     'name', b.document ->> 'name', 'code', b.document ->> 'chat_code', ",
    concat!(
        ")) FROM ",
        builds_among!(slots!("build_id")),
        " AND ",
        seen_in_team!("c.team_id"),
        ")"
    ),
];
/// The names of the team's players: `[id, name]`.
const PLAYERS: &str = concat!(
    "(SELECT json_group_array(json_array(p.id, p.name)) FROM ",
    named_players!(),
    ")"
);
/// Each view asks whether the link is still valid: a cached page never decides that.
const FROM_LINK: &str = concat!(
    " FROM share_links l CROSS JOIN compositions c ON c.id = l.composition_id",
    with_team!("c.team_id"),
    " WHERE l.slug = ?1 AND ",
    link_shows!("?2", "?3")
);

/// The data of a page.
pub struct Shared {
    /// As [`state`] gives it, of the same moment as the rest.
    pub state: String,
    /// The composition's document.
    pub document: String,
    /// The builds that may be shown, as JSON.
    pub builds: String,
    /// The names of players who are there by their id in the roster, as JSON.
    pub players: String,
    /// The team's name.
    pub team: Option<String>,
    /// The scores that the team has edited, as JSON.
    pub scores: Option<String>,
}

/// What the page of this link depends on; `None` when there is no such link, or it shows nothing.
pub async fn state(platform: &Platform, slug: &str) -> Result<Option<String>, DatabaseError> {
    let row = row(platform, slug, STATE).await?;
    row.map(|row| row.text(0).map(str::to_owned)).transpose()
}

/// What the page of this link is made of; `None` as for [`state`].
pub async fn read(platform: &Platform, slug: &str) -> Result<Option<Shared>, DatabaseError> {
    let builds = [BUILDS[0], BUILD, BUILDS[1]].concat();
    let columns = [STATE, "c.document", &builds, PLAYERS, "t.name", "t.scores"].join(", ");
    let Some(row) = row(platform, slug, &columns).await? else {
        return Ok(None);
    };
    Ok(Some(Shared {
        state: row.text(0)?.to_owned(),
        document: row.text(1)?.to_owned(),
        builds: row.text(2)?.to_owned(),
        players: row.text(3)?.to_owned(),
        team: row.optional_text(4)?.map(str::to_owned),
        scores: row.optional_text(5)?.map(str::to_owned),
    }))
}

async fn row(platform: &Platform, slug: &str, columns: &str) -> Result<Option<Row>, DatabaseError> {
    let sql = ["SELECT ", columns, FROM_LINK].concat();
    let (roles, now) = (EditCompositions::RULE.roles(), platform.clock.now_ms());
    let statement = Statement::new(sql, params![slug, roles, now]);
    Ok(platform.database.query(statement).await?.into_iter().next())
}
