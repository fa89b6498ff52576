//! The plan of an import: which entries are new, changed or removed. Players are matched by name and keep
//! their ids; the same file again changes nothing.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use serde::Deserialize;
use serde_json::{Value, json};

use crate::http::body::Body as _;
use crate::http::problem::FieldError;

use super::model::{Draft, PlayerInput, Unknown};

/// How a file applies to the roster.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// Players that are new.
    Add,
    /// The whole roster.
    Replace,
}

#[derive(Debug, Deserialize)]
pub struct Existing {
    pub id: String,
    pub version: i64,
    /// When it was made, RFC 3339.
    pub created_at: String,
    pub input: PlayerInput,
    /// The former member that it belonged to, if they left the team.
    pub former_user_id: Option<String>,
}

/// The plan. An entry that changes is deleted and inserted again.
#[derive(Debug, Default)]
pub struct Plan {
    /// Entries to insert, with the entries that they replace.
    pub put: Vec<(PlayerInput, Option<Existing>)>,
    /// Entries to delete: id and version.
    pub gone: Vec<(String, i64)>,
    added: usize,
    updated: usize,
}

impl Plan {
    /// The number of entries afterwards, when there are `players` before.
    pub fn size_after(&self, players: usize) -> usize {
        (players + self.added).saturating_sub(self.gone.len())
    }

    pub fn summary(&self) -> Value {
        json!({ "added": self.added, "updated": self.updated, "removed": self.gone.len() })
    }
}

/// The drafts of a JSON body, whose mistakes the schema has found.
pub fn read_json(body: &mut Value, errors: &mut Vec<FieldError>) -> Vec<Draft> {
    let players = body.get_mut("players").and_then(Value::as_array_mut);
    let players = players.into_iter().flatten();
    let read = |(index, value): (usize, &mut Value)| {
        let input = PlayerInput::read(value.take());
        Draft::of(input, format!("/players/{index}"), errors)
    };
    players.enumerate().map(read).collect()
}

/// Compares `drafts` with entries in the order of their ids: all to replace, those that drafts name to add.
pub fn plan(
    mode: Mode,
    drafts: Vec<Draft>,
    existing: Vec<Existing>,
    unknown: &Unknown,
    errors: &mut Vec<FieldError>,
) -> Plan {
    let mut members: BTreeSet<String> = BTreeSet::new();
    let mut by_name: BTreeMap<String, VecDeque<Existing>> = BTreeMap::new();
    for entry in existing {
        if mode == Mode::Add {
            members.extend(entry.input.user_id.clone());
        }
        by_name
            .entry(entry.input.name.clone())
            .or_default()
            .push_back(entry);
    }
    let mut names = BTreeSet::new();
    let mut plan = Plan::default();
    for draft in drafts {
        let known = by_name.get_mut(&draft.input.name);
        let was = match mode {
            Mode::Replace => known.and_then(VecDeque::pop_front),
            Mode::Add => {
                let is_known = known.is_some();
                if is_known || !names.insert(draft.input.name.clone()) {
                    let place = if is_known { "roster" } else { "file" };
                    errors.push(FieldError::new(
                        format!("{}/name", draft.pointer),
                        "name_taken",
                        format!("The {place} has a player of this name already. To change players, import the whole roster with mode=replace."),
                    ));
                }
                None
            }
        };
        let had = was.as_ref().map_or(&[][..], |was| &was.input.builds);
        draft.check(unknown, had, errors);
        if let Some(user) = &draft.input.user_id
            && !members.insert(user.clone())
        {
            errors.push(FieldError::new(
                format!("{}/user_id", draft.pointer),
                "member_has_player",
                "Another player is this member already: each has one entry.",
            ));
        }
        match &was {
            None => plan.added += 1,
            Some(was) if was.input == draft.input => continue,
            Some(_) => plan.updated += 1,
        }
        plan.put.push((draft.input, was));
    }
    if mode == Mode::Replace {
        let rest = by_name.into_values().flatten();
        plan.gone = rest.map(|entry| (entry.id, entry.version)).collect();
    }
    plan
}
