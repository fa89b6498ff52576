//! A comparison as a value: the response, and how players are matched. Each player of both compositions
//! is reported at most once: as added, removed, or the same. `analysis::coverage` computes the sums;
//! `schemas` describes the members.

use serde::Serialize;

use crate::squads::analysis::coverage::{self, CoverageTally, places};
use crate::squads::analysis::model::{Coverage, RoleCount};
use crate::squads::compositions::model::{Composition, MEMBERS, Slot};
use crate::squads::functions::model::name_of;
use crate::squads::functions::scores::Edits;
use crate::squads::presets;

#[derive(Debug, Serialize)]
pub struct Comparison<'a> {
    pub base: Side<'a>,
    pub other: Side<'a>,
    pub changed: Vec<&'static str>,
    pub subgroups: Vec<SubgroupChange>,
    pub squad: Vec<CoverageChange>,
    pub roles: Vec<RoleChange>,
    pub players: Players<'a>,
}

#[derive(Debug, Serialize)]
pub struct Side<'a> {
    pub composition_id: &'a str,
    pub name: &'a str,
    pub player_count: usize,
}

#[derive(Debug, Serialize)]
pub struct SubgroupChange {
    pub subgroup: usize,
    pub coverage: Vec<CoverageChange>,
}

#[derive(Debug, PartialEq, Eq, Serialize)]
pub struct CoverageChange {
    pub function: &'static str,
    pub base: Option<Coverage>,
    pub other: Option<Coverage>,
    pub change: i32,
}

#[derive(Debug, PartialEq, Eq, Serialize)]
pub struct RoleChange {
    pub role: &'static str,
    pub base: u16,
    pub other: u16,
    pub change: i32,
}

#[derive(Debug, Default, Serialize)]
pub struct Players<'a> {
    pub added: Vec<Placed<'a>>,
    pub removed: Vec<Placed<'a>>,
    pub moved: Vec<Pair<'a>>,
    pub changed: Vec<Pair<'a>>,
}

#[derive(Debug, Clone, Serialize)]
pub struct Pair<'a> {
    pub base: Placed<'a>,
    pub other: Placed<'a>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Placed<'a> {
    pub subgroup: usize,
    pub slot: usize,
    pub player: Option<&'a str>,
    pub player_id: Option<&'a str>,
    pub build_id: Option<&'a str>,
    pub specialization: Option<u8>,
    pub name: Option<&'static str>,
    pub role: Option<&'a str>,
}

impl<'a> Placed<'a> {
    fn of((group, place, slot): (usize, usize, &'a Slot)) -> Self {
        Self {
            subgroup: group + 1,
            slot: place + 1,
            player: slot.player.as_deref(),
            player_id: slot.player_id.as_deref(),
            build_id: slot.build_id.as_deref(),
            specialization: slot.specialization,
            name: slot.specialization.map(name_of),
            role: slot.role.as_deref(),
        }
    }

    /// Identifies a player across both compositions.
    fn key(&self) -> Key<'a> {
        let name = self.player.map(str::trim).filter(|name| !name.is_empty());
        match (self.player_id, name) {
            (Some(id), name) => Key::Roster(id, name.map(str::to_lowercase)),
            (None, Some(name)) => Key::Name(name.to_lowercase()),
            // A slot without a player is identified by what is played in it.
            _ => Key::Nobody(self.build_id, self.specialization),
        }
    }

    const fn plays(&self) -> (Option<&'a str>, Option<u8>, Option<&'a str>) {
        (self.build_id, self.specialization, self.role)
    }
}

#[derive(PartialEq, Eq)]
enum Key<'a> {
    Roster(&'a str, Option<String>),
    Name(String),
    Nobody(Option<&'a str>, Option<u8>),
}

impl Key<'_> {
    /// Whether both are the same: surely, or because the roster knows one by the name that is all
    /// there is of the other.
    fn is(&self, other: &Self, surely: bool) -> bool {
        match (self, other) {
            (Key::Roster(one, _), Key::Roster(another, _)) => surely && one == another,
            (Key::Roster(_, known), Key::Name(name)) | (Key::Name(name), Key::Roster(_, known)) => {
                !surely && known.as_ref() == Some(name)
            }
            _ => surely && self == other,
        }
    }
}

/// How a player is found again: surely, and in the same subgroup. The best comes first.
const WAYS: [(bool, bool); 4] = [(true, true), (true, false), (false, true), (false, false)];

pub fn compare<'a>(base: &'a Composition, other: &'a Composition, edits: &Edits) -> Comparison<'a> {
    let tallies = [base, other].map(|plan| CoverageTally::of(plan, edits));
    let subgroups =
        [(base, 0), (other, 1)].map(|(plan, at)| coverage::subgroups(plan, &tallies[at]));
    let count = subgroups[0].len().max(subgroups[1].len());
    let subgroups = (0..count).map(|index| {
        let rows = |side: usize| {
            let subgroup = subgroups[side].get(index);
            subgroup.map_or(&[][..], |it| &it.coverage)
        };
        SubgroupChange {
            subgroup: index + 1,
            coverage: changes(rows(0), rows(1)),
        }
    });
    let squad = |plan: &Composition, tally: &CoverageTally| {
        coverage::squad(tally, presets::size_of(plan.preset.as_deref(), &plan.mode))
    };
    let side = |plan: &'a Composition, tally: &CoverageTally| Side {
        composition_id: &plan.id,
        name: &plan.name,
        player_count: tally.players.len(),
    };
    let [before, after] = [base, other].map(|plan| coverage::roles(plan).counts);
    Comparison {
        base: side(base, &tallies[0]),
        other: side(other, &tallies[1]),
        changed: changed(base, other),
        subgroups: subgroups.collect(),
        squad: changes(&squad(base, &tallies[0]), &squad(other, &tallies[1])),
        roles: role_changes(&before, &after),
        players: players(base, other),
    }
}

/// In the order of [`MEMBERS`].
fn changed(base: &Composition, other: &Composition) -> Vec<&'static str> {
    let differs = [
        base.name != other.name,
        base.mode != other.mode,
        base.preset != other.preset,
        base.visibility != other.visibility,
        base.is_template != other.is_template,
        base.notes != other.notes,
        base.tags != other.tags,
        base.subgroups != other.subgroups,
    ];
    let members = MEMBERS.into_iter().zip(differs);
    let changed = members.filter_map(|(name, differs)| differs.then_some(name));
    changed.collect()
}

fn difference(base: u16, other: u16) -> i32 {
    i32::from(other) - i32::from(base)
}

/// The rows with other numbers. Both have the same functions in the same order, or are empty.
fn changes(base: &[Coverage], other: &[Coverage]) -> Vec<CoverageChange> {
    let count = base.len().max(other.len());
    let rows = (0..count).map(|index| (base.get(index), other.get(index)));
    rows.filter(|(base, other)| {
        // A missing row and an empty one are equal.
        let numbers = |row: Option<&Coverage>| {
            row.map_or((0, 0, 0, 0, 0), |row| {
                let others = row.from_others.as_ref();
                let (least, players) = others.map_or((0, 0), |it| (it.least, it.players));
                let subgroups = row.subgroups.as_ref().map_or(0, |it| it.covered);
                (row.sum, row.covered.unwrap_or(0), least, players, subgroups)
            })
        };
        numbers(*base) != numbers(*other)
    })
    .map(|(base, other)| {
        let sum = |row: Option<&Coverage>| row.map_or(0, |row| row.sum);
        CoverageChange {
            function: base.or(other).map_or("", |row| row.function),
            change: difference(sum(base), sum(other)),
            base: base.cloned(),
            other: other.cloned(),
        }
    })
    .collect()
}

fn role_changes(base: &[RoleCount], other: &[RoleCount]) -> Vec<RoleChange> {
    let have = |counts: &[RoleCount], role: &str| {
        let found = counts.iter().find(|count| count.role == role);
        found.map_or(0, |count| count.have)
    };
    let mut found: Vec<RoleChange> = Vec::new();
    for RoleCount { role, .. } in base.iter().chain(other) {
        let (before, after) = (have(base, role), have(other, role));
        if before != after && found.iter().all(|known| known.role != *role) {
            found.push(RoleChange {
                role,
                base: before,
                other: after,
                change: difference(before, after),
            });
        }
    }
    found
}

fn placed(plan: &Composition) -> Vec<(Placed<'_>, Key<'_>)> {
    let slots = places(plan).filter(|(_, _, slot)| !slot.is_open());
    let placed = slots.map(Placed::of);
    placed.map(|placed| (placed, placed.key())).collect()
}

/// Finds each player of the base in the other.
fn players<'a>(base: &'a Composition, other: &'a Composition) -> Players<'a> {
    let (from, to) = (placed(base), placed(other));
    let mut is_taken = vec![false; to.len()];
    let mut partners = vec![None; from.len()];
    for (surely, same_subgroup) in WAYS {
        for (partner, (before, key)) in partners.iter_mut().zip(&from) {
            if partner.is_some() {
                continue;
            }
            let is_partner = |(index, (after, other_key)): &(usize, &(Placed<'_>, Key<'_>))| {
                !is_taken[*index]
                    && key.is(other_key, surely)
                    && (!same_subgroup || before.subgroup == after.subgroup)
            };
            let found = to.iter().enumerate().find(is_partner);
            *partner = found.map(|(index, _)| index);
            if let Some(index) = *partner {
                is_taken[index] = true;
            }
        }
    }
    let mut players = Players::default();
    for (partner, (before, _)) in partners.iter().zip(&from) {
        let Some(index) = partner else {
            players.removed.push(*before);
            continue;
        };
        let pair = Pair {
            base: *before,
            other: to[*index].0,
        };
        if pair.base.plays() != pair.other.plays() {
            players.changed.push(pair.clone());
        }
        if pair.base.subgroup != pair.other.subgroup {
            players.moved.push(pair);
        }
    }
    let left = to.iter().zip(&is_taken).filter(|(_, is_taken)| !**is_taken);
    players.added.extend(left.map(|((placed, _), _)| *placed));
    players
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::squads::analysis::tests::plan;

    fn slot(name: &'static str, specialization: u8) -> Slot {
        Slot {
            player: (!name.is_empty()).then(|| name.into()),
            specialization: Some(specialization),
            ..Slot::default()
        }
    }

    fn known(name: &'static str, id: &'static str) -> Slot {
        Slot {
            player_id: Some(id.into()),
            ..slot(name, 62)
        }
    }

    fn names(placed: &[Placed<'_>]) -> Vec<String> {
        let name =
            |it: &Placed<'_>| format!("{} {}.{}", it.player.unwrap_or("-"), it.subgroup, it.slot);
        placed.iter().map(name).collect()
    }

    fn pairs(pairs: &[Pair<'_>]) -> Vec<String> {
        let pair = |it: &Pair<'_>| names(&[it.base, it.other]).join(" > ");
        pairs.iter().map(pair).collect()
    }

    #[test]
    fn a_composition_does_not_differ_from_itself() {
        let (anna, reaper) = (slot("Anna", 62), slot("", 34));
        let plan = plan(vec![vec![anna, reaper.clone()], vec![reaper]]);
        let found = compare(&plan, &plan, &Edits::default());
        assert!(found.subgroups.iter().all(|it| it.coverage.is_empty()));
        assert!(found.squad.is_empty() && found.roles.is_empty());
        assert!(found.changed.is_empty());
        let players = serde_json::to_value(&found.players).expect("JSON");
        let none = json!({ "added": [], "removed": [], "moved": [], "changed": [] });
        assert_eq!(players, none);
    }

    #[test]
    fn players_are_found_again() {
        let base = plan(vec![
            vec![slot("Anna", 62), slot("Ben", 34), slot("", 34)],
            vec![slot("Cleo", 5), slot("", 60)],
        ]);
        let mut with_role = slot("Cleo", 5);
        with_role.role = Some("strip".into());
        let other = plan(vec![
            vec![slot(" ANNA", 81), slot("", 34), slot("Dora", 62)],
            vec![with_role, slot("", 60), slot("", 60)],
            vec![slot("ben", 34)],
        ]);
        let found = compare(&base, &other, &Edits::default());
        assert_eq!(names(&found.players.added), ["Dora 1.3", "- 2.3"]);
        assert!(found.players.removed.is_empty());
        assert_eq!(pairs(&found.players.moved), ["Ben 1.2 > ben 3.1"]);
        let changed = ["Anna 1.1 >  ANNA 1.1", "Cleo 2.1 > Cleo 2.1"];
        assert_eq!(pairs(&found.players.changed), changed);
        assert_eq!(found.subgroups.len(), 3);
        let roles: Vec<_> = found.roles.iter().map(|it| (it.role, it.change)).collect();
        assert_eq!(roles, [("none", 1), ("strip", 1)]);
    }

    #[test]
    fn the_other_way_round_is_the_opposite() {
        let base = plan(vec![vec![slot("Anna", 62), slot("Ben", 61)]]);
        let other = plan(vec![vec![slot("Ben", 61)], vec![slot("Eve", 5)]]);
        let there = compare(&base, &other, &Edits::default());
        let back = compare(&other, &base, &Edits::default());
        let rows = |it: &Comparison<'_>, sign: i32| {
            let subgroups = it.subgroups.iter().flat_map(|it| &it.coverage);
            let rows = subgroups.chain(&it.squad);
            let rows = rows.map(|row| (row.function, row.change * sign));
            rows.collect::<Vec<_>>()
        };
        assert_eq!(rows(&there, 1), rows(&back, -1));
        assert_eq!(names(&there.players.removed), names(&back.players.added));
        let stability = &there.subgroups[0].coverage[0];
        assert_eq!((stability.function, stability.change), ("stability", -3));
        let new = &there.subgroups[1].coverage[0];
        assert!(new.base.is_none() && new.other.is_some());
    }

    #[test]
    fn the_roster_knows_players_better_than_their_names() {
        let squad = |names: [(&'static str, &'static str); 2]| {
            plan(vec![names.map(|(name, id)| known(name, id)).to_vec()])
        };
        let base = squad([("Anna", "player_1"), ("Ben", "player_2")]);
        let other = squad([("Ben", "player_1"), ("Anna", "player_3")]);
        let found = compare(&base, &other, &Edits::default());
        assert_eq!(names(&found.players.removed), ["Ben 1.2"]);
        assert_eq!(names(&found.players.added), ["Anna 1.2"]);
        assert!(found.players.changed.is_empty() && found.players.moved.is_empty());
    }

    #[test]
    fn who_is_in_the_roster_is_found_by_name_where_only_that_is_written() {
        // Two of one name: who is surely the same goes first.
        let base = plan(vec![
            vec![slot("Anna", 34), known("Anna", "player_1")],
            vec![known("Ben", "player_2")],
        ]);
        let other = plan(vec![
            vec![slot(" ben ", 62), known("Anna", "player_1")],
            vec![known("ANNA", "player_3")],
        ]);
        for (base, other, back) in [(&base, &other, false), (&other, &base, true)] {
            let found = compare(base, other, &Edits::default());
            assert!(found.players.added.is_empty() && found.players.removed.is_empty());
            let moved = pairs(&found.players.moved);
            let expected = [
                ["Anna 1.1 > ANNA 2.1", "Ben 2.1 >  ben  1.1"],
                [" ben  1.1 > Ben 2.1", "ANNA 2.1 > Anna 1.1"],
            ];
            assert_eq!(moved, expected[usize::from(back)]);
        }
    }
}
