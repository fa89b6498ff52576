//! Sums: what subgroups and the squad have, who contributes to what, and what each player adds. The sums
//! of the subgroups and of the squad equal the sums of the players' contributions. `shortfalls` and
//! `warnings` interpret them.

use crate::game::model::ROLES;
use crate::squads::compositions::model::{Composition, Slot};
use crate::squads::functions::model::{
    FUNCTION_COUNT, FUNCTIONS, Function, FunctionKind, Scores, name_of,
};
use crate::squads::functions::scores::Edits;
use crate::squads::presets;

use super::model::{Coverage, FromOthers, PlayerAdds, RoleCount, Roles, Spread, SubgroupCoverage};

/// The word for players without a role.
pub const NO_ROLE: &str = "none";
/// Roles of players who are not with the squad: nothing is asked of a subgroup for them.
const AWAY: [&str; 2] = ["roamer", "scout"];
/// Boons reach this many players of the own subgroup, their source included.
const REACH: usize = 5;

fn is_away(slot: &Slot) -> bool {
    let role = slot.role.as_deref();
    role.is_some_and(|role| AWAY.contains(&role))
}

#[derive(Debug)]
pub struct Counted {
    /// Counted from 0.
    pub group: usize,
    /// The slot in it, counted from 0.
    pub place: usize,
    pub specialization: Option<u8>,
    scores: Scores,
}

/// The summed scores of some players.
#[derive(Debug, Clone, Copy, Default)]
pub struct Sums {
    pub players: usize,
    /// Players who are with the squad.
    pub present: usize,
    /// Whether targets apply: not where all slots are for roamers and scouts. The slots decide, not who
    /// fills them, so that filling one adds no shortfall.
    pub needs: bool,
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

    pub const fn sum(&self, function: usize) -> u16 {
        self.totals[function]
    }

    /// What the players of this sum, `members`, get from each other.
    fn others_give(&self, function: usize, members: &[Counted]) -> FromOthers {
        let gets_enough = |own: u8| is_enough(function, self.totals[function] - u16::from(own));
        let scores = members.iter().map(|member| member.scores[function]);
        // The sources are among the players reached.
        let sources = usize::from(self.sources[function]);
        let covered = scores.filter(|own| *own > 0 && gets_enough(*own)).count();
        let rest = (members.len() - sources).min(REACH.saturating_sub(sources));
        let rest = if gets_enough(0) { rest } else { 0 };
        FromOthers {
            least: self.totals[function] - u16::from(self.greatest[function]),
            players: (covered + rest).min(REACH),
        }
    }

    /// The row of a function in the subgroup of `members`.
    fn in_subgroup(&self, function: usize, members: &[Counted]) -> Coverage {
        let sum = self.totals[function];
        let is_party = FUNCTIONS[function].kind == FunctionKind::Party;
        // Targets of squad functions are for the whole squad.
        let target = FUNCTIONS[function].target.filter(|_| is_party);
        Coverage {
            function: FUNCTIONS[function].id,
            sum,
            target,
            covered: target.map(|target| covered(sum, target)),
            from_others: is_party.then(|| self.others_give(function, members)),
            subgroups: None,
        }
    }
}

/// Whether `sum` reaches the target of a subgroup, or is above 0 where there is none.
fn is_enough(function: usize, sum: u16) -> bool {
    sum >= FUNCTIONS[function].target.unwrap_or(1)
}

/// Percent of the target, rounded down, 100 at most.
pub fn covered(sum: u16, target: u16) -> u16 {
    let percent = u32::from(sum.min(target)) * 100;
    // At most 100.
    u16::try_from(percent.checked_div(u32::from(target)).unwrap_or(100)).unwrap_or(100)
}

#[derive(Debug)]
pub struct CoverageTally {
    /// In the order of the slots.
    pub players: Vec<Counted>,
    pub subgroups: Vec<Sums>,
    pub squad: Sums,
}

impl CoverageTally {
    pub fn of(plan: &Composition, edits: &Edits) -> Self {
        let mut tally = Self {
            players: Vec::with_capacity(64),
            subgroups: vec![Sums::default(); plan.subgroups.len()],
            squad: Sums::default(),
        };
        tally.squad.needs = plan.subgroups.is_empty();
        for (sums, subgroup) in tally.subgroups.iter_mut().zip(&plan.subgroups) {
            sums.needs = subgroup.slots.is_empty() || !subgroup.slots.iter().all(is_away);
            tally.squad.needs |= sums.needs;
        }
        for (group, place, slot) in places(plan).filter(|(_, _, slot)| !slot.is_open()) {
            let scores = slot.specialization.map(|id| edits.scores_of(id));
            let scores = scores.unwrap_or([0; FUNCTION_COUNT]);
            let is_present = !is_away(slot);
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

/// All slots with the numbers of their subgroup and of themselves, from 0.
pub fn places(plan: &Composition) -> impl Iterator<Item = (usize, usize, &Slot)> {
    let subgroups = plan.subgroups.iter().enumerate();
    subgroups.flat_map(|(group, subgroup)| {
        let slots = subgroup.slots.iter().enumerate();
        slots.map(move |(place, slot)| (group, place, slot))
    })
}

/// The functions of a kind, by their index in the table.
pub fn of_kind(kind: FunctionKind) -> impl Iterator<Item = usize> {
    (0..FUNCTION_COUNT).filter(move |function| FUNCTIONS[*function].kind == kind)
}

pub fn subgroups<'a>(plan: &'a Composition, tally: &CoverageTally) -> Vec<SubgroupCoverage<'a>> {
    let both = plan.subgroups.iter().zip(&tally.subgroups).enumerate();
    // The players are in the order of their subgroups.
    let mut rest = &tally.players[..];
    both.map(|(index, (subgroup, sums))| {
        let (members, others) = rest.split_at(sums.players);
        rest = others;
        SubgroupCoverage {
            subgroup: index + 1,
            name: &subgroup.name,
            player_count: sums.players,
            coverage: (0..FUNCTION_COUNT)
                .map(|function| sums.in_subgroup(function, members))
                .collect(),
        }
    })
    .collect()
}

/// The coverage of the squad by the targets of its planned size, so that one more player does not make
/// it look worse.
pub fn squad(tally: &CoverageTally, planned: usize) -> Vec<Coverage> {
    let row = |function: usize| {
        let Function { id, kind, .. } = FUNCTIONS[function];
        let target = FUNCTIONS[function].target_for_squad(planned);
        let sums = || tally.subgroups.iter().map(|sums| sums.sum(function));
        let (counted, subgroups) = match kind {
            FunctionKind::Squad => (tally.squad.sum(function), None),
            FunctionKind::Party => {
                // A surplus in one subgroup does not help another.
                let asked = FUNCTIONS[function].target.unwrap_or(0);
                let worst = sums().enumerate().min_by_key(|(index, sum)| (*sum, *index));
                let spread = Spread {
                    covered: sums().filter(|sum| is_enough(function, *sum)).count(),
                    worst: worst.map(|(index, _)| index + 1),
                };
                (sums().map(|sum| sum.min(asked)).sum(), Some(spread))
            }
        };
        Coverage {
            function: id,
            sum: tally.squad.sum(function),
            target,
            covered: target.map(|target| covered(counted, target)),
            from_others: None,
            subgroups,
        }
    };
    (0..FUNCTION_COUNT).map(row).collect()
}

pub fn players<'a>(plan: &'a Composition, tally: &CoverageTally) -> Vec<PlayerAdds<'a>> {
    let adds = |player: &Counted| {
        let slot = &plan.subgroups[player.group].slots[player.place];
        let brings = |function: &usize| player.scores[*function] > 0;
        let is_only_source = |function: &usize| {
            let among = match FUNCTIONS[*function].kind {
                FunctionKind::Party => &tally.subgroups[player.group],
                FunctionKind::Squad => &tally.squad,
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

pub fn pointer(group: usize, place: usize) -> String {
    format!("/subgroups/{group}/slots/{place}")
}

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
