//! Whether the constraints can be met, and by which assignment; if not, a minimal conflicting set of
//! them. "None" is proved: the search is exhaustive, and answers "unknown" at its limit.

use crate::constraint::Constraint;
use crate::counts::{Fit, fit_builds};
use crate::problem::{ANYWHERE, Input, InputError, PLAYING, Placement, Problem, Seat, bits, whole};

/// The answer to whether constraints can be met.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Feasibility {
    /// They can, like this.
    Met(Vec<Placement>),
    /// They cannot.
    Clash,
    /// Not known within the limit.
    Unknown,
}

/// Constraints that cannot all hold, by their places in the input.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Clash {
    /// Which.
    pub constraints: Vec<usize>,
    /// Whether each of them was proved to be needed for the clash.
    pub is_minimal: bool,
}

const BENCH: u16 = 1 << 15;

/// Whether the constraints of a problem can be met; subtracts the nodes it used.
pub fn check(problem: &Problem, nodes: &mut u32) -> Feasibility {
    let mut search = Search::new(problem, *nodes);
    let found = search.start();
    *nodes = search.nodes;
    match found {
        Some(placements) => Feasibility::Met(placements),
        None if search.gave_up => Feasibility::Unknown,
        None => Feasibility::Clash,
    }
}

/// Drops one constraint after the other that the clash does not need. Call it when there is a clash.
/// Looks at `nodes` in all, and at `each` for one question.
pub fn minimal_clash(input: &Input, mut nodes: u32, each: u32) -> Result<Clash, InputError> {
    let mut kept: Vec<usize> = (0..input.constraints.len()).collect();
    // A clique of players who are apart is a shorter answer than many pairs, and found faster.
    if let Some(few) = around_a_clique(input)
        && probe(input, &few, &mut nodes, each)? == Feasibility::Clash
    {
        kept = few;
    }
    // Halves, quarters and so on first: most constraints are not part of the clash.
    let mut size = kept.len() / 2;
    while size > 1 {
        let mut at = 0;
        while at < kept.len() {
            let mut rest = kept.clone();
            rest.drain(at..kept.len().min(at + size));
            if probe(input, &rest, &mut nodes, each)? == Feasibility::Clash {
                kept = rest;
            } else {
                at += size;
            }
        }
        size /= 2;
    }
    let mut is_minimal = true;
    for at in (0..kept.len()).rev() {
        let mut rest = kept.clone();
        rest.remove(at);
        match probe(input, &rest, &mut nodes, each)? {
            Feasibility::Clash => kept = rest,
            Feasibility::Met(_) => {}
            Feasibility::Unknown => is_minimal = false,
        }
    }
    Ok(Clash {
        constraints: kept,
        is_minimal,
    })
}

/// All constraints but those of being apart that do not concern one more player than there are
/// subgroups, no two of whom may share one; none where there are no such players.
fn around_a_clique(input: &Input) -> Option<Vec<usize>> {
    let problem = Problem::new(input, &input.constraints).ok()?;
    let everyone = (0..problem.players).fold(0_u64, |set, player| set | 1 << player);
    let (mut clique, mut common) = (0_u64, everyone);
    let degree = |player: &usize, among: u64| (problem.apart[*player] & among).count_ones();
    while let Some(next) = bits(common).max_by_key(|player| degree(player, common)) {
        clique |= 1 << next;
        common &= problem.apart[next] & !(1 << next);
        if clique.count_ones() as usize > input.groups {
            break;
        }
    }
    let concerns = |constraint: &Constraint| match constraint {
        Constraint::Apart(players) => {
            let inside = |player: &&usize| clique & (1 << **player) != 0;
            players.iter().filter(inside).count() > 1
        }
        _ => true,
    };
    let kept = (0..input.constraints.len()).filter(|at| concerns(&input.constraints[*at]));
    (clique.count_ones() as usize > input.groups).then(|| kept.collect())
}

/// Whether these constraints alone can be met.
fn probe(
    input: &Input,
    kept: &[usize],
    nodes: &mut u32,
    each: u32,
) -> Result<Feasibility, InputError> {
    let constraints: Vec<Constraint> = kept
        .iter()
        .map(|at| input.constraints[*at].clone())
        .collect();
    let problem = Problem::new(input, &constraints)?;
    let share = each.min(*nodes);
    let mut left = share;
    let found = check(&problem, &mut left);
    *nodes -= share - left;
    Ok(found)
}

/// Players who are together.
struct Block {
    players: u64,
    size: usize,
    /// Blocks that may not share a subgroup with this one.
    apart: u64,
}

struct Search<'p> {
    problem: &'p Problem,
    blocks: Vec<Block>,
    /// Sets of blocks no two of which may share a subgroup; each block is in one.
    cliques: Vec<Vec<usize>>,
    has_counts: bool,
    nodes: u32,
    gave_up: bool,
}

/// The domains of the blocks, and the room of the subgroups.
#[derive(Clone)]
struct Node {
    domains: Vec<u16>,
    placed: u64,
    room: [usize; 16],
    /// Subgroups that anyone stands in, or is prescribed for; the others are alike.
    known: u16,
}

impl<'p> Search<'p> {
    fn new(problem: &'p Problem, nodes: u32) -> Self {
        let mut blocks: Vec<Block> = vec![];
        let mut block_of = vec![0; problem.players];
        for player in 0..problem.players {
            let players = problem.together[player] | 1 << player;
            if players.trailing_zeros() as usize == player {
                block_of[player] = blocks.len();
                blocks.push(Block {
                    players,
                    size: players.count_ones() as usize,
                    apart: 0,
                });
            } else {
                block_of[player] = block_of[players.trailing_zeros() as usize];
            }
        }
        for player in 0..problem.players {
            for other in bits(problem.apart[player]) {
                blocks[block_of[player]].apart |= 1 << block_of[other];
            }
        }
        let mut search = Self {
            problem,
            cliques: vec![],
            blocks,
            has_counts: problem.ranges.len() > 2,
            nodes,
            gave_up: false,
        };
        search.cover_with_cliques();
        search
    }

    fn cover_with_cliques(&mut self) {
        let mut left: u64 = if self.blocks.len() == 64 {
            u64::MAX
        } else {
            (1 << self.blocks.len()) - 1
        };
        while left != 0 {
            let degree = |block: &usize| (self.blocks[*block].apart & left).count_ones();
            let Some(first) = bits(left).max_by_key(degree) else {
                break;
            };
            let mut clique = vec![first];
            let mut common = self.blocks[first].apart & left & !(1 << first);
            while let Some(next) =
                bits(common).max_by_key(|it| (self.blocks[*it].apart & common).count_ones())
            {
                clique.push(next);
                common &= self.blocks[next].apart & !(1 << next);
            }
            for block in &clique {
                left &= !(1 << block);
            }
            clique.sort_by_key(|block| std::cmp::Reverse(self.blocks[*block].size));
            self.cliques.push(clique);
        }
    }

    fn start(&mut self) -> Option<Vec<Placement>> {
        let all: u16 = (1 << self.problem.groups) - 1;
        let mut node = Node {
            domains: vec![],
            placed: 0,
            room: [self.problem.group_size; 16],
            known: 0,
        };
        for block in &self.blocks {
            let mut domain = all | BENCH;
            for player in bits(block.players) {
                let fixed = self.problem.fixed[player];
                if fixed != ANYWHERE {
                    domain &= 1 << fixed | BENCH;
                    node.known |= 1 << fixed;
                }
                if !self.problem.may_rest(player) {
                    domain &= !BENCH;
                }
                if self.problem.apart[player] & block.players != 0 {
                    domain &= BENCH;
                }
            }
            if self.problem.nowhere & block.players != 0 {
                domain = 0;
            }
            node.domains.push(domain);
        }
        self.branch(node)
    }

    fn branch(&mut self, mut node: Node) -> Option<Vec<Placement>> {
        if self.nodes == 0 {
            self.gave_up = true;
            return None;
        }
        self.nodes -= 1;
        if !self.narrow(&mut node) {
            return None;
        }
        let open = (0..self.blocks.len()).filter(|block| node.placed & (1 << block) == 0);
        let rank = |block: &usize| {
            let domain = node.domains[*block];
            let degree = self.blocks[*block].apart.count_ones();
            (
                domain & BENCH != 0,
                domain.count_ones(),
                std::cmp::Reverse((degree, self.blocks[*block].size)),
            )
        };
        let Some(block) = open.min_by_key(rank) else {
            return self.finish(&node);
        };
        let mut tried_new = false;
        for group in 0..self.problem.groups {
            let bit = 1_u16 << group;
            if node.domains[block] & bit == 0 {
                continue;
            }
            // Empty subgroups are interchangeable: one of them is tried.
            if node.known & bit == 0 {
                if tried_new {
                    continue;
                }
                tried_new = true;
            }
            let mut next = node.clone();
            next.domains[block] = bit;
            if let Some(found) = self.branch(next) {
                return Some(found);
            }
        }
        if node.domains[block] & BENCH != 0 {
            node.domains[block] = BENCH;
            return self.branch(node);
        }
        None
    }

    /// Removes impossible places; false when a block has none left.
    fn narrow(&mut self, node: &mut Node) -> bool {
        loop {
            let mut changed = false;
            for block in 0..self.blocks.len() {
                let domain = node.domains[block];
                if domain == 0 {
                    return false;
                }
                if node.placed & (1 << block) != 0 {
                    continue;
                }
                let size = self.blocks[block].size;
                if domain.is_power_of_two() {
                    node.placed |= 1 << block;
                    changed = true;
                    if domain != BENCH {
                        let group = domain.trailing_zeros() as usize;
                        if node.room[group] < size {
                            return false;
                        }
                        node.room[group] -= size;
                        node.known |= domain;
                        for other in bits(self.blocks[block].apart & !(1 << block)) {
                            node.domains[other] &= !domain;
                        }
                    }
                    continue;
                }
                let full = (0..self.problem.groups).filter(|group| node.room[*group] < size);
                let full = full.fold(0_u16, |set, group| set | 1 << group);
                node.domains[block] &= !full;
                changed |= node.domains[block] != domain;
            }
            changed |= match self.count_players(node) {
                Some(changed) => changed,
                None => return false,
            };
            if !changed {
                break;
            }
        }
        if !self.has_counts {
            return true;
        }
        let (must, may) = self.playing(node);
        // A flow costs as much as many nodes.
        self.nodes = self.nodes.saturating_sub(20);
        fit_builds(self.problem, must, may, None) != Fit::None
    }

    /// Players who surely play, and players who may.
    fn playing(&self, node: &Node) -> (u64, u64) {
        let (mut must, mut may) = (0, 0);
        for (block, domain) in self.blocks.iter().zip(&node.domains) {
            if domain & BENCH == 0 {
                must |= block.players;
            }
            if domain & !BENCH != 0 {
                may |= block.players;
            }
        }
        (must, may)
    }

    /// The bounds of how many play; none when they cannot be met, else whether anything was taken out.
    fn count_players(&self, node: &mut Node) -> Option<bool> {
        let range = self.problem.ranges[PLAYING];
        let size = |set: u64| whole(set.count_ones() as usize);
        let (must, _) = self.playing(node);
        let floor = size(must);
        let mut ceiling = 0;
        for clique in &self.cliques {
            let (mut groups, mut placed) = (0_u16, 0);
            let mut sizes = vec![];
            for block in clique {
                let domain = node.domains[*block];
                if node.placed & (1 << block) == 0 && domain & !BENCH != 0 {
                    groups |= domain & !BENCH;
                    sizes.push(self.blocks[*block].size);
                } else if domain & BENCH == 0 {
                    placed += self.blocks[*block].size;
                }
            }
            // They are sorted: the largest ones, one for each subgroup.
            let open: usize = sizes.iter().take(groups.count_ones() as usize).sum();
            ceiling += whole(placed + open);
        }
        let placed: i32 = (0..self.blocks.len())
            .filter(|block| node.placed & (1 << block) != 0 && node.domains[*block] != BENCH)
            .map(|block| size(self.blocks[block].players))
            .sum();
        let room = whole(node.room[..self.problem.groups].iter().sum());
        ceiling = ceiling.min(placed + room);
        if floor > range.max || ceiling < range.min || floor - placed > room {
            return None;
        }
        let mut changed = false;
        for block in 0..self.blocks.len() {
            if node.placed & (1 << block) != 0 || node.domains[block] & BENCH == 0 {
                continue;
            }
            if floor + size(self.blocks[block].players) > range.max {
                changed |= node.domains[block] != BENCH;
                node.domains[block] = BENCH;
            }
        }
        Some(changed)
    }

    fn finish(&mut self, node: &Node) -> Option<Vec<Placement>> {
        let (must, _) = self.playing(node);
        let options = match fit_builds(self.problem, must, must, Some(&mut self.nodes)) {
            Fit::Options(options) => options,
            Fit::Unknown => {
                self.gave_up = true;
                return None;
            }
            Fit::Possible | Fit::None => return None,
        };
        let mut placements = vec![None; self.problem.players];
        for (block, domain) in self.blocks.iter().zip(&node.domains) {
            if *domain == BENCH {
                continue;
            }
            for player in bits(block.players) {
                let build = usize::from(self.problem.build[options[player]]);
                placements[player] = Some(Seat {
                    group: domain.trailing_zeros() as usize,
                    build,
                });
            }
        }
        Some(placements)
    }
}
