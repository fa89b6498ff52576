//! The functions of a squad and the score of each specialization in them, from 0 to 3. Targets are those
//! of World vs World. `scores` applies a team's edits.

use serde::Serialize;

use crate::game::model::specialization_by_id;

include!(concat!(env!("OUT_DIR"), "/functions.rs"));

/// The best that a specialization can be at something.
pub const SCORE_MAX: u8 = 3;
/// Squad targets are for this many players.
const TARGET_PLAYERS: u16 = 30;
/// Players of a subgroup, as it is advised.
const SUBGROUP: u16 = 5;

pub type Scores = [u8; FUNCTION_COUNT];

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum FunctionKind {
    /// Allies: five at most, the own subgroup first.
    Party,
    /// The whole squad, wherever its source stands.
    Squad,
}

#[derive(Debug, Serialize)]
pub struct Function {
    /// Stable id, `snake_case`.
    pub id: &'static str,
    pub name: &'static str,
    pub kind: FunctionKind,
    /// The sum of scores that is enough: in each subgroup, or in a squad of [`TARGET_PLAYERS`].
    pub target: Option<u16>,
    /// How much it matters, from 1 to 10; 0 without a target.
    pub weight: u16,
    pub about: &'static str,
}

impl Function {
    /// The sum that is enough in a squad planned for this many players.
    pub fn target_for_squad(&self, players: usize) -> Option<u16> {
        let target = self.target?;
        let players = u16::try_from(players).unwrap_or(u16::MAX);
        Some(match self.kind {
            FunctionKind::Party => target.saturating_mul(players.div_ceil(SUBGROUP)),
            FunctionKind::Squad => target.saturating_mul(players).div_ceil(TARGET_PLAYERS),
        })
    }
}

/// How well a default score is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub enum Confidence {
    /// Seen in the game's data or in what guilds play.
    A,
    /// Known from playing.
    B,
    /// A guess to be checked.
    C,
}

/// The default scores of one specialization.
#[derive(Debug)]
pub struct Default {
    pub specialization: u8,
    pub confidence: Confidence,
    /// The weapon type that the game gives to this specialization alone.
    pub weapon: Option<u16>,
    pub scores: Scores,
}

/// The place of the function with this id in [`FUNCTIONS`].
pub fn function_index(id: &str) -> Option<usize> {
    FUNCTION_IDS.iter().position(|known| *known == id)
}

/// The default scores of a specialization; core ones have none.
pub fn defaults_of(specialization: u8) -> Option<&'static Default> {
    let found = DEFAULTS.binary_search_by_key(&specialization, |row| row.specialization);
    DEFAULTS.get(found.ok()?)
}

/// The elite specialization that a profession needs to wield this weapon, if there is one. Chat codes
/// name no hand: the dagger of Soulbeasts is left out, since every Ranger wields one in the off hand.
pub fn gate_of(profession: &str, weapon: u16) -> Option<u8> {
    let is_gate = |row: &&Default| {
        row.weapon == Some(weapon)
            && specialization_by_id(row.specialization)
                .is_some_and(|known| known.profession == profession)
    };
    DEFAULTS.iter().find(is_gate).map(|row| row.specialization)
}

/// The name of a specialization, for people.
pub fn name_of(specialization: u8) -> &'static str {
    specialization_by_id(specialization).map_or("?", |known| known.name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_table_says() {
        assert_eq!(FUNCTIONS.len(), 23);
        assert_eq!(FUNCTIONS[STABILITY].id, "stability");
        let firebrand = defaults_of(62).expect("Firebrand has scores");
        assert_eq!(firebrand.scores[STABILITY], 3);
        assert!(defaults_of(46).is_none(), "Virtues is a core one");
        for function in FUNCTIONS {
            let is_free = ["alacrity", "roam"].contains(&function.id);
            assert_eq!(function.target.is_none(), is_free, "{}", function.id);
        }
    }

    #[test]
    fn targets_are_for_the_planned_size() {
        let strip = &FUNCTIONS[function_index("strip").expect("strip")];
        for (players, expected) in [(0, 0), (1, 1), (5, 2), (15, 6), (30, 12), (50, 20)] {
            assert_eq!(strip.target_for_squad(players), Some(expected), "{players}");
        }
        let stability = &FUNCTIONS[STABILITY];
        for (players, expected) in [(5, 3), (15, 9), (30, 18), (50, 30)] {
            assert_eq!(stability.target_for_squad(players), Some(expected));
        }
    }

    #[test]
    fn weapons_of_elite_specializations() {
        for (profession, weapon, expected) in [
            ("Guardian", 35, Some(27)),
            ("Guardian", 5, Some(62)),
            ("Ranger", 35, None),
            ("Thief", 89, Some(7)),
            ("Ranger", 89, Some(5)),
            ("Guardian", 90, None),
            // Off hand: every Ranger's.
            ("Ranger", 47, None),
            // In both hands the Spellbreaker's alone.
            ("Warrior", 47, Some(61)),
            ("Mesmer", 47, Some(66)),
            ("Nobody", 89, None),
        ] {
            let found = gate_of(profession, weapon);
            assert_eq!(found, expected, "{profession} {weapon}");
        }
    }
}
