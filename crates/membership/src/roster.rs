//! SQL on teams and their rosters for features that `teams` stands on.

/// The teams `t` of rows with the id `$team`, after FROM and a table.
#[macro_export]
macro_rules! with_team {
    ($team:literal) => {
        concat!(" LEFT JOIN teams t ON t.id = ", $team)
    };
}
pub use with_team;

/// The scores of the team `$team`, as JSON, or NULL.
#[macro_export]
macro_rules! scores_of {
    ($team:literal) => {
        concat!("(SELECT scores FROM teams WHERE id = ", $team, ")")
    };
}
pub use scores_of;

/// The players `p` with an id of the JSON array `$ids`, after FROM.
#[macro_export]
macro_rules! players_of_list {
    ($ids:literal) => {
        concat!(
            "json_each(",
            $ids,
            ") j JOIN team_players p ON p.id = j.value"
        )
    };
}
pub use players_of_list;

/// The players `p` of the team `$team` whose ids `$ids` selects, after FROM.
#[macro_export]
macro_rules! players_among {
    ($team:literal, $ids:expr) => {
        concat!(
            "team_players p WHERE p.team_id = ",
            $team,
            " AND p.id IN ",
            $ids
        )
    };
}
pub use players_among;

/// `$columns` of the players that are, or were, the user `$user`.
#[macro_export]
macro_rules! players_of_user {
    ($columns:literal, $user:literal) => {
        concat!(
            "(SELECT ",
            $columns,
            " FROM team_players WHERE user_id = ",
            $user,
            " UNION ALL SELECT ",
            $columns,
            " FROM team_players WHERE former_user_id = ",
            $user,
            ")"
        )
    };
}
pub use players_of_user;
