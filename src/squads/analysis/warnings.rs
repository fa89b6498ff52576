//! What looks wrong in a composition but is allowed. Each warning has a stable code, the slots and a
//! remedy. `shortfalls` reports what is missing.

use std::collections::BTreeSet;

use crate::squads::compositions::model::{Composition, Slot};
use crate::squads::functions::model::{STABILITY, gate_of, name_of};

use super::coverage::{CoverageTally, places, pointer};
use super::model::{BuildFacts, Facts, Warning};

/// Boons reach this many allies, the own subgroup first.
const ADVISED_SIZE: usize = 5;

fn warning(code: &'static str, pointers: Vec<String>, text: String) -> Warning {
    Warning {
        code,
        pointers,
        text,
    }
}

/// All warnings: first of subgroups, then of slots.
pub fn find(plan: &Composition, tally: &CoverageTally, facts: &Facts) -> Vec<Warning> {
    let mut found = Vec::new();
    for (index, (subgroup, sums)) in plan.subgroups.iter().zip(&tally.subgroups).enumerate() {
        let (number, players) = (index + 1, sums.players);
        let place = || vec![format!("/subgroups/{index}")];
        if players > ADVISED_SIZE {
            found.push(warning(
                "subgroup_over_five",
                place(),
                format!("Subgroup {number} has {players} players. Boons reach five allies, so some of them go without: move the rest to another subgroup."),
            ));
        }
        if sums.present > 0 && sums.sum(STABILITY) == 0 {
            found.push(warning(
                "no_stability",
                place(),
                format!(
                    "Nobody in subgroup {number} gives stability: the first crowd control stops it."
                ),
            ));
        }
        let slots = subgroup.slots.iter().enumerate();
        let open = slots.filter(|(_, slot)| slot.is_open());
        let open: Vec<String> = open.map(|(place, _)| pointer(index, place)).collect();
        if !open.is_empty() {
            let text = match open.len() {
                1 => format!("Subgroup {number} has an open place."),
                count => format!("Subgroup {number} has {count} open places."),
            };
            found.push(warning("open_slots", open, text));
        }
    }
    duplicate_players(plan, facts, &mut found);
    for (group, place, slot) in places(plan) {
        builds(slot, &pointer(group, place), facts, &mut found);
    }
    found
}

/// Names that stand at several places, whatever their case: as they are written there, and as the
/// roster has them.
fn duplicate_players(plan: &Composition, facts: &Facts, found: &mut Vec<Warning>) {
    let mut names: Vec<(String, usize, usize, &str)> = places(plan)
        .flat_map(|(group, place, slot)| {
            let names = [slot.player.as_deref(), facts.roster_name(slot)];
            let names = names.into_iter().flatten().map(str::trim);
            names.map(move |name| (name.to_lowercase(), group, place, name))
        })
        .filter(|(name, ..)| !name.is_empty())
        .collect();
    names.sort_unstable();
    names.dedup_by(|a, b| (&a.0, a.1, a.2) == (&b.0, b.1, b.2));
    let groups = names.chunk_by(|a, b| a.0 == b.0);
    for same in groups.filter(|same| same.len() > 1) {
        let places = same
            .iter()
            .map(|(_, group, place, _)| pointer(*group, *place));
        found.push(warning(
            "duplicate_player",
            places.collect(),
            format!("{} stands at {} places.", same[0].3, same.len()),
        ));
    }
}

/// Warnings on the build of a slot.
fn builds(slot: &Slot, place: &str, facts: &Facts, found: &mut Vec<Warning>) {
    if slot.build_id.is_none() {
        return;
    }
    let place = || vec![format!("{place}/build_id")];
    let Some(build) = facts.build_of(slot) else {
        found.push(warning(
            "missing_build",
            place(),
            "The build of this place is gone, or you may not see it. Its scores are those of when it was put there.".to_owned(),
        ));
        return;
    };
    if let Some(since) = facts.balance_build {
        let (code, what) = match build.game_build {
            None => ("unknown_game_build", "may have been made"),
            Some(made_for) if made_for < since => ("stale_build", "was made"),
            Some(_) => ("", ""),
        };
        if !code.is_empty() {
            found.push(warning(
                code,
                place(),
                format!("This build {what} before the last change of balance (build {since} of the game): look it over, and set its game_build."),
            ));
        }
    }
    if let Some(text) = ungiven_weapons(build) {
        found.push(warning("weapon_gating", place(), text));
    }
}

/// Weapons that belong to an elite specialization which the build does not have.
fn ungiven_weapons(build: &BuildFacts) -> Option<String> {
    let weapons = build.weapons.iter().flatten();
    let gates: BTreeSet<u8> = weapons
        .filter_map(|weapon| gate_of(&build.profession, weapon.id))
        .filter(|gate| build.elite != Some(u16::from(*gate)))
        .collect();
    let names: Vec<&str> = gates.into_iter().map(name_of).collect();
    (!names.is_empty()).then(|| {
        format!(
            "This build wields the weapon of {}, which it is not. Accounts with Weaponmaster Training may.",
            names.join(" and ")
        )
    })
}
