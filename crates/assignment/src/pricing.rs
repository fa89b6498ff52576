//! The best subgroup under given prices: exact by branch and bound, or heuristic by local search. The
//! bound that `exact` returns is at least the value of every allowed subgroup.

use crate::problem::{PARTY, PartyRow, Problem};
use crate::state::worth;

/// Prices and scores are compared in 1/1024 of a point.
pub(crate) const SCALE_BITS: u32 = 10;
/// Units of a price in a point.
pub const SCALE: i64 = 1 << SCALE_BITS;

/// A subgroup: its options, in rising order.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Column {
    /// Who plays what.
    pub options: Vec<u16>,
}

/// What branch and bound says.
#[derive(Debug, Clone)]
pub struct Priced {
    /// No subgroup is worth more, in units of a price.
    pub bound: i64,
    /// Better subgroups than the floor, as they were found; the last one is the best.
    pub found: Vec<Column>,
    /// Whether all were looked at; else the bound is what was left open.
    pub is_complete: bool,
}

/// Rows of options that bring the same to their subgroup have the same kind.
pub fn kinds(problem: &Problem) -> Vec<u16> {
    let mut kinds: Vec<u16> = Vec::with_capacity(problem.party.len());
    let mut rows: Vec<&PartyRow> = Vec::new();
    for row in &problem.party {
        let at = rows
            .iter()
            .position(|known| *known == row)
            .unwrap_or_else(|| {
                rows.push(row);
                rows.len() - 1
            });
        kinds.push(u16::try_from(at).unwrap_or(u16::MAX));
    }
    kinds
}

struct Candidate {
    option: u16,
    margin: i64,
}

/// Branch and bound over subgroups.
struct Search<'a> {
    problem: &'a Problem,
    kinds: &'a [u16],
    reduced: &'a [i64],
    floor: i64,
    limit: u32,
    nodes: u32,
    open: i64,
    taken: Vec<u16>,
    found: Vec<Column>,
    /// How many better ones of a kind there are, while candidates are thinned out.
    better: Vec<u8>,
}

/// The best subgroup with these reduced prices of options, if it is worth more than `floor`.
pub fn exact(problem: &Problem, kinds: &[u16], reduced: &[i64], floor: i64, limit: u32) -> Priced {
    let mut search = Search {
        problem,
        kinds,
        reduced,
        floor: floor.max(0),
        limit,
        nodes: 0,
        open: 0,
        taken: Vec::with_capacity(problem.group_size),
        found: Vec::new(),
        better: vec![0; kinds.len()],
    };
    let all: Vec<u16> = (1..reduced.len())
        .filter_map(|option| u16::try_from(option).ok())
        .collect();
    search.branch(&all, &[0; PARTY], 0);
    Priced {
        bound: search.floor.max(search.open),
        is_complete: search.nodes < limit,
        found: search.found,
    }
}

impl Search<'_> {
    /// Looks at all subgroups of what is taken and some of `rest`. A player's value only falls as the
    /// subgroup fills, so the sum of the best that are left is a bound.
    #[cfg_attr(target_arch = "wasm32", target_feature(enable = "simd128"))]
    fn branch(&mut self, rest: &[u16], cover: &PartyRow, value: i64) {
        let room = self.problem.group_size - self.taken.len();
        if room == 0 {
            return;
        }
        self.nodes += 1;
        let mut candidates = self.candidates(rest, cover);
        candidates.sort_unstable_by(|a, b| b.margin.cmp(&a.margin).then(a.option.cmp(&b.option)));
        if self.problem.apart.iter().all(|set| *set == 0) {
            self.thin_out(&mut candidates, room);
        }
        let best_of = |rest: &[Candidate]| -> i64 {
            let filling = rest.iter().take(room);
            value + filling.map(|it| it.margin).sum::<i64>()
        };
        if self.nodes >= self.limit {
            self.open = self.open.max(best_of(&candidates));
            return;
        }
        let order: Vec<u16> = candidates.iter().map(|it| it.option).collect();
        for (at, candidate) in candidates.iter().enumerate() {
            if best_of(&candidates[at..]) <= self.floor {
                break;
            }
            let option = usize::from(candidate.option);
            self.taken.push(candidate.option);
            let value = value + candidate.margin;
            if value > self.floor {
                self.floor = value;
                let mut options = self.taken.clone();
                options.sort_unstable();
                self.found.push(Column { options });
            }
            if room > 1 && at + 1 < order.len() {
                let mut filled = *cover;
                for (sum, points) in filled.iter_mut().zip(&self.problem.party[option]) {
                    *sum += points;
                }
                self.branch(&order[at + 1..], &filled, value);
            }
            self.taken.pop();
        }
    }

    #[cfg_attr(target_arch = "wasm32", target_feature(enable = "simd128"))]
    fn candidates(&self, rest: &[u16], cover: &PartyRow) -> Vec<Candidate> {
        let problem = self.problem;
        let mut missing = [0; PARTY];
        for k in 0..PARTY {
            missing[k] = (problem.party_target[k] - cover[k]).max(0);
        }
        let (mut players, mut barred) = (0_u64, 0_u64);
        for option in &self.taken {
            let owner = usize::from(problem.owner[usize::from(*option)]);
            players |= 1 << owner;
            barred |= problem.apart[owner];
        }
        let mut candidates = Vec::with_capacity(rest.len());
        for option in rest {
            let at = usize::from(*option);
            if (players | barred) & (1 << problem.owner[at]) != 0 {
                continue;
            }
            let margin =
                (i64::from(worth(&missing, &problem.party[at])) << SCALE_BITS) + self.reduced[at];
            if margin > 0 {
                candidates.push(Candidate {
                    option: *option,
                    margin,
                });
            }
        }
        candidates
    }

    /// Of options that bring the same, only as many are of use as there is room: one that is passed
    /// over for a worse one must belong to a player who is taken with another build.
    fn thin_out(&mut self, candidates: &mut Vec<Candidate>, room: usize) {
        for candidate in candidates.iter() {
            self.better[usize::from(self.kinds[usize::from(candidate.option)])] = 0;
        }
        let better = &mut self.better;
        let kinds = self.kinds;
        candidates.retain(|candidate| {
            let count = &mut better[usize::from(kinds[usize::from(candidate.option)])];
            *count += 1;
            usize::from(*count) <= room
        });
    }
}

/// What a subgroup is worth under these prices.
pub fn value_of(problem: &Problem, reduced: &[i64], options: &[u16]) -> i64 {
    let value: i64 = options.iter().map(|it| reduced[usize::from(*it)]).sum();
    let cover = problem.cover_of(options);
    value + (i64::from(worth(&problem.party_target, &cover)) << SCALE_BITS)
}
