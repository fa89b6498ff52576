//! Replacing the master key while tokens are issued and checked: everything can be read at every step, and the log says
//! when it is over.

use std::cell::RefCell;
use std::rc::Rc;

use pollster::block_on;
use wvw_builder::auth::keys::reseal::{self, Resealed};
use wvw_builder::auth::keys::store::SealedColumn;
use wvw_builder::config::{Config, MasterKeys};
use wvw_builder::platform::{Level, Platform, Statement};
use wvw_builder::seal;
use wvw_builder::sealed_columns::SEALED;

use crate::world::{DAY_MS, HOUR_MS, World, config};
use testing::databases::Raced;

const OLD: u8 = 1;
const NEW: u8 = 60;

/// Secrets of users, as other features keep theirs.
const COLUMN: SealedColumn = SealedColumn {
    table: "safes",
    key: "owner",
    column: "sealed",
    label: "safe:",
};

fn masters(config: &Config) -> &MasterKeys {
    &config.master_keys
}

fn fill(world: &World, count: usize) {
    world.execute("CREATE TABLE safes (owner TEXT PRIMARY KEY, sealed BLOB) STRICT, WITHOUT ROWID");
    let platform = world.platform(0);
    let old = config(OLD, None);
    for number in 0..count {
        let owner = format!("user_{number:03}");
        let plaintext = format!("secret of {owner}");
        let label = format!("safe:{owner}");
        let sealed = seal::seal(masters(&old), &label, plaintext.as_bytes(), &platform).unwrap();
        let insert = Statement::new(
            "INSERT INTO safes (owner, sealed) VALUES (?1, ?2)",
            vec![owner.into(), sealed.into()],
        );
        block_on(platform.database.batch(vec![insert])).unwrap();
    }
    world.execute("INSERT INTO safes VALUES ('user_without', NULL)");
}

/// How many of the secrets can be read.
fn readable(world: &World, master: &MasterKeys) -> usize {
    let rows = world.execute("SELECT owner, sealed FROM safes WHERE sealed IS NOT NULL");
    let opens = rows.iter().filter(|row| {
        let owner = row.text(0).unwrap();
        let found = seal::open(master, &format!("safe:{owner}"), row.blob(1).unwrap());
        found.is_some_and(|found| found.as_slice() == format!("secret of {owner}").as_bytes())
    });
    opens.count()
}

fn step(platform: &Platform, config: &Config) -> Resealed {
    block_on(reseal::step(&[COLUMN], masters(config), platform)).unwrap()
}

#[test]
fn it_goes_in_small_steps_and_everything_can_be_read_throughout() {
    let world = World::new();
    fill(&world, 120);
    let both = config(NEW, Some(OLD));
    let platform = world.platform(0);
    for (done, left) in [(50, 70), (50, 20), (20, 0), (0, 0)] {
        assert_eq!(readable(&world, masters(&both)), 120);
        assert_eq!(step(&platform, &both), Resealed { done, left });
    }
    assert_eq!(readable(&world, masters(&config(NEW, None))), 120);
    assert_eq!(readable(&world, masters(&config(OLD, None))), 0);
}

#[test]
fn a_value_that_changes_meanwhile_is_not_overwritten() {
    let world = World::new();
    fill(&world, 3);
    let sql = "UPDATE safes SET sealed = x'0102' WHERE owner = 'user_001'".to_owned();
    let raced = Platform {
        database: Box::new(Raced {
            database: world.test.database.clone(),
            before: "",
            sql: Rc::new(RefCell::new(Some(sql))),
        }),
        ..world.platform(0)
    };
    let both = config(NEW, Some(OLD));
    assert_eq!(step(&raced, &both), Resealed { done: 2, left: 1 });
    assert_eq!(world.rows("safes WHERE sealed = x'0102'"), 1);
}

#[test]
fn values_that_do_not_open_are_counted_and_stand_in_nobodys_way() {
    let world = World::new();
    fill(&world, 120);
    // More than one step takes, and the first by any order of theirs.
    world.execute("UPDATE safes SET sealed = x'00' WHERE owner < 'user_060'");
    let both = config(NEW, Some(OLD));
    let platform = world.platform(0);
    let mut last = step(&platform, &both);
    for _ in 0..30 {
        last = step(&platform, &both);
    }
    assert_eq!(last, Resealed { done: 0, left: 60 });
    assert_eq!(readable(&world, masters(&config(NEW, None))), 60);
}

#[test]
fn tokens_are_issued_and_checked_at_every_step_of_a_replacement() {
    let world = World::new();
    let before = world.isolate(0);
    before.sign();
    // A month in, when the next key is published and waits.
    world.wait_ms(29 * DAY_MS);
    before.tick();
    assert_eq!(world.rows("signing_keys"), 2);
    let old = before.sign();

    let with_both = || world.isolate_on(world.platform(0), config(NEW, Some(OLD)));
    let kept = with_both();
    assert!(kept.admits(&old));
    for hour in 0..72 {
        for isolate in [&kept, &with_both()] {
            let token = isolate.sign();
            for verifier in [&kept, &with_both()] {
                assert!(verifier.admits(&token), "hour {hour}");
            }
        }
        with_both().tick();
        world.wait_ms(HOUR_MS);
    }
    // Over: the old key can go.
    let master = config(NEW, None);
    let platform = world.platform(0);
    let left = reseal::count_left(SEALED, masters(&master), &platform);
    assert_eq!(block_on(left).unwrap(), 0);
    let after = world.isolate_on(platform, master);
    assert!(after.admits(&kept.sign()));
    assert!(kept.admits(&after.sign()));
    let lines = world.test.log.lines();
    let resealed = lines.iter().find(|(_, line)| line.contains("\"reseal\""));
    let (level, line) = resealed.expect("a line says how far it is");
    assert_eq!(*level, Level::Info);
    assert!(line.contains("\"count\":2,\"left\":0"), "{line}");
}
