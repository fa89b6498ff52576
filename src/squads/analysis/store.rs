//! The SQL that reads what an analysis needs besides the composition, in one statement. It returns only
//! what the user may see: builds visible to them, and names of players to members of their team.
//! `compositions` reads the composition; `model` makes the analysis.

use serde_json::Value as Json;

use crate::builds::store::SEEN_BY;
use crate::ids::{TeamId, UserId};
use crate::platform::{DatabaseError, Platform, Statement, Text};

/// Members of [`super::model::BuildFacts`], for `json_object`, of a build `b`.
pub const BUILD: &str = "'id', b.id, 'profession', b.document ->> '$.profession', \
     'specialization', coalesce(b.document ->> '$.template.specializations[2].id', \
     b.document ->> '$.template.specializations[1].id', \
     b.document ->> '$.template.specializations[0].id'), \
     'game_build', b.document ->> '$.game_build', \
     'elite', b.document ->> '$.template.specializations[2].id', \
     'weapons', b.document -> '$.template.weapons'";

/// What the database says of these builds and players to `user`: a JSON array of builds, one of
/// players (`[id, name]`), and the scores of `team`, whose member they have shown to be.
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
        ")) FROM json_each(?1) j JOIN builds b ON b.id = j.value WHERE ",
        SEEN_BY,
        "), (SELECT json_group_array(json_array(p.id, p.name)) FROM json_each(?3) j \
         JOIN team_players p ON p.id = j.value WHERE EXISTS (SELECT 1 FROM team_members m \
         WHERE m.team_id = p.team_id AND m.user_id = ?2)), \
         coalesce((SELECT scores FROM teams WHERE id = ?4), '{}')",
    ];
    let params = vec![
        Json::from(builds).to_string().into(),
        user.map_or("", UserId::as_str).into(),
        Json::from(players).to_string().into(),
        team.map(ToString::to_string).into(),
    ];
    let statement = Statement::new(sql.concat(), params);
    let row = platform.database.query(statement).await?.into_iter().next();
    let mut row = row.ok_or_else(|| DatabaseError::Other("no aggregate".to_owned()))?;
    Ok([row.take_text(0)?, row.take_text(1)?, row.take_text(2)?])
}
