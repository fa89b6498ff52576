//! The search: a greedy start, then simulated annealing over changes of build, swaps, moves and chains.
//! The answer is deterministic in problem, seed and effort; effort is counted in moves.

use crate::problem::{ANYWHERE, BENCHED, MAX_PLAYERS, Placement, Problem, bits};
use crate::random::{LOGARITHM_ENTRIES, NEGATIVE_LOGARITHM, Random, pick};
use crate::state::{MAX_MOVED, State, Step};

/// The effort of a search.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Effort {
    /// The seed.
    pub seed: u64,
    /// Moves that are tried, over all starts.
    pub moves: u32,
    /// How many starts share them.
    pub starts: u32,
}

/// What was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// Where everyone goes.
    pub placements: Vec<Placement>,
    /// Points.
    pub score: i32,
    /// Broken constraints; 0 when all hold.
    pub violation: i32,
}

/// Moves between two changes of the temperature.
const STRIDE: u32 = 64;

/// Looks for the best assignment. Constraints that hold in `witness` hold in the answer, too.
pub fn search(problem: &Problem, effort: Effort, witness: Option<&[Placement]>) -> Found {
    let starts = effort.starts.max(1);
    let mut best: Option<Found> = None;
    for start in 0..starts {
        let mut random = Random::new(
            effort
                .seed
                .wrapping_mul(0x0001_0000_0001)
                .wrapping_add(u64::from(start)),
        );
        let mut state = greedy(problem, &mut random);
        if let (true, Some(witness)) = (state.violation > 0, witness) {
            state = State::of(problem, witness);
        }
        // The first starts get what does not divide evenly.
        let moves = effort.moves / starts + u32::from(start < effort.moves % starts);
        let found = anneal(problem, state, moves, &mut random);
        if best.as_ref().is_none_or(|best| is_better(&found, best)) {
            best = Some(found);
        }
    }
    best.unwrap_or_else(|| record(&State::new(problem)))
}

/// Fewer broken constraints, then more points.
const fn is_better(a: &Found, b: &Found) -> bool {
    a.violation < b.violation || (a.violation == b.violation && a.score > b.score)
}

/// A state as a result.
pub(crate) fn record(state: &State) -> Found {
    Found {
        placements: state.placements(),
        score: state.score(),
        violation: state.violation,
    }
}

/// Places one player after another where they gain most, the most constrained first.
fn greedy<'p>(problem: &'p Problem, random: &mut Random) -> State<'p> {
    let mut state = State::new(problem);
    insert(problem, &mut state, |_| true, random);
    state
}

/// Places the players who are not in `present`.
pub(crate) fn insert_missing(problem: &Problem, state: &mut State, present: &[Placement]) {
    let is_new = |player: usize| present.get(player).is_none_or(Option::is_none);
    insert(problem, state, is_new, &mut Random::new(0));
}

fn insert(
    problem: &Problem,
    state: &mut State,
    is_asked: impl Fn(usize) -> bool,
    random: &mut Random,
) {
    let mut order: Vec<usize> = (0..problem.players).collect();
    for at in (1..order.len()).rev() {
        order.swap(at, random.below(at + 1));
    }
    let is_pinned = |player: usize| problem.fixed[player] != ANYWHERE;
    let is_paired = |player: usize| (problem.apart[player] | problem.together[player]) != 0;
    order.sort_by_key(|player| {
        (
            !is_pinned(*player),
            problem.may_rest(*player),
            !is_paired(*player),
        )
    });
    for player in order.into_iter().filter(|player| is_asked(*player)) {
        let fixed = problem.fixed[player];
        let groups = if fixed == ANYWHERE {
            0..problem.groups
        } else {
            usize::from(fixed)..usize::from(fixed) + 1
        };
        let mut best = None;
        for group in groups.filter(|group| state.size(*group) < problem.group_size) {
            for option in problem.options_of(player) {
                let step = Step::new(player, group, option);
                let (gain, broken) = state.gain_of(&[step]);
                let rank = (broken, -gain);
                if best.is_none_or(|(least, _)| rank < least) {
                    best = Some((rank, step));
                }
            }
        }
        if let Some(((broken, _), step)) = best
            && (broken <= 0 || !problem.may_rest(player))
        {
            state.apply(&[step]);
        }
    }
}

/// The annealing, from a state.
pub(crate) fn anneal(problem: &Problem, state: State, moves: u32, random: &mut Random) -> Found {
    Annealing::new(problem, state).run(moves, random)
}

struct Annealing<'p> {
    problem: &'p Problem,
    state: State<'p>,
    /// Points that one broken constraint costs: more than any single change gains.
    penalty: i64,
    hot: i64,
    has_blocks: bool,
    best: State<'p>,
}

impl<'p> Annealing<'p> {
    fn new(problem: &'p Problem, state: State<'p>) -> Self {
        let most = |option: usize| -> i64 {
            let party: i64 = problem.party[option].iter().map(|it| i64::from(*it)).sum();
            let squad: i64 = problem.squad[option].iter().map(|it| i64::from(*it)).sum();
            party + squad + i64::from(problem.preference[option])
        };
        let options = problem.party.len();
        let all = (1..options).map(most);
        let penalty = all.clone().max().unwrap_or(0) + 1;
        let mean = all.sum::<i64>() / i64::try_from(options).unwrap_or(i64::MAX).max(1);
        Self {
            problem,
            best: state.clone(),
            state,
            penalty,
            hot: mean * HOT / 100,
            has_blocks: problem.together.iter().any(|set| *set != 0),
        }
    }

    #[cfg_attr(target_arch = "wasm32", target_feature(enable = "simd128"))]
    fn run(mut self, moves: u32, random: &mut Random) -> Found {
        if self.problem.players == 0 {
            return record(&self.best);
        }
        let mut done = 0;
        let strides = u64::from(moves.div_ceil(STRIDE)).max(1);
        let mut stride = 0_u64;
        while done < moves {
            // From hot to COLD in a geometric fall; 16 bits after the point.
            let temperature = fall(self.hot << 16, stride, strides);
            let until = moves.min(done + STRIDE);
            while done < until {
                self.one_move(temperature, random);
                done += 1;
            }
            stride += 1;
        }
        record(&self.best)
    }

    #[inline]
    #[cfg_attr(target_arch = "wasm32", target_feature(enable = "simd128"))]
    fn one_move(&mut self, temperature: i64, random: &mut Random) {
        let draw = random.bits();
        let player = pick(draw, self.problem.players);
        let kind = (draw >> 32) & 31;
        let luck = (draw >> 40) as usize & (LOGARITHM_ENTRIES - 1);
        // What the step may lose; 32 bits after the point.
        let loss = (temperature * i64::from(NEGATIVE_LOGARITHM[luck])) >> 32;
        match kind {
            0..=7 => self.change_build(player, loss, random),
            8..=9 => self.relocate(player, loss, random),
            10..=11 => self.chain(player, loss, random),
            12..=14 if self.has_blocks => self.swap_blocks(player, loss, random),
            _ => self.swap(player, draw >> 52, loss, random),
        }
    }

    /// Takes a step unless it loses more than `loss`.
    #[inline]
    #[cfg_attr(target_arch = "wasm32", target_feature(enable = "simd128"))]
    fn decide(&mut self, gain: i32, broken: i32, loss: i64, steps: &[Step]) {
        let total = i64::from(gain) - i64::from(broken) * self.penalty;
        if total + loss < 0 {
            return;
        }
        self.state.apply(steps);
        if total > 0 && self.is_record() {
            self.best = self.state.clone();
        }
    }

    #[inline]
    fn is_record(&self) -> bool {
        let (violation, least) = (self.state.violation, self.best.violation);
        violation < least || (violation == least && self.state.score() > self.best.score())
    }

    #[inline]
    #[cfg_attr(target_arch = "wasm32", target_feature(enable = "simd128"))]
    #[allow(clippy::cast_possible_truncation)] // They fit: `Problem::new`.
    fn change_build(&mut self, player: usize, loss: i64, random: &mut Random) {
        if usize::from(self.state.place[player]) == self.problem.groups {
            return;
        }
        let option = self.any_option(player, random);
        if option == usize::from(self.state.option[player]) {
            return;
        }
        let (gain, broken) = self.state.gain_of_build(player, option);
        let step = Step {
            player: player as u8,
            place: self.state.place[player],
            option: option as u16,
        };
        self.decide(gain, broken, loss, &[step]);
    }

    #[inline]
    fn any_option(&self, player: usize, random: &mut Random) -> usize {
        let options = self.problem.options_of(player);
        options.start + random.below(options.len())
    }

    /// What a player would play at a place: the present build or, sometimes, another one.
    #[inline]
    fn option_at(&self, player: usize, place: usize, change: bool, random: &mut Random) -> usize {
        let now = self.state.option[player];
        if place == self.problem.groups {
            usize::from(BENCHED)
        } else if change || now == BENCHED {
            self.any_option(player, random)
        } else {
            usize::from(now)
        }
    }

    #[inline]
    #[cfg_attr(target_arch = "wasm32", target_feature(enable = "simd128"))]
    fn swap(&mut self, a: usize, dice: u64, loss: i64, random: &mut Random) {
        let b = random.below(self.problem.players);
        let (at_a, at_b) = (
            usize::from(self.state.place[a]),
            usize::from(self.state.place[b]),
        );
        if at_a == at_b || !self.problem.may_stand(a, at_b) || !self.problem.may_stand(b, at_a) {
            return;
        }
        let new_a = self.option_at(a, at_b, dice.trailing_zeros() >= 2, random);
        let new_b = self.option_at(b, at_a, (dice >> 2).trailing_zeros() >= 2, random);
        let (gain, broken) = self.state.gain_of_swap(a, b, new_a, new_b);
        let steps = [Step::new(a, at_b, new_a), Step::new(b, at_a, new_b)];
        self.decide(gain, broken, loss, &steps);
    }

    /// To another subgroup with room, or to the bench.
    fn relocate(&mut self, player: usize, loss: i64, random: &mut Random) {
        let place = random.below(self.problem.groups + 1);
        let is_full =
            place < self.problem.groups && self.state.size(place) >= self.problem.group_size;
        if place == usize::from(self.state.place[player])
            || is_full
            || !self.problem.may_stand(player, place)
        {
            return;
        }
        let option = self.option_at(player, place, random.below(4) == 0, random);
        let step = [Step::new(player, place, option)];
        let (gain, broken) = self.state.gain_of(&step);
        self.decide(gain, broken, loss, &step);
    }

    /// Three players of three places, each to the next one's.
    fn chain(&mut self, a: usize, loss: i64, random: &mut Random) {
        let (b, c) = (
            random.below(self.problem.players),
            random.below(self.problem.players),
        );
        let [at_a, at_b, at_c] = [a, b, c].map(|player| usize::from(self.state.place[player]));
        if at_a == at_b || at_b == at_c || at_a == at_c {
            return;
        }
        let mut steps = [Step::new(0, 0, 0); 3];
        for (step, (player, place)) in steps.iter_mut().zip([(a, at_b), (b, at_c), (c, at_a)]) {
            if !self.problem.may_stand(player, place) {
                return;
            }
            let option = self.option_at(player, place, random.below(8) == 0, random);
            *step = Step::new(player, place, option);
        }
        let (gain, broken) = self.state.gain_of(&steps);
        self.decide(gain, broken, loss, &steps);
    }

    /// A player with all who belong together with them, against as many of another place.
    fn swap_blocks(&mut self, player: usize, loss: i64, random: &mut Random) {
        let block = self.problem.together[player] | 1 << player;
        let from = usize::from(self.state.place[player]);
        let to = random.below(self.problem.groups + 1);
        if from == to || block.count_ones() as usize * 2 > MAX_MOVED {
            return;
        }
        let mut steps = [Step::new(0, 0, 0); MAX_MOVED];
        let mut length = 0;
        for member in bits(block) {
            if !self.problem.may_stand(member, to) {
                return;
            }
            let option = self.option_at(member, to, false, random);
            steps[length] = Step::new(member, to, option);
            length += 1;
        }
        let coming = length;
        let room = if to == self.problem.groups {
            MAX_PLAYERS
        } else {
            self.problem.group_size
        };
        let mut there = self.state.members[to] & !block;
        while there.count_ones() as usize + coming > room {
            // The n-th of those who are there.
            let at = random.below(there.count_ones() as usize);
            let Some(member) = bits(there).nth(at) else {
                return;
            };
            there &= !(1 << member);
            if length == MAX_MOVED || !self.problem.may_stand(member, from) {
                return;
            }
            let option = self.option_at(member, from, false, random);
            steps[length] = Step::new(member, from, option);
            length += 1;
        }
        // Who leaves may be more than who comes: members of the block may have stood elsewhere.
        let back = length - coming;
        let leaving = (self.state.members[from] & block).count_ones() as usize;
        if from < self.problem.groups
            && self.state.size(from) - leaving + back > self.problem.group_size
        {
            return;
        }
        let (gain, broken) = self.state.gain_of(&steps[..length]);
        self.decide(gain, broken, loss, &steps[..length]);
    }
}

/// The hottest temperature, in percent of what an option brings at most on average.
const HOT: i64 = 12;
/// How often it is halved, in 1/256.
const HALVINGS: u64 = 7 * 256;

/// `hot` after a geometric fall, at this part of the way.
fn fall(hot: i64, at: u64, of: u64) -> i64 {
    let halvings = HALVINGS * at / of;
    // 2^(-fraction) by a quadratic that is exact at 0, 1/2 and 1 up to 1/1000.
    let fraction = i64::try_from(halvings & 255).unwrap_or(0);
    let curve = 65_536 - fraction * 175 + ((fraction * fraction * 47) >> 8);
    (((hot >> 4) * curve) >> 12) >> (halvings >> 8)
}
