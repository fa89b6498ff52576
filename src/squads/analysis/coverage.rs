//! Sums: what subgroups and the squad have, who contributes to what, and what each player adds. The sums
//! of the subgroups and of the squad equal the sums of the players' contributions. `shortfalls` and
//! `warnings` interpret them.

use crate::game::model::ROLES;
use crate::squads::compositions::model::{Composition, Slot};
use crate::squads::functions::model::{FUNCTION_COUNT, FUNCTIONS, Function, Kind, Scores, name_of};
use crate::squads::functions::scores::Edits;

use crate::squads::presets;

use super::model::{Coverage, FromOthers, PlayerAdds, RoleCount, Roles, Spread, SubgroupCoverage};

/// The word for players without a role.
pub const NO_ROLE: &str = "none";
/// Who is not with the squad, and so needs nothing of a subgroup.
const AWAY: [&str; 2] = ["roamer", "scout"];
/// What is done for allies reaches so many of the own subgroup, its source among them.
const REACH: usize = 5;

fn is_away(slot: &Slot) -> bool {
    let role = slot.role.as_deref();
    role.is_some_and(|role| AWAY.contains(&role))
}

#[derive(Debug)]
pub struct Counted {
    /// The number of the subgroup, from 0.
    pub group: usize,
    /// The number of the place in it, from 0.
    pub place: usize,
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
    /// Whether something is asked of them: not of places that are all for roamers and scouts. The
    /// places decide, not who stands there, so that filling one brings no new wish.
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

    /// What `members`, who are added up here, get from each other.
    fn others_give(&self, function: usize, members: &[Counted]) -> FromOthers {
        let gets_enough = |own: u8| is_enough(function, self.totals[function] - u16::from(own));
        let scores = members.iter().map(|member| member.scores[function]);
        // Who brings it is among those whom it reaches.
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
        let is_party = FUNCTIONS[function].kind == Kind::Party;
        // What is done for the squad is asked of the squad.
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

/// Whether it is what is asked of a subgroup; anything is, where nothing is asked.
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
pub struct Tally {
    /// Who is in it, in the order of the places.
    pub players: Vec<Counted>,
    pub subgroups: Vec<Sums>,
    pub squad: Sums,
}

impl Tally {
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

pub fn subgroups<'a>(plan: &'a Composition, tally: &Tally) -> Vec<SubgroupCoverage<'a>> {
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

/// What the squad has, measured by the size that it is planned for, whoever is in it: one more player
/// must not make it look worse.
pub fn squad(tally: &Tally, planned: usize) -> Vec<Coverage> {
    let row = |function: usize| {
        let Function { id, kind, .. } = FUNCTIONS[function];
        let target = FUNCTIONS[function].target_for_squad(planned);
        let sums = || tally.subgroups.iter().map(|sums| sums.sum(function));
        let (counted, subgroups) = match kind {
            Kind::Squad => (tally.squad.sum(function), None),
            Kind::Party => {
                // What a subgroup has to spare is no help to another.
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
