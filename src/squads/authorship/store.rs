//! The SQL of authorship: exports it, and removes an account from the compositions of teams.
//! The removal increments each version, so that a writer who read the composition before gets 412 and
//! cannot restore the id.

use crate::auth::permissions::{ManageAccount, Permit};
use crate::ids::UserId;
use crate::membership::roster::players_of_user;
use crate::paging::{Order, sql_time};
use crate::platform::{Statement, params};

/// The compositions that name the user `?1`: created or changed by them, or with a slot for a player of
/// theirs in a roster.
macro_rules! that_name {
    () => {
        concat!(
            "(SELECT id FROM compositions WHERE owner_id = ?1 \
             UNION SELECT composition_id FROM composition_versions WHERE changed_by = ?1 \
             UNION SELECT c.id FROM ",
            players_of_user!("id, team_id", "?1"),
            " p JOIN compositions c ON c.team_id = p.team_id \
             JOIN composition_versions v ON v.composition_id = c.id WHERE instr(v.document, p.id) > 0)"
        )
    };
}

/// A document without the user `?1`: their id is replaced by `?2`, and their slots name nobody.
macro_rules! without_them {
    () => {
        concat!(
            "json_set(replace(document, ?1, ?2), '$.subgroups', json((SELECT json_group_array(json(\
             json_set(s.value, '$.slots', json((SELECT json_group_array(json(iif(\
             t.value ->> '$.player_id' IN ",
            players_of_user!("id", "?1"),
            ", json_set(t.value, '$.player', '(deleted)', '$.player_id', NULL), t.value)) \
             ORDER BY t.key) FROM json_each(s.value, '$.slots') t)))) ORDER BY s.key) \
             FROM json_each(document, '$.subgroups') s)))"
        )
    };
}

/// Removes the caller from compositions that others keep. To be run before their players are removed
/// from rosters, by which their slots are found. Their links are deleted elsewhere.
pub fn forget(permit: &Permit<'_, ManageAccount>) -> [Statement; 3] {
    [
        // The current version's number follows its composition.
        concat!(
            "UPDATE composition_versions SET document = ",
            without_them!(),
            ", version = version + (version = (SELECT c.version FROM compositions c \
             WHERE c.id = composition_id)) WHERE composition_id IN ",
            that_name!()
        ),
        concat!(
            "UPDATE compositions SET document = ",
            without_them!(),
            ", owner_id = iif(owner_id = ?1, ?2, owner_id), version = version + 1 WHERE id IN ",
            that_name!()
        ),
        "UPDATE composition_versions SET changed_by = ?2 WHERE changed_by = ?1",
    ]
    .map(|sql| {
        let user = permit.user_id().as_str();
        Statement::new(sql, params![user, UserId::NOBODY])
    })
}

/// For an export: the authorship of the user `?1`, for compositions before the id `?2`.
pub const OF_USER: (&str, Order) = (
    concat!(
        "SELECT c.id AS id, json_object('composition_id', c.id, 'team_id', c.team_id, \
     'is_maker', json(iif(c.owner_id = ?1, 'true', 'false')), \
     'changes', json((SELECT json_group_array(json_object('version', version, 'change', change, \
     'changed_at', ",
        sql_time!("changed_at"),
        ")) FROM composition_versions v WHERE v.composition_id = c.id AND v.changed_by = ?1)), \
     'share_links', json((SELECT json_group_array(json_object('id', id, 'created_at', ",
        sql_time!("created_at"),
        ")) FROM share_links s WHERE s.composition_id = c.id AND s.created_by = ?1))) AS document \
     FROM (SELECT id FROM compositions WHERE owner_id = ?1 AND id < ?2 \
     UNION SELECT composition_id FROM composition_versions \
     WHERE changed_by = ?1 AND composition_id < ?2 \
     UNION SELECT composition_id FROM share_links WHERE created_by = ?1 AND composition_id < ?2) n \
     JOIN compositions c ON c.id = n.id"
    ),
    Order::Descending,
);
