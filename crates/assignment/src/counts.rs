//! Whether the bounds of roles and copies can be met by builds that the players own.
//! Promises that "none" is proved by a flow that has every real choice among its own.

use crate::problem::{Problem, bits};

/// What can be said of some players.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fit {
    /// No choice of builds meets the bounds.
    None,
    /// The flow knows none of the reasons against it.
    Possible,
    /// An option for each player who plays, by player.
    Options(Vec<usize>),
    /// Not known within the limit.
    Unknown,
}

/// Looks for builds for the players in `must`, and for as many in `may` as bounds ask for. Without
/// `nodes` only the flow is asked.
pub fn fit_builds(problem: &Problem, must: u64, may: u64, nodes: Option<&mut u32>) -> Fit {
    let mut network = Network::new(problem, must, may);
    if !network.circulates() {
        return Fit::None;
    }
    let Some(nodes) = nodes else {
        return Fit::Possible;
    };
    let mut options = vec![0; problem.players];
    let players: Vec<usize> = bits(must).collect();
    let mut counts = vec![0; problem.ranges.len()];
    let is_done = choose(problem, &players, &mut counts, &mut options, nodes);
    if is_done {
        Fit::Options(options)
    } else if *nodes == 0 {
        Fit::Unknown
    } else {
        Fit::None
    }
}

/// Tries the options of one player after the other; what a flow forbids is not gone into.
fn choose(
    problem: &Problem,
    players: &[usize],
    counts: &mut [i32],
    options: &mut [usize],
    nodes: &mut u32,
) -> bool {
    let Some((player, rest)) = players.split_first() else {
        return problem
            .ranges
            .iter()
            .zip(counts.iter())
            .skip(1)
            .all(|(range, count)| range.min <= *count);
    };
    let bounded = 1..problem.ranges.len() - 1;
    for option in problem.options_of(*player) {
        if *nodes == 0 {
            return false;
        }
        *nodes -= 1;
        let classes = problem.classes[option];
        for class in classes {
            counts[usize::from(class)] += 1;
        }
        let fits = bounded.clone().all(|class| {
            let (range, count) = (problem.ranges[class], counts[class]);
            let can_count = |player: &&usize| {
                problem
                    .options_of(**player)
                    .any(|it| problem.classes[it].iter().any(|c| usize::from(*c) == class))
            };
            count <= range.max
                && (count >= range.min
                    || count
                        + i32::try_from(rest.iter().filter(can_count).count()).unwrap_or(i32::MAX)
                        >= range.min)
        });
        if fits {
            options[*player] = option;
            if choose(problem, rest, counts, options, nodes) {
                return true;
            }
        }
        for class in classes {
            counts[usize::from(class)] -= 1;
        }
    }
    false
}

/// Roles on one side, specializations on the other, players between them.
struct Network {
    /// Target and room of each arc; the arc back is the next one, or the one before.
    arcs: Vec<(usize, i32)>,
    of: Vec<Vec<usize>>,
    needed: i32,
    source: usize,
    sink: usize,
}

impl Network {
    fn new(problem: &Problem, must: u64, may: u64) -> Self {
        let classes = problem.ranges.len();
        let players = problem.players;
        // Classes stand for both sides: roles take from the start, specializations give to the end.
        let (start, end) = (2 * classes + 2 * players, 2 * classes + 2 * players + 1);
        let mut network = Self {
            arcs: vec![],
            of: vec![vec![]; end + 3],
            needed: 0,
            source: end + 1,
            sink: end + 2,
        };
        let mut lower = vec![0; end + 3];
        let all = i32::try_from(players).unwrap_or(i32::MAX);
        let mut limited = |network: &mut Self, from: usize, to: usize, min: i32, max: i32| {
            network.arc(from, to, max - min);
            lower[to] += min;
            lower[from] -= min;
        };
        let mut is_role = vec![false; classes];
        let mut is_copy = vec![false; classes];
        for player in bits(must | may) {
            let (into, out) = (2 * classes + 2 * player, 2 * classes + 2 * player + 1);
            limited(
                &mut network,
                into,
                out,
                i32::from(must & (1 << player) != 0),
                1,
            );
            let (mut roles, mut copies): (Vec<usize>, Vec<usize>) = (vec![], vec![]);
            for option in problem.options_of(player) {
                roles.push(usize::from(problem.classes[option][1]));
                copies.push(usize::from(problem.classes[option][2]));
            }
            for (list, seen) in [(&mut roles, &mut is_role), (&mut copies, &mut is_copy)] {
                list.sort_unstable();
                list.dedup();
                for class in list.iter() {
                    seen[*class] = true;
                }
            }
            for role in roles {
                network.arc(role, into, 1);
            }
            for copy in copies {
                network.arc(out, classes + copy, 1);
            }
        }
        for class in 0..classes {
            let range = problem.ranges[class];
            // A bound that nobody counts for still has to be met.
            let is_role = is_role[class] || range.min > 0;
            if class > 0 && is_role {
                let max = range.max.min(all);
                if range.min > max {
                    network.needed = i32::MAX / 2;
                }
                limited(&mut network, start, class, range.min.min(max), max);
            }
            if is_copy[class] {
                limited(&mut network, classes + class, end, 0, range.max.min(all));
            }
        }
        network.arc(end, start, all);
        for (node, lower) in lower.iter().enumerate() {
            if *lower > 0 {
                network.arc(network.source, node, *lower);
                network.needed = network.needed.saturating_add(*lower);
            } else if *lower < 0 {
                network.arc(node, network.sink, -lower);
            }
        }
        network
    }

    fn arc(&mut self, from: usize, to: usize, room: i32) {
        self.of[from].push(self.arcs.len());
        self.arcs.push((to, room));
        self.of[to].push(self.arcs.len());
        self.arcs.push((from, 0));
    }

    /// Whether all lower bounds can be met.
    fn circulates(&mut self) -> bool {
        let mut flow = 0;
        while flow < self.needed {
            let mut seen = vec![false; self.of.len()];
            if !self.augment(self.source, &mut seen) {
                return false;
            }
            flow += 1;
        }
        true
    }

    fn augment(&mut self, node: usize, seen: &mut [bool]) -> bool {
        if node == self.sink {
            return true;
        }
        seen[node] = true;
        for at in 0..self.of[node].len() {
            let arc = self.of[node][at];
            let (to, room) = self.arcs[arc];
            if room > 0 && !seen[to] && self.augment(to, seen) {
                self.arcs[arc].1 -= 1;
                self.arcs[arc ^ 1].1 += 1;
                return true;
            }
        }
        false
    }
}
