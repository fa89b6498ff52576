//! The constraints of an assignment, each as one requirement of the commander.

/// One constraint. Players, subgroups and builds are counted from 0.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Constraint {
    /// This player is not on the bench.
    Plays(usize),
    /// This player stands in this subgroup.
    PinGroup {
        /// Who.
        player: usize,
        /// Where.
        group: usize,
    },
    /// This player plays this build.
    PinBuild {
        /// Who.
        player: usize,
        /// The place of the build among the player's.
        build: usize,
    },
    /// These players are in one subgroup, or all on the bench.
    Together(Vec<usize>),
    /// No two of these players are in one subgroup.
    Apart(Vec<usize>),
    /// At least so many play builds of this role.
    RoleMin {
        /// The role.
        role: u8,
        /// How many.
        min: i32,
    },
    /// At most so many play builds of this role.
    RoleMax {
        /// The role.
        role: u8,
        /// How many.
        max: i32,
    },
    /// At most so many play this specialization.
    Copies {
        /// The specialization.
        specialization: u16,
        /// How many.
        max: i32,
    },
    /// At most so many play.
    SquadSize(i32),
    /// At most so many are on the bench.
    BenchMax(i32),
}
