//! An assignment with all its sums, and the gain of changes to it. Deltas equal a full evaluation; debug
//! builds check this on every change.

use crate::problem::{
    BENCHED, FREELY, MAX_GROUPS, MAX_PLAYERS, PARTY, PartyRow, Placement, Problem, SQUAD, Seat,
    SquadRow, whole,
};

/// Classes that an option counts in, and players that one change may move, at most.
const CLASSES: usize = 128;
/// Players whom one change moves, at most.
pub(crate) const MAX_MOVED: usize = 8;

/// One player's part of a change.
#[derive(Debug, Clone, Copy)]
pub struct Step {
    /// Who.
    pub player: u8,
    /// Where to; the number of subgroups is the bench.
    pub place: u8,
    /// As what.
    pub option: u16,
}

impl Step {
    /// Of a player, a place and an option of a problem.
    #[inline]
    #[allow(clippy::cast_possible_truncation)] // They fit: `Problem::new`.
    pub const fn new(player: usize, place: usize, option: usize) -> Self {
        Self {
            player: player as u8,
            place: place as u8,
            option: option as u16,
        }
    }
}

/// An assignment and its sums.
#[derive(Debug, Clone)]
pub struct State<'p> {
    problem: &'p Problem,
    /// Where each player is.
    pub place: [u8; MAX_PLAYERS],
    /// As what.
    pub option: [u16; MAX_PLAYERS],
    /// Who is in each place.
    pub members: [u64; MAX_GROUPS + 1],
    /// What each place has; the bench has nothing.
    pub cover: [PartyRow; MAX_GROUPS + 1],
    value: [i32; MAX_GROUPS + 1],
    /// What the squad has.
    pub squad: SquadRow,
    squad_value: i32,
    preference: i32,
    counts: [i32; CLASSES],
    /// Who has left their home.
    pub moved: i32,
    /// How many constraints are broken: pairs, and players too many or too few.
    pub violation: i32,
}

fn has_moved(problem: &Problem, player: usize, place: usize, option: usize) -> bool {
    let home = problem.home[player];
    home.is_some_and(|(at, as_what)| (usize::from(at), usize::from(as_what)) != (place, option))
}

fn count_moved(problem: &Problem, place: &[u8], option: &[u16]) -> i32 {
    let moved = |player: &usize| {
        let (place, option) = (place[*player].into(), option[*player].into());
        has_moved(problem, *player, place, option)
    };
    whole((0..problem.players).filter(moved).count())
}

fn excess_moved(problem: &Problem, moved: i32) -> i32 {
    if problem.max_moved == FREELY {
        0
    } else {
        (moved - problem.max_moved).max(0)
    }
}

/// What this coverage of a subgroup or of the squad is worth.
#[inline]
#[cfg_attr(target_arch = "wasm32", target_feature(enable = "simd128"))]
pub fn worth<const N: usize>(target: &[i32; N], cover: &[i32; N]) -> i32 {
    let mut sum = 0;
    for k in 0..N {
        sum += target[k].min(cover[k]);
    }
    sum
}

#[inline]
#[cfg_attr(target_arch = "wasm32", target_feature(enable = "simd128"))]
fn exchange<const N: usize>(cover: &[i32; N], out: &[i32; N], into: &[i32; N]) -> [i32; N] {
    let mut changed = *cover;
    for k in 0..N {
        changed[k] += into[k] - out[k];
    }
    changed
}

#[inline]
#[allow(clippy::cast_possible_wrap)] // 64 at most.
const fn count(set: u64) -> i32 {
    set.count_ones() as i32
}

impl<'p> State<'p> {
    /// Everyone on the bench.
    pub fn new(problem: &'p Problem) -> Self {
        let bench = u8::try_from(problem.groups).unwrap_or(u8::MAX);
        let mut state = Self {
            problem,
            place: [bench; MAX_PLAYERS],
            option: [BENCHED; MAX_PLAYERS],
            members: [0; MAX_GROUPS + 1],
            cover: [[0; PARTY]; MAX_GROUPS + 1],
            value: [0; MAX_GROUPS + 1],
            squad: [0; SQUAD],
            squad_value: 0,
            preference: 0,
            counts: [0; CLASSES],
            moved: 0,
            violation: 0,
        };
        state.members[problem.groups] = match problem.players {
            64 => u64::MAX,
            players => (1 << players) - 1,
        };
        for class in problem.classes[usize::from(BENCHED)] {
            state.counts[usize::from(class)] += whole(problem.players);
        }
        state.moved = count_moved(problem, &state.place, &state.option);
        state.violation = problem.ranges.iter().map(|range| range.min.max(0)).sum();
        state.violation += excess_moved(problem, state.moved);
        let is_misplaced = |player: &usize| !problem.may_stand(*player, problem.groups);
        state.violation += whole((0..problem.players).filter(is_misplaced).count());
        state
    }

    /// An assignment as it is given from outside; what is not among the options stays on the bench.
    pub fn of(problem: &'p Problem, placements: &[Placement]) -> Self {
        let mut state = Self::new(problem);
        for (player, seat) in placements.iter().enumerate().take(problem.players) {
            let Some(seat) = seat else { continue };
            let option = problem.option_of(player, seat.build);
            if let (Some(option), true) = (option, seat.group < problem.groups) {
                state.apply(&[Step::new(player, seat.group, option)]);
            }
        }
        state
    }

    /// The same as it is given to the outside.
    pub fn placements(&self) -> Vec<Placement> {
        let seat = |player: usize| {
            let group = usize::from(self.place[player]);
            let build = usize::from(self.problem.build[usize::from(self.option[player])]);
            (group < self.problem.groups).then_some(Seat { group, build })
        };
        (0..self.problem.players).map(seat).collect()
    }

    /// Points, whatever is broken.
    #[inline]
    pub fn score(&self) -> i32 {
        let groups: i32 = self.value.iter().sum();
        groups + self.squad_value + self.preference
    }

    /// Points of each subgroup, of the squad, and of preferences.
    pub fn parts(&self) -> (Vec<i32>, i32, i32) {
        (
            self.value[..self.problem.groups].to_vec(),
            self.squad_value,
            self.preference,
        )
    }

    /// How many players stand there.
    #[inline]
    pub const fn size(&self, place: usize) -> usize {
        self.members[place].count_ones() as usize
    }

    /// What changing a build in place would gain.
    #[inline]
    #[cfg_attr(target_arch = "wasm32", target_feature(enable = "simd128"))]
    pub fn gain_of_build(&self, player: usize, option: usize) -> (i32, i32) {
        let problem = self.problem;
        let place = usize::from(self.place[player]);
        let old = usize::from(self.option[player]);
        let cover = exchange(
            &self.cover[place],
            &problem.party[old],
            &problem.party[option],
        );
        let squad = exchange(&self.squad, &problem.squad[old], &problem.squad[option]);
        let gain = worth(&problem.party_target, &cover) - self.value[place]
            + worth(&problem.squad_target, &squad)
            - self.squad_value
            + problem.preference[option]
            - problem.preference[old];
        let mut broken = self.broken_by_options(&[(old, option)]);
        if problem.max_moved != FREELY {
            broken += self.broken_homes(&[(player, place, option)]);
        }
        (gain, broken)
    }

    /// By how much more players would leave their home than may.
    fn broken_homes(&self, changes: &[(usize, usize, usize)]) -> i32 {
        let mut moved = self.moved;
        for (player, place, option) in changes {
            let (now, as_what) = (self.place[*player].into(), self.option[*player].into());
            moved -= i32::from(has_moved(self.problem, *player, now, as_what));
            moved += i32::from(has_moved(self.problem, *player, *place, *option));
        }
        excess_moved(self.problem, moved) - excess_moved(self.problem, self.moved)
    }

    /// What two players of different places would gain by changing places, each with a new option.
    #[inline]
    #[cfg_attr(target_arch = "wasm32", target_feature(enable = "simd128"))]
    pub fn gain_of_swap(&self, a: usize, b: usize, new_a: usize, new_b: usize) -> (i32, i32) {
        let problem = self.problem;
        let (old_a, old_b) = (usize::from(self.option[a]), usize::from(self.option[b]));
        let (at_a, at_b) = (usize::from(self.place[a]), usize::from(self.place[b]));
        let mut gain = 0;
        for (at, old, new) in [(at_a, old_a, new_b), (at_b, old_b, new_a)] {
            if at != problem.groups {
                let cover = exchange(&self.cover[at], &problem.party[old], &problem.party[new]);
                gain += worth(&problem.party_target, &cover) - self.value[at];
            }
        }
        let mut broken = 0;
        if new_a != old_a || new_b != old_b {
            let squad = exchange(&self.squad, &problem.squad[old_a], &problem.squad[new_a]);
            let squad = exchange(&squad, &problem.squad[old_b], &problem.squad[new_b]);
            gain += worth(&problem.squad_target, &squad) - self.squad_value;
            gain += problem.preference[new_a] + problem.preference[new_b];
            gain -= problem.preference[old_a] + problem.preference[old_b];
            broken = self.broken_by_options(&[(old_a, new_a), (old_b, new_b)]);
        }
        let (bit_a, bit_b) = (1 << a, 1 << b);
        broken += self.broken_at(a, at_b, bit_b) - self.broken_at(a, at_a, bit_a);
        broken += self.broken_at(b, at_a, bit_a) - self.broken_at(b, at_b, bit_b);
        // Those two stand apart before and after.
        if problem.max_moved != FREELY {
            broken += self.broken_homes(&[(a, at_b, new_a), (b, at_a, new_b)]);
        }
        (gain, broken)
    }

    /// Pairs that a player breaks at a place, without those in `but`, and the place itself.
    #[inline]
    fn broken_at(&self, player: usize, place: usize, but: u64) -> i32 {
        let there = self.members[place] & !but;
        let apart = if place == self.problem.groups {
            0
        } else {
            self.problem.apart[player]
        };
        let misplaced = i32::from(!self.problem.may_stand(player, place));
        count(apart & there) - count(self.problem.together[player] & there) + misplaced
    }

    /// By how much more class bounds would be broken.
    #[inline]
    fn broken_by_options(&self, changes: &[(usize, usize)]) -> i32 {
        let problem = self.problem;
        if changes
            .iter()
            .all(|(old, new)| problem.classes[*old] == problem.classes[*new])
        {
            return 0;
        }
        // Few classes change: what each change does alone is told apart by running counts.
        let mut touched = [(0_u8, 0_i32); 6 * MAX_MOVED];
        let mut length = 0;
        for (old, new) in changes {
            for (classes, by) in [(&problem.classes[*old], -1), (&problem.classes[*new], 1)] {
                for class in classes {
                    let found = touched[..length].iter().position(|(it, _)| it == class);
                    let at = found.unwrap_or(length);
                    touched[at] = (*class, touched[at].1 + by);
                    length = length.max(at + 1);
                }
            }
        }
        let mut broken = 0;
        for (class, by) in &touched[..length] {
            let class = usize::from(*class);
            let (range, now) = (problem.ranges[class], self.counts[class]);
            let excess = |count: i32| (range.min - count).max(0) + (count - range.max).max(0);
            broken += excess(now + by) - excess(now);
        }
        broken
    }

    /// What moving several players at once would gain; each of them is named once.
    pub fn gain_of(&self, steps: &[Step]) -> (i32, i32) {
        // Rare, so computed on a copy.
        let mut copy = self.clone();
        let (score, violation) = (self.score(), self.violation);
        copy.make(steps);
        (copy.score() - score, copy.violation - violation)
    }

    /// Moves players; each of them is named once.
    pub fn apply(&mut self, steps: &[Step]) {
        self.make(steps);
        debug_assert!(self.is_consistent(), "sums differ from a full evaluation");
    }

    #[inline]
    #[cfg_attr(target_arch = "wasm32", target_feature(enable = "simd128"))]
    fn make(&mut self, steps: &[Step]) {
        let problem = self.problem;
        for step in steps {
            let player = usize::from(step.player);
            let (from, to) = (usize::from(self.place[player]), usize::from(step.place));
            let (old, new) = (usize::from(self.option[player]), usize::from(step.option));
            self.violation += self.broken_by_options(&[(old, new)]);
            if problem.max_moved != FREELY {
                self.violation += self.broken_homes(&[(player, to, new)]);
                self.moved -= i32::from(has_moved(problem, player, from, old));
                self.moved += i32::from(has_moved(problem, player, to, new));
            }
            problem.count(old, -1, &mut self.counts);
            problem.count(new, 1, &mut self.counts);
            if from != to {
                let bit = 1 << player;
                self.violation +=
                    self.broken_at(player, to, bit) - self.broken_at(player, from, bit);
                self.members[from] &= !bit;
                self.members[to] |= bit;
                self.place[player] = step.place;
            }
            if from != problem.groups {
                self.cover[from] = exchange(&self.cover[from], &problem.party[old], &[0; PARTY]);
                self.value[from] = worth(&problem.party_target, &self.cover[from]);
            }
            if to != problem.groups {
                self.cover[to] = exchange(&self.cover[to], &[0; PARTY], &problem.party[new]);
                self.value[to] = worth(&problem.party_target, &self.cover[to]);
            }
            self.squad = exchange(&self.squad, &problem.squad[old], &problem.squad[new]);
            self.preference += problem.preference[new] - problem.preference[old];
            self.option[player] = step.option;
        }
        self.squad_value = worth(&problem.squad_target, &self.squad);
    }

    /// Score and violation, recomputed from places and options.
    pub fn evaluate(&self) -> (i32, i32) {
        let problem = self.problem;
        let mut cover = [[0; PARTY]; MAX_GROUPS + 1];
        let mut squad = [0; SQUAD];
        let mut counts = [0; CLASSES];
        let (mut score, mut violation) = (0, 0);
        for player in 0..problem.players {
            let place = usize::from(self.place[player]);
            let option = usize::from(self.option[player]);
            cover[place] = exchange(&cover[place], &[0; PARTY], &problem.party[option]);
            squad = exchange(&squad, &[0; SQUAD], &problem.squad[option]);
            score += problem.preference[option];
            problem.count(option, 1, &mut counts);
            violation += i32::from(!problem.may_stand(player, place));
            for other in 0..player {
                let is_near = self.place[other] == self.place[player];
                violation += i32::from(problem.together[player] & (1 << other) != 0 && !is_near);
                let is_apart = problem.apart[player] & (1 << other) != 0;
                violation += i32::from(is_apart && is_near && place != problem.groups);
            }
        }
        for row in &cover[..problem.groups] {
            score += worth(&problem.party_target, row);
        }
        score += worth(&problem.squad_target, &squad);
        for (range, count) in problem.ranges.iter().zip(counts) {
            violation += (range.min - count).max(0) + (count - range.max).max(0);
        }
        violation += excess_moved(problem, count_moved(problem, &self.place, &self.option));
        (score, violation)
    }

    /// Whether the running sums are those of a full evaluation.
    pub fn is_consistent(&self) -> bool {
        self.evaluate() == (self.score(), self.violation)
    }
}
