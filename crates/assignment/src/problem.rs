//! The problem: players with their builds, the functions of a squad, and the constraints. Rows have a
//! fixed length and include the weights; no sum of them overflows 32 bits.

use crate::constraint::Constraint;

/// Functions for allies, at most.
pub const PARTY: usize = 16;
/// Functions for the squad, at most.
pub const SQUAD: usize = 8;
/// Players, at most: sets of players are 64 bits.
pub const MAX_PLAYERS: usize = 64;
/// Subgroups, at most; the bench stands behind the last one.
pub(crate) const MAX_GROUPS: usize = 15;
/// The greatest score that any assignment may have.
const MAX_SCORE: i64 = 1 << 30;

/// A number for each function for allies, its weight multiplied in.
pub type PartyRow = [i32; PARTY];
/// A number for each function for the squad, its weight multiplied in.
pub type SquadRow = [i32; SQUAD];

/// What the squad needs: `weight` points for each unit, up to `target`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Function {
    /// Points for one unit.
    pub weight: u32,
    /// How many units count.
    pub target: u32,
}

/// A build that a player owns.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Build {
    /// Its specialization; copies are counted by it.
    pub specialization: u16,
    /// Its role; role bounds count it.
    pub role: Option<u8>,
    /// Units for each function for allies.
    pub party: Vec<u32>,
    /// Units for each function for the squad.
    pub squad: Vec<u32>,
    /// Points for playing it.
    pub preference: u32,
}

/// The whole question.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Input {
    /// What is done for the own subgroup.
    pub party: Vec<Function>,
    /// What is done for the squad.
    pub squad: Vec<Function>,
    /// The builds of each player.
    pub players: Vec<Vec<Build>>,
    /// How many subgroups there are.
    pub groups: usize,
    /// How many players a subgroup has room for.
    pub group_size: usize,
    /// What must hold.
    pub constraints: Vec<Constraint>,
}

/// Where a player goes: nowhere is the bench.
pub type Placement = Option<Seat>;

/// A subgroup and one of the player's builds, both counted from 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Seat {
    /// The subgroup.
    pub group: usize,
    /// The place of the build among the player's.
    pub build: usize,
}

/// Why a question cannot be worked on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InputError {
    /// More players, subgroups or functions than rows have room for, or a name of none of them.
    Shape,
    /// Weights and targets whose products leave the room that scores have.
    Range,
}

/// No subgroup is prescribed.
pub(crate) const ANYWHERE: u8 = u8::MAX;
/// More than can be counted: the upper bound of a class that has none.
pub const UNBOUNDED: i32 = 1 << 20;
/// Anyone may leave their home.
pub(crate) const FREELY: i32 = i32::MAX;
/// The option of every player on the bench: it brings nothing and counts as nothing.
pub const BENCHED: u16 = 0;
/// The class of all who play.
pub(crate) const PLAYING: usize = 0;

/// How many options of a class may be taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Range {
    /// At least.
    pub min: i32,
    /// At most.
    pub max: i32,
}

/// The question, laid out for the search. An option is a build of one player; option 0 is the bench.
#[derive(Debug, Clone)]
pub struct Problem {
    /// How many subgroups there are; the bench has this number.
    pub groups: usize,
    /// Room of a subgroup.
    pub group_size: usize,
    /// How many players there are.
    pub players: usize,
    /// What is enough in a subgroup.
    pub party_target: PartyRow,
    /// What is enough in the squad.
    pub squad_target: SquadRow,
    /// What each option brings to its subgroup.
    pub party: Vec<PartyRow>,
    /// What each option brings to the squad.
    pub squad: Vec<SquadRow>,
    /// Points of each option.
    pub preference: Vec<i32>,
    /// Whose option it is.
    pub owner: Vec<u8>,
    /// The place of each option's build among its player's.
    pub build: Vec<u8>,
    /// What each option counts as: playing, its role, its specialization. The last class has no bounds.
    pub classes: Vec<[u8; 3]>,
    /// The bounds of each class: all who play, `roles`, `copies`.
    pub ranges: Vec<Range>,
    /// Roles with bounds, as they are first named.
    pub roles: Vec<u8>,
    /// Specializations whose copies are bounded, as they are first named.
    pub copies: Vec<u16>,
    /// The first option of each player, and one behind the last one's.
    pub first: Vec<u16>,
    /// Prescribed subgroups.
    pub fixed: [u8; MAX_PLAYERS],
    /// The places where each player may be, as a set; the bench is the last one.
    pub allowed: [u16; MAX_PLAYERS],
    /// Whose pins contradict each other.
    pub nowhere: u64,
    /// Who may not be on the bench.
    pub must_play: u64,
    /// Who may not be in one subgroup with whom.
    pub apart: [u64; MAX_PLAYERS],
    /// Who must be in one place with whom.
    pub together: [u64; MAX_PLAYERS],
    /// Where each player stands already, for a re-run: place and option.
    pub home: [Option<(u8, u16)>; MAX_PLAYERS],
    /// How many may leave their home.
    pub max_moved: i32,
}

impl Problem {
    /// Lays the question out, with `constraints` instead of its own.
    pub fn new(input: &Input, constraints: &[Constraint]) -> Result<Self, InputError> {
        let players = input.players.len();
        if players > MAX_PLAYERS
            || input.players.iter().any(Vec::is_empty)
            || !(1..=MAX_GROUPS).contains(&input.groups)
            || input.party.len() > PARTY
            || input.squad.len() > SQUAD
        {
            return Err(InputError::Shape);
        }
        let mut problem = Self {
            groups: input.groups,
            group_size: input.group_size,
            players,
            party_target: targets(&input.party)?,
            squad_target: targets(&input.squad)?,
            party: vec![[0; PARTY]],
            squad: vec![[0; SQUAD]],
            preference: vec![0],
            owner: vec![u8::MAX],
            build: vec![0],
            classes: vec![],
            ranges: vec![],
            roles: vec![],
            copies: vec![],
            first: Vec::with_capacity(players + 1),
            fixed: [ANYWHERE; MAX_PLAYERS],
            allowed: [0; MAX_PLAYERS],
            nowhere: 0,
            must_play: 0,
            apart: [0; MAX_PLAYERS],
            together: [0; MAX_PLAYERS],
            home: [None; MAX_PLAYERS],
            max_moved: FREELY,
        };
        let mut only = [None; MAX_PLAYERS];
        for constraint in constraints {
            problem.constrain(constraint, input, &mut only)?;
        }
        problem.close_together();
        problem.allow();
        for (player, builds) in input.players.iter().enumerate() {
            problem.first.push(narrow(problem.party.len())?);
            for (number, build) in builds.iter().enumerate() {
                if only[player].is_none_or(|only| only == number) {
                    problem.party.push(row(&build.party, &input.party)?);
                    problem.squad.push(row(&build.squad, &input.squad)?);
                    let preference = i32::try_from(build.preference);
                    problem
                        .preference
                        .push(preference.map_err(|_| InputError::Range)?);
                    problem.owner.push(narrow(player)?);
                    problem.build.push(narrow(number)?);
                }
            }
        }
        problem.first.push(narrow(problem.party.len())?);
        problem.classify(input, constraints)?;
        problem.check_range()?;
        Ok(problem)
    }

    fn constrain(
        &mut self,
        constraint: &Constraint,
        input: &Input,
        only: &mut [Option<usize>; MAX_PLAYERS],
    ) -> Result<(), InputError> {
        let set = |members: &[usize]| -> Result<u64, InputError> {
            let is_there = |member: &&usize| **member < input.players.len();
            let known = members.iter().take_while(is_there).count() == members.len();
            let bits = members
                .iter()
                .fold(0, |set, member| set | 1_u64 << (member & 63));
            known.then_some(bits).ok_or(InputError::Shape)
        };
        match constraint {
            Constraint::Plays(player) | Constraint::PinBuild { player, .. } => {
                self.must_play |= set(&[*player])?;
            }
            Constraint::PinGroup { player, group } => {
                self.must_play |= set(&[*player])?;
                let group: u8 = narrow(*group)?;
                if usize::from(group) >= self.groups {
                    return Err(InputError::Shape);
                }
                if ![ANYWHERE, group].contains(&self.fixed[*player]) {
                    self.nowhere |= 1 << player;
                }
                self.fixed[*player] = group;
            }
            Constraint::Together(players) | Constraint::Apart(players) => {
                let members = set(players)?;
                let others = match constraint {
                    Constraint::Apart(_) => &mut self.apart,
                    _ => &mut self.together,
                };
                for player in players {
                    others[*player] |= members & !(1 << player);
                }
            }
            _ => {}
        }
        if let Constraint::PinBuild { player, build } = constraint {
            if *build >= input.players[*player].len() {
                return Err(InputError::Shape);
            }
            if only[*player].is_some_and(|other| other != *build) {
                self.nowhere |= 1 << player;
            }
            only[*player] = Some(*build);
        }
        Ok(())
    }

    /// The transitive closure of `together`; pins and duties to play extend to all of a block.
    fn close_together(&mut self) {
        for through in 0..self.players {
            for player in 0..self.players {
                if self.together[player] & (1 << through) != 0 {
                    self.together[player] |= self.together[through] & !(1 << player);
                }
            }
        }
        for player in 0..self.players {
            let others = self.together[player];
            if self.must_play & others != 0 {
                self.must_play |= 1 << player;
            }
            let pinned = bits(others).find(|other| self.fixed[*other] != ANYWHERE);
            if let (ANYWHERE, Some(other)) = (self.fixed[player], pinned) {
                self.fixed[player] = self.fixed[other];
            }
        }
    }

    fn allow(&mut self) {
        let bench = 1 << self.groups;
        for player in 0..self.players {
            let groups = match self.fixed[player] {
                ANYWHERE => bench - 1,
                group => 1 << group,
            };
            let rest = if self.may_rest(player) { bench } else { 0 };
            self.allowed[player] = groups | rest;
        }
    }

    fn classify(&mut self, input: &Input, constraints: &[Constraint]) -> Result<(), InputError> {
        let all: i32 = narrow(input.players.len())?;
        let room = narrow(input.groups * input.group_size)?;
        let free = Range {
            min: 0,
            max: UNBOUNDED,
        };
        self.ranges = vec![Range {
            min: 0,
            max: all.min(room),
        }];
        for constraint in constraints {
            match constraint {
                Constraint::SquadSize(max) => {
                    self.ranges[PLAYING].max = self.ranges[PLAYING].max.min(*max);
                }
                Constraint::BenchMax(max) => {
                    self.ranges[PLAYING].min = self.ranges[PLAYING].min.max(all - *max);
                }
                Constraint::RoleMin { role, .. } | Constraint::RoleMax { role, .. }
                    if !self.roles.contains(role) =>
                {
                    self.roles.push(*role);
                }
                Constraint::Copies { specialization, .. }
                    if !self.copies.contains(specialization) =>
                {
                    self.copies.push(*specialization);
                }
                _ => {}
            }
        }
        let classes = 1 + self.roles.len() + self.copies.len();
        self.ranges.resize(classes + 1, free);
        let none = narrow(classes)?;
        for constraint in constraints {
            let class = match constraint {
                Constraint::RoleMin { role, .. } | Constraint::RoleMax { role, .. } => {
                    self.class_of_role(*role)
                }
                Constraint::Copies { specialization, .. } => self.class_of_copies(*specialization),
                _ => None,
            };
            let Some(range) = class.map(|class| &mut self.ranges[class]) else {
                continue;
            };
            match constraint {
                Constraint::RoleMin { min, .. } => range.min = range.min.max(*min),
                Constraint::RoleMax { max, .. } | Constraint::Copies { max, .. } => {
                    range.max = range.max.min(*max);
                }
                _ => {}
            }
        }
        self.classes = vec![[none; 3]];
        for option in 1..self.party.len() {
            let build =
                &input.players[usize::from(self.owner[option])][usize::from(self.build[option])];
            let role = build.role.and_then(|role| self.class_of_role(role));
            let copies = self.class_of_copies(build.specialization);
            let class = |class: Option<usize>| class.map_or(Ok(none), narrow);
            self.classes.push([0, class(role)?, class(copies)?]);
        }
        Ok(())
    }

    /// The class of a role with bounds.
    fn class_of_role(&self, role: u8) -> Option<usize> {
        let at = self.roles.iter().position(|it| *it == role);
        at.map(|at| 1 + at)
    }

    /// The class of a specialization whose copies are bounded.
    fn class_of_copies(&self, specialization: u16) -> Option<usize> {
        let at = self.copies.iter().position(|it| *it == specialization);
        at.map(|at| 1 + self.roles.len() + at)
    }

    /// Refuses what could leave 32 bits: the greatest score, and every sum of coverage.
    fn check_range(&self) -> Result<(), InputError> {
        let groups = i64::try_from(self.groups).unwrap_or(i64::MAX);
        let party: i64 = self.party_target.iter().map(|it| i64::from(*it)).sum();
        let squad: i64 = self.squad_target.iter().map(|it| i64::from(*it)).sum();
        let greatest = |of: &dyn Fn(usize) -> i64| -> i64 {
            let players = 0..self.players;
            players
                .map(|player| self.options_of(player).map(of).max().unwrap_or(0))
                .sum()
        };
        let preference = greatest(&|option| i64::from(self.preference[option]));
        let score = groups * party + squad + preference;
        let mut sums = (0..PARTY).map(|k| greatest(&|option| i64::from(self.party[option][k])));
        let mut squad_sums =
            (0..SQUAD).map(|k| greatest(&|option| i64::from(self.squad[option][k])));
        let fits = score <= MAX_SCORE
            && sums.all(|sum| sum <= MAX_SCORE)
            && squad_sums.all(|sum| sum <= MAX_SCORE);
        fits.then_some(()).ok_or(InputError::Range)
    }

    /// The options of a player.
    #[inline]
    pub fn options_of(&self, player: usize) -> std::ops::Range<usize> {
        usize::from(self.first[player])..usize::from(self.first[player + 1])
    }

    /// The option of a player's build, if it may be played.
    pub(crate) fn option_of(&self, player: usize, build: usize) -> Option<usize> {
        self.options_of(player)
            .find(|option| usize::from(self.build[*option]) == build)
    }

    /// What these options bring to their subgroup.
    #[inline]
    #[cfg_attr(target_arch = "wasm32", target_feature(enable = "simd128"))]
    pub(crate) fn cover_of(&self, options: &[u16]) -> PartyRow {
        let mut cover = [0; PARTY];
        for option in options {
            for (sum, points) in cover.iter_mut().zip(&self.party[usize::from(*option)]) {
                *sum += points;
            }
        }
        cover
    }

    /// Counts an option `by` times in its classes.
    #[inline]
    pub(crate) fn count(&self, option: usize, by: i32, counts: &mut [i32]) {
        for class in self.classes[option] {
            counts[usize::from(class)] += by;
        }
    }

    /// Whether this player may be on the bench.
    #[inline]
    pub(crate) const fn may_rest(&self, player: usize) -> bool {
        self.must_play & (1 << player) == 0
    }

    /// Whether a player may stand at a place; the number of subgroups is the bench.
    #[inline]
    pub(crate) const fn may_stand(&self, player: usize, place: usize) -> bool {
        self.allowed[player] >> place & 1 != 0
    }
}

/// Multiplies weights in. What is above 31 bits by itself has no room.
pub fn row<const N: usize>(units: &[u32], functions: &[Function]) -> Result<[i32; N], InputError> {
    let mut row = [0; N];
    for ((points, units), function) in row.iter_mut().zip(units).zip(functions) {
        // More than is asked for is worth no more, so one player need not bring more.
        let units = u64::from((*units).min(function.target));
        *points =
            i32::try_from(units * u64::from(function.weight)).map_err(|_| InputError::Range)?;
    }
    Ok(row)
}

fn targets<const N: usize>(functions: &[Function]) -> Result<[i32; N], InputError> {
    let targets: Vec<u32> = functions.iter().map(|it| it.target).collect();
    row(&targets, functions)
}

fn narrow<T: TryFrom<usize>>(number: usize) -> Result<T, InputError> {
    T::try_from(number).map_err(|_| InputError::Shape)
}

/// A count as a number of the search.
pub(crate) fn whole(count: usize) -> i32 {
    i32::try_from(count).unwrap_or(i32::MAX)
}

/// The members of a set.
pub fn bits(mut set: u64) -> impl Iterator<Item = usize> {
    std::iter::from_fn(move || {
        let member = (set != 0).then(|| set.trailing_zeros() as usize)?;
        set &= set - 1;
        Some(member)
    })
}
