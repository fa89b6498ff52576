//! Validates the body that makes or changes a composition, across members. All mistakes are reported at
//! once. What passes has at most 50 slots, only builds that the writer may see, and each player of the
//! roster at most once. `schemas` checks single members.

use std::collections::{HashMap, HashSet};

use serde_json::Value;

use crate::builds::model::{Visibility, tidy_tags};
use crate::game::model::specialization_by_id;
use crate::http::body::Body;
use crate::http::problem::{FieldError, Problem, has_mistake};
use crate::ids::TeamId;
use crate::squads::presets;

use super::model::{Composition, Slot, Subgroup};
use super::schemas::{MAX_PLAYERS, NewComposition, NewSlot, NewSubgroup};

/// What is played with a build.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Played {
    /// Its elite specialization, or the last of its core ones.
    pub specialization: Option<u8>,
    /// The API's id.
    pub profession: Option<String>,
}

/// What the ids in a body stand for.
#[derive(Debug, Default)]
pub struct KnownIds {
    /// Builds that the writer may see, or that the composition had.
    pub builds: HashMap<String, Played>,
    /// Players of the team's roster, or that the composition had.
    pub players: HashSet<String>,
}

impl KnownIds {
    /// What the composition has already is kept, even if it has been deleted or hidden since.
    pub fn add(&mut self, composition: &Composition) {
        for slot in composition.slots() {
            if let Some(build) = &slot.build_id {
                let played = Played {
                    specialization: slot.specialization,
                    profession: slot.profession.clone(),
                };
                self.builds.entry(build.clone()).or_insert(played);
            }
            self.players.extend(slot.player_id.clone());
        }
    }
}

/// All texts of this member in the places of a body.
pub fn named<'g>(given: &'g NewComposition, member: &str) -> Vec<&'g str> {
    let subgroups = given.subgroups.as_ref().and_then(Value::as_array);
    let subgroups = subgroups.into_iter().flatten();
    let slots = subgroups.filter_map(|subgroup| subgroup["slots"].as_array());
    let named = slots.flatten().filter_map(|slot| slot[member].as_str());
    named.take(MAX_PLAYERS).collect()
}

/// The composition of a body with these `errors`, without id, owner and times. The writer plans for `team`.
pub fn read(
    mut given: NewComposition,
    team: Option<TeamId>,
    known: &KnownIds,
    mut errors: Vec<FieldError>,
) -> Result<Composition, Problem> {
    let has_team = given.team_id.is_some() || has_mistake(&errors, "/team_id");
    let usual = [Visibility::Private, Visibility::Team][usize::from(has_team)];
    let visibility = given.visibility.unwrap_or(usual);
    match (visibility, has_team) {
        (Visibility::Team, false) => {
            let detail = "Visibility team needs the team.";
            errors.push(FieldError::new("/team_id", "required", detail));
        }
        (Visibility::Private, true) => errors.push(FieldError::new(
            "/visibility",
            "conflicting_fields",
            "A team sees its compositions: use team, unlisted or public, or no team_id.",
        )),
        _ => {}
    }
    tidy_tags(&mut given.tags, &mut errors);
    let preset = given.preset.as_deref().and_then(presets::find);
    let subgroups = match (given.subgroups, preset) {
        (None, Some(preset)) => laid_out(preset),
        (subgroups, _) => read_subgroups(subgroups.unwrap_or_default(), known, &mut errors),
    };
    if !errors.is_empty() {
        return Err(Problem::invalid(errors));
    }
    let slots = || subgroups.iter().flat_map(|subgroup| &subgroup.slots);
    Ok(Composition {
        id: String::new(),
        owner_id: String::new(),
        team_id: team.map(|team| team.to_string()),
        name: given.name,
        mode: given.mode,
        preset: preset.map(|preset| preset.id.to_owned()),
        visibility,
        is_template: given.is_template,
        notes: given.notes,
        tags: given.tags,
        player_count: slots().filter(|slot| !slot.is_open()).count(),
        subgroups,
        updated_by: String::new(),
        created_at: String::new(),
        updated_at: String::new(),
    })
}

/// Open places with the roles of a preset.
fn laid_out(preset: &presets::Preset) -> Vec<Subgroup> {
    let slot = |role: &str| Slot {
        role: Some(role.to_owned()),
        ..Slot::default()
    };
    let subgroups = preset.subgroups().into_iter();
    subgroups
        .map(|roles| Subgroup {
            name: String::new(),
            slots: roles.into_iter().map(slot).collect(),
        })
        .collect()
}

fn read_subgroups(given: Value, known: &KnownIds, errors: &mut Vec<FieldError>) -> Vec<Subgroup> {
    let subgroups: Vec<NewSubgroup> = match given {
        Value::Array(items) => items.into_iter().map(NewSubgroup::read).collect(),
        _ => Vec::new(),
    };
    let places: usize = subgroups.iter().map(|subgroup| subgroup.slots.len()).sum();
    if places > MAX_PLAYERS {
        errors.push(FieldError::new(
            "/subgroups",
            "too_many_players",
            format!("A squad has 50 places at most; these are {places}."),
        ));
        return Vec::new();
    }
    let mut seen = HashSet::new();
    let mut read = Vec::with_capacity(subgroups.len());
    for (index, subgroup) in subgroups.into_iter().enumerate() {
        let slots = subgroup.slots.into_iter().enumerate().map(|(place, slot)| {
            let pointer = format!("/subgroups/{index}/slots/{place}");
            read_slot(NewSlot::read(slot), &pointer, known, &mut seen, errors)
        });
        read.push(Subgroup {
            slots: slots.collect(),
            name: subgroup.name,
        });
    }
    read
}

fn read_slot(
    slot: NewSlot,
    pointer: &str,
    known: &KnownIds,
    seen: &mut HashSet<String>,
    errors: &mut Vec<FieldError>,
) -> Slot {
    let mut refuse = |member: &str, code, detail: &'static str| {
        let pointer = format!("{pointer}/{member}");
        // What the schema rejects is reported once.
        if !has_mistake(errors, &pointer) {
            errors.push(FieldError::new(pointer, code, detail));
        }
    };
    if let Some(id) = &slot.player_id {
        if !known.players.contains(id) {
            refuse(
                "player_id",
                "unknown_player",
                "Use the id of a player of the team's roster.",
            );
        } else if !seen.insert(id.clone()) {
            refuse(
                "player_id",
                "duplicate_player",
                "This player has a place already: nobody stands in two.",
            );
        }
    }
    let given = slot.specialization.and_then(|id| u8::try_from(id).ok());
    let mut shown = Played::default();
    match (&slot.build_id, given) {
        (Some(_), Some(_)) => refuse(
            "specialization",
            "conflicting_fields",
            "The build says what is played: send one of the two.",
        ),
        (Some(id), None) => match known.builds.get(id) {
            Some(found) => shown = found.clone(),
            None => refuse(
                "build_id",
                "unknown_build",
                "Use the id of a build that you may see.",
            ),
        },
        (None, Some(id)) => match specialization_by_id(id) {
            Some(found) => {
                shown.specialization = Some(id);
                shown.profession = Some(found.profession.to_owned());
            }
            None => refuse(
                "specialization",
                "unknown_specialization",
                "Use an id of GET /api/v1/game/specializations.",
            ),
        },
        (None, None) => {}
    }
    Slot {
        player: slot.player,
        player_id: slot.player_id,
        build_id: slot.build_id,
        specialization: shown.specialization,
        profession: shown.profession,
        role: slot.role,
        note: slot.note,
    }
}
