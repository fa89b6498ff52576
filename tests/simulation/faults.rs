//! Faults around the Worker, all from the dice: a database that fails before or after it wrote or is away, work in
//! any order, and isolates that are killed half way.

use std::cell::Cell;
use std::rc::Rc;
use std::task::{Context, Waker};

use wvw_builder::platform::native::{SeededRandom, TestDatabase};
use wvw_builder::platform::{Database, DatabaseError, LocalFuture, Random as _, Row, Statement};

use testing::databases::step_aside;

const LOST: &str = "Network connection lost.";

/// Small numbers from a seed.
pub struct Dice(pub SeededRandom);

impl Dice {
    pub fn roll(&self, sides: u32) -> u32 {
        let mut bytes = [0; 4];
        self.0.fill(&mut bytes);
        u32::from_le_bytes(bytes) % sides
    }

    pub fn one_in(&self, sides: u32) -> bool {
        self.roll(sides) == 0
    }

    pub fn up_to(&self, most: i64) -> i64 {
        i64::from(self.roll(u32::try_from(most).expect("small") + 1))
    }
}

/// What goes wrong in this run.
// Each comes or not, whatever the others do.
#[allow(clippy::struct_excessive_bools)]
#[derive(Debug, Clone, Copy)]
pub struct Faults {
    /// Now and then the database does not take a statement, or its answer is lost.
    pub database: bool,
    /// The clock goes forward or back by up to an hour.
    pub clock: bool,
    /// Work ends half way.
    pub kills: bool,
    /// The owner disables, enables, sends again, rotates and deletes meanwhile.
    pub owner: bool,
}

/// How the database is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Health {
    Good,
    Faulty,
    Away,
}

/// A database that fails as its health says, and lets others in before it answers and after it wrote.
#[derive(Clone)]
pub struct Faulty {
    pub database: TestDatabase,
    pub dice: Rc<Dice>,
    pub health: Rc<Cell<Health>>,
}

impl Faulty {
    fn fails(&self) -> Result<(), DatabaseError> {
        let fails = match self.health.get() {
            Health::Good => false,
            Health::Faulty => self.dice.one_in(15),
            Health::Away => true,
        };
        if fails {
            return Err(DatabaseError::classify(LOST));
        }
        Ok(())
    }
}

impl Database for Faulty {
    fn query(&self, statement: Statement) -> LocalFuture<'_, Result<Vec<Row>, DatabaseError>> {
        Box::pin(async move {
            step_aside().await;
            self.fails()?;
            self.database.query(statement).await
        })
    }

    fn batch(
        &self,
        statements: Vec<Statement>,
    ) -> LocalFuture<'_, Result<Vec<u64>, DatabaseError>> {
        Box::pin(async move {
            step_aside().await;
            self.fails()?;
            let outcome = self.database.batch(statements).await;
            step_aside().await;
            self.fails()?;
            outcome
        })
    }
}

/// Runs all of them, in any order of steps; `kills`: now and then one ends where it is. Gives how
/// many did.
pub fn run_mixed(mut work: Vec<LocalFuture<'_, ()>>, dice: &Dice, kills: bool) -> usize {
    let mut context = Context::from_waker(Waker::noop());
    let mut killed = 0;
    while !work.is_empty() {
        let place = dice.roll(u32::try_from(work.len()).expect("few")) as usize;
        if kills && dice.one_in(80) {
            drop(work.swap_remove(place));
            killed += 1;
        } else if work[place].as_mut().poll(&mut context).is_ready() {
            drop(work.swap_remove(place));
        }
    }
    killed
}
