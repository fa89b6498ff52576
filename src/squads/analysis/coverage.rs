//! Adding up: what subgroups and squad have, who is there for what, and what each player adds.
//! Promises that the sums of the subgroups and of the squad are the sum of what the players add.
//! Leaves what to make of it to `lacks` and `warnings`.

use crate::game::model::ROLES;
use crate::squads::compositions::model::{Composition, Slot};
use crate::squads::functions::model::{FUNCTION_COUNT, FUNCTIONS, Kind, Scores, name_of};
use crate::squads::functions::scores::Edits;

use crate::squads::presets;

use super::model::{Coverage, PlayerAdds, RoleCount, Roles, SubgroupCoverage};

/// The word for players without a role.
pub const NO_ROLE: &str = "none";
/// Who is not with the squad, and so needs nothing of a subgroup.
const AWAY: [&str; 2] = ["roamer", "scout"];

/// A player: a place that is not open.
#[derive(Debug)]
pub struct Counted {
    /// The number of the subgroup, from 0.
    pub group: usize,
    /// The number of the place in it, from 0.
    pub place: usize,
    /// What they play.
    pub specialization: Option<u8>,
    scores: Scores,
}

/// The scores of some players, added up.
#[derive(Debug, Clone, Copy, Default)]
pub struct Sums {
    /// How many they are.
    pub players: usize,
    /// How many of them are with the squad.
    pub present: usize,
    totals: [u16; FUNCTION_COUNT],
    greatest: Scores,
    sources: [u8; FUNCTION_COUNT],
}

impl Sums {
    fn add(&mut self, scores: &Scores, is_present: bool) {
        self.players += 1;
        self.present += usize::from(is_present);
        for (function, score) in scores.iter().enumerate() {
            self.totals[function] += u16::from(*score);
            self.greatest[function] = self.greatest[function].max(*score);
            self.sources[function] += u8::from(*score > 0);
        }
    }

    /// The sum of a function.
    pub const fn sum(&self, function: usize) -> u16 {
        self.totals[function]
    }

    /// The row of a function; `players` is how many the target is for.
    fn coverage(&self, function: usize, players: usize, is_subgroup: bool) -> Coverage {
        let sum = self.totals[function];
        let target = FUNCTIONS[function].target_for(players);
        let others = sum - u16::from(self.greatest[function]);
        Coverage {
            function: FUNCTIONS[function].id,
            sum,
            target,
            covered: target.map(|target| covered(sum, target)),
            of_the_other_four: is_subgroup.then_some(others),
        }
    }
}

/// Percent of the target, rounded down, 100 at most.
pub fn covered(sum: u16, target: u16) -> u16 {
    let percent = u32::from(sum.min(target)) * 100;
    // At most 100.
    u16::try_from(percent.checked_div(u32::from(target)).unwrap_or(100)).unwrap_or(100)
}

/// A composition, added up.
#[derive(Debug)]
pub struct Tally {
    /// Who is in it, in the order of the places.
    pub players: Vec<Counted>,
    /// The subgroups.
    pub subgroups: Vec<Sums>,
    /// All players together.
    pub squad: Sums,
}

impl Tally {
    /// Adds up.
    pub fn of(plan: &Composition, edits: &Edits) -> Self {
        let mut tally = Self {
            players: Vec::with_capacity(64),
            subgroups: vec![Sums::default(); plan.subgroups.len()],
            squad: Sums::default(),
        };
        for (group, place, slot) in places(plan).filter(|(_, _, slot)| !slot.is_open()) {
            let scores = slot.specialization.map(|id| edits.scores_of(id));
            let scores = scores.unwrap_or([0; FUNCTION_COUNT]);
            let is_present = !slot
                .role
                .as_deref()
                .is_some_and(|role| AWAY.contains(&role));
            tally.subgroups[group].add(&scores, is_present);
            tally.squad.add(&scores, is_present);
            tally.players.push(Counted {
                group,
                place,
                specialization: slot.specialization,
                scores,
            });
        }
        tally
    }
}

/// All places with the numbers of their subgroup and of themselves, from 0.
pub fn places(plan: &Composition) -> impl Iterator<Item = (usize, usize, &Slot)> {
    let subgroups = plan.subgroups.iter().enumerate();
    subgroups.flat_map(|(group, subgroup)| {
        let slots = subgroup.slots.iter().enumerate();
        slots.map(move |(place, slot)| (group, place, slot))
    })
}

/// The functions of a kind, by their places in the table.
pub fn of_kind(kind: Kind) -> impl Iterator<Item = usize> {
    (0..FUNCTION_COUNT).filter(move |function| FUNCTIONS[*function].kind == kind)
}

/// What the subgroups have.
pub fn subgroups<'a>(plan: &'a Composition, tally: &Tally) -> Vec<SubgroupCoverage<'a>> {
    let both = plan.subgroups.iter().zip(&tally.subgroups).enumerate();
    both.map(|(index, (subgroup, sums))| SubgroupCoverage {
        subgroup: index + 1,
        name: &subgroup.name,
        player_count: sums.players,
        coverage: of_kind(Kind::Party)
            .map(|function| sums.coverage(function, sums.players, true))
            .collect(),
    })
    .collect()
}

/// What the squad has.
pub fn squad(tally: &Tally) -> Vec<Coverage> {
    let players = tally.squad.players;
    of_kind(Kind::Squad)
        .map(|function| tally.squad.coverage(function, players, false))
        .collect()
}

/// What each player adds.
pub fn players<'a>(plan: &'a Composition, tally: &Tally) -> Vec<PlayerAdds<'a>> {
    let adds = |player: &Counted| {
        let slot = &plan.subgroups[player.group].slots[player.place];
        let brings = |function: &usize| player.scores[*function] > 0;
        let is_only_source = |function: &usize| {
            let among = match FUNCTIONS[*function].kind {
                Kind::Party => &tally.subgroups[player.group],
                Kind::Squad => &tally.squad,
            };
            among.sources[*function] == 1
        };
        PlayerAdds {
            pointer: pointer(player.group, player.place),
            subgroup: player.group + 1,
            player: slot.player.as_deref(),
            player_id: slot.player_id.as_deref(),
            specialization: player.specialization,
            name: player.specialization.map(name_of),
            role: slot.role.as_deref(),
            adds: player.scores,
            only_source_of: (0..FUNCTION_COUNT)
                .filter(brings)
                .filter(is_only_source)
                .map(|function| FUNCTIONS[function].id)
                .collect(),
        }
    };
    tally.players.iter().map(adds).collect()
}

/// The JSON Pointer of a place.
pub fn pointer(group: usize, place: usize) -> String {
    format!("/subgroups/{group}/slots/{place}")
}

/// Who is there for what.
pub fn roles(plan: &Composition) -> Roles {
    let preset = plan.preset.as_deref().and_then(presets::find);
    let words = ROLES.iter().map(|role| role.id).chain([NO_ROLE]);
    let mut counts: Vec<RoleCount> = words
        .map(|role| {
            let targets = preset.map_or(&[][..], |preset| preset.targets);
            let asked = targets.iter().find(|(id, count)| *id == role && *count > 0);
            RoleCount {
                role,
                have: 0,
                open: 0,
                target: asked.map(|(_, number)| u16::from(*number)),
                missing: 0,
            }
        })
        .collect();
    for (_, _, slot) in places(plan) {
        let role = slot.role.as_deref();
        let place = counts.iter().position(|count| Some(count.role) == role);
        match place.or(counts.len().checked_sub(1)) {
            Some(place) if slot.is_open() => counts[place].open += 1,
            Some(place) => counts[place].have += 1,
            None => {}
        }
    }
    for count in &mut counts {
        count.missing = count.target.unwrap_or(0).saturating_sub(count.have);
    }
    counts.retain(|count| count.have > 0 || count.open > 0 || count.target.is_some());
    Roles {
        preset: preset.map(|preset| preset.id),
        counts,
    }
}
