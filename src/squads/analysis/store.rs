//! The SQL that reads what an analysis needs besides the composition, in one statement. It returns only
//! what the user may see: builds visible to them, and names of players to members of their team.

use serde_json::Value as Json;

use crate::builds::store::SEEN_OF_LIST;
use crate::ids::{TeamId, UserId};
use crate::membership::roster::{players_of_list, scores_of};
use crate::membership::store::is_member;
use crate::platform::{DatabaseError, Platform, Statement, Text, params};

/// Members of [`super::model::BuildFacts`], for `json_object`, of a build `b`.
pub const BUILD: &str = "'id', b.id, 'profession', b.document ->> '$.profession', \
     'specialization', coalesce(b.document ->> '$.template.specializations[2].id', \
     b.document ->> '$.template.specializations[1].id', \
     b.document ->> '$.template.specializations[0].id'), \
     'game_build', b.document ->> '$.game_build', \
     'elite', b.document ->> '$.template.specializations[2].id', \
     'weapons', b.document -> '$.template.weapons'";

/// These builds and players (`[id, name]`) as `user` may see them, and the scores of `team`, their team.
pub async fn gather(
    platform: &Platform,
    user: Option<&UserId>,
    team: Option<&TeamId>,
    builds: &[&str],
    players: &[&str],
) -> Result<[Text; 3], DatabaseError> {
    if builds.is_empty() && players.is_empty() && team.is_none() {
        return Ok(["[]", "[]", "{}"].map(|nothing| Text::Owned(nothing.to_owned())));
    }
    let sql = [
        "SELECT (SELECT json_group_array(json_object(",
        BUILD,
        ")) FROM ",
        SEEN_OF_LIST,
        "), (SELECT json_group_array(json_array(p.id, p.name)) FROM ",
        players_of_list!("?3"),
        " WHERE ",
        is_member!("p.team_id", "?2"),
        "), coalesce(",
        scores_of!("?4"),
        ", '{}')",
    ];
    let user = user.map_or("", UserId::as_str);
    let [builds, players] = [builds, players].map(|ids| Json::from(ids).to_string());
    let params = params![builds, user, players, team];
    let statement = Statement::new(sql.concat(), params);
    let row = platform.database.query(statement).await?.into_iter().next();
    let mut row = row.ok_or_else(|| DatabaseError::Other("no aggregate".to_owned()))?;
    Ok([row.take_text(0)?, row.take_text(1)?, row.take_text(2)?])
}
