//! Whether the builds that the players own can meet the bounds of roles and copies. "None" is proved by
//! a flow, a relaxation that contains every real choice.

use crate::problem::{Problem, bits, whole};

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fit {
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
    let mut options = network.options(problem, must);
    if meets_bounds(problem, must, &options) {
        return Fit::Options(options);
    }
    // Builds of one specialization with different roles: what the flow cannot count is tried out.
    let players: Vec<usize> = bits(must).collect();
    let mut counts = vec![0; problem.ranges.len()];
    if choose(problem, &players, &mut counts, &mut options, nodes) {
        Fit::Options(options)
    } else if *nodes == 0 {
        Fit::Unknown
    } else {
        Fit::None
    }
}

fn meets_bounds(problem: &Problem, must: u64, options: &[usize]) -> bool {
    let mut counts = vec![0; problem.ranges.len()];
    for player in bits(must) {
        problem.count(options[player], 1, &mut counts);
    }
    let mut bounds = problem.ranges.iter().zip(counts).skip(1);
    bounds.all(|(range, count)| (range.min..=range.max).contains(&count))
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
        problem.count(option, 1, counts);
        let fits = bounded.clone().all(|class| {
            let (range, count) = (problem.ranges[class], counts[class]);
            let can_count = |player: &&usize| {
                problem
                    .options_of(**player)
                    .any(|it| problem.classes[it].iter().any(|c| usize::from(*c) == class))
            };
            count <= range.max
                && (count >= range.min
                    || count + whole(rest.iter().filter(can_count).count()) >= range.min)
        });
        if fits {
            options[*player] = option;
            if choose(problem, rest, counts, options, nodes) {
                return true;
            }
        }
        problem.count(option, -1, counts);
    }
    false
}

/// From roles to kinds of builds, which have a role and a specialization, and on to players.
struct Network {
    /// Target and room of each arc; the arc back is the next one, or the one before.
    arcs: Vec<(usize, i32)>,
    of: Vec<Vec<usize>>,
    needed: i32,
    source: usize,
    sink: usize,
    kinds: Vec<[u8; 3]>,
    first_player: usize,
}

impl Network {
    fn new(problem: &Problem, must: u64, may: u64) -> Self {
        let classes = problem.ranges.len();
        let mut kinds: Vec<[u8; 3]> = vec![];
        for player in bits(must | may) {
            for option in problem.options_of(player) {
                if !kinds.contains(&problem.classes[option]) {
                    kinds.push(problem.classes[option]);
                }
            }
        }
        let first_player = classes + kinds.len();
        let start = first_player + problem.players;
        let end = start + 1;
        let mut network = Self {
            arcs: vec![],
            of: vec![vec![]; end + 3],
            needed: 0,
            source: end + 1,
            sink: end + 2,
            first_player,
            kinds,
        };
        let mut lower = vec![0; end + 3];
        let all = whole(problem.players);
        let mut limited = |network: &mut Self, from: usize, to: usize, min: i32, max: i32| {
            network.arc(from, to, max - min);
            lower[to] += min;
            lower[from] -= min;
        };
        for (class, range) in problem.ranges.iter().enumerate().skip(1) {
            let (min, max) = (range.min, range.max.min(all));
            if min > max {
                // More than there are, or than may be.
                network.needed = i32::MAX / 2;
            }
            limited(&mut network, start, class, min.min(max), max);
        }
        for at in 0..network.kinds.len() {
            let [_, role, copies] = network.kinds[at].map(usize::from);
            network.arc(role, classes + at, problem.ranges[copies].max.min(all));
        }
        for player in bits(must | may) {
            let node = first_player + player;
            limited(
                &mut network,
                node,
                end,
                i32::from(must & (1 << player) != 0),
                1,
            );
            for at in 0..network.kinds.len() {
                let kind = network.kinds[at];
                if problem
                    .options_of(player)
                    .any(|option| problem.classes[option] == kind)
                {
                    network.arc(classes + at, node, 1);
                }
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

    /// What the flow lets each player play.
    fn options(&self, problem: &Problem, must: u64) -> Vec<usize> {
        let mut options = vec![0; problem.players];
        let classes = problem.ranges.len();
        for player in bits(must) {
            let arcs = self.of[self.first_player + player].iter();
            // The arc back of one that comes from a kind has room where something flows.
            let mut kinds = arcs.filter_map(|arc| {
                let (from, flow) = self.arcs[*arc];
                let is_kind = (classes..self.first_player).contains(&from);
                (arc % 2 == 1 && is_kind && flow > 0).then(|| self.kinds[from - classes])
            });
            let kind = kinds.next();
            let mut owned = problem.options_of(player);
            let found = owned
                .clone()
                .find(|option| Some(problem.classes[*option]) == kind);
            options[player] = found.or_else(|| owned.next()).unwrap_or(0);
        }
        options
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
