//! Signing keys through 400 days, with crons that come hourly, twice, seldom, or not for a month: isolates that have
//! just started, remember all, or are stale admit every good token. `tests/api/signing_keys.rs` has emergencies.

use std::collections::HashMap;
use std::rc::Rc;

use pollster::block_on;
use wvw_builder::auth::keys::ActiveKey;
use wvw_builder::auth::keys::model::KeyState;
use wvw_builder::auth::keys::store;
use wvw_builder::http::request::Credential;
use wvw_builder::platform::native::SeededRandom;
use wvw_builder::platform::{Platform, Random as _};

use crate::world::{HOUR_MS, Isolate, MINUTE_MS, StaleKeys, World, config};
use testing::databases::{Slow, all_together};

const DAYS: i64 = 400;
const KV_STALE_MS: i64 = 10 * MINUTE_MS;

/// What the cron does in this hour.
enum Cron {
    Comes,
    ComesTwiceAtOnce,
    StaysAway,
}

/// Lets 400 days pass, with a token and perhaps a cron every `hours`; gives how many keys were made.
fn pass(hours: i64, cron: impl Fn(i64) -> Cron) -> i64 {
    let world = World::new();
    let stale_keys = StaleKeys::new(world.test.database.clone());
    world.isolate(0).sign();
    stale_keys.remember();

    let long = world.isolate(0);
    // Sees the keys as they were an hour ago or more: longer than any cache of ours keeps them.
    let stale = world.isolate_on(
        Platform {
            database: Box::new(stale_keys.clone()),
            ..world.platform(KV_STALE_MS)
        },
        config(1, None),
    );
    let mut signed_with: HashMap<String, Rc<ActiveKey>> = HashMap::new();
    for hour in (0..DAYS * 24).step_by(usize::try_from(hours).expect("a small number")) {
        let fresh = world.isolate(0);
        let behind_kv = world.isolate(KV_STALE_MS);
        let all = [&fresh, &long, &stale, &behind_kv];
        let turn = usize::try_from(hour / hours).expect("a small number") % all.len();
        let key = all[turn].key();
        let token = all[turn].sign_with(&key);
        admit(&all, &token, &format!("hour {hour}, at once"));
        signed_with.insert(key.kid.clone(), key);
        // Keys change hands when crons come, or whole hours later: in the middle of a token's life.
        world.wait_ms(HOUR_MS / 2);
        run_cron(&world, cron(hour));
        if hour % 24 == 0 {
            check_lives(&world, &signed_with);
        }
        stale_keys.remember();
        let newcomers = [&world.isolate(0), &world.isolate(KV_STALE_MS)];
        admit(&newcomers, &token, &format!("hour {hour}, after the cron"));
        world.wait_ms(HOUR_MS / 2 - 1);
        admit(&all, &token, &format!("hour {hour}, at its end"));
        world.wait_ms((hours - 1) * HOUR_MS + 1);
    }
    world.count("SELECT max(generation) FROM signing_keys")
}

fn run_cron(world: &World, cron: Cron) {
    match cron {
        Cron::Comes => world.isolate(0).tick(),
        Cron::ComesTwiceAtOnce => {
            let isolates = [(); 2].map(|()| {
                let platform = Platform {
                    database: Box::new(Slow(world.test.database.clone())),
                    ..world.platform(0)
                };
                world.isolate_on(platform, config(1, None))
            });
            let at = world.now();
            all_together(
                isolates
                    .iter()
                    .map(|isolate| isolate.app.tick("17 * * * *", at)),
            );
        }
        Cron::StaysAway => {}
    }
}

#[track_caller]
fn admit(isolates: &[&Isolate<'_>], token: &Credential, when: &str) {
    for (number, isolate) in isolates.iter().enumerate() {
        assert!(isolate.admits(token), "{when}: refused by isolate {number}");
    }
}

/// One key is active, it has its private half, and of all keys that ever signed those verify that
/// have not been gone for a day.
fn check_lives(world: &World, signed_with: &HashMap<String, Rc<ActiveKey>>) {
    let now = world.now();
    let fresh = world.isolate(0);
    let keys = block_on(store::all(&fresh.state().platform)).expect("the database answers");
    let states: Vec<KeyState> = keys.iter().map(|key| key.life.state(now)).collect();
    let active = states.iter().filter(|state| **state == KeyState::Active);
    assert_eq!(active.count(), 1, "{states:?}");
    for key in &keys {
        let signs = matches!(key.life.state(now), KeyState::Active | KeyState::Published);
        assert!(!signs || key.sealed_private_key.is_some(), "{}", key.kid);
    }
    for (kid, key) in signed_with {
        let life = keys.iter().find(|key| key.kid == *kid).map(|key| key.life);
        let verifies = life.is_some_and(|life| life.verifies(now));
        let token = fresh.sign_with(key);
        assert_eq!(fresh.admits(&token), verifies, "{kid}: {life:?} at {now}");
    }
}

#[test]
fn a_cron_every_hour_and_two_at_once_make_one_key_a_month() {
    assert_eq!(pass(1, |_| Cron::Comes), 14);
    assert_eq!(pass(6, |_| Cron::ComesTwiceAtOnce), 14);
}

#[test]
fn crons_that_seldom_come() {
    let random = SeededRandom::new(7);
    let made = pass(6, |_| {
        let mut byte = [0];
        random.fill(&mut byte);
        match byte[0] {
            0..6 => Cron::Comes,
            6..12 => Cron::ComesTwiceAtOnce,
            _ => Cron::StaysAway,
        }
    });
    assert!((11..=14).contains(&made), "{made}");
}

#[test]
fn no_cron_for_months() {
    let is_away = |day: i64| (25..70).contains(&day) || (130..230).contains(&day);
    let made = pass(6, |hour| {
        if is_away(hour / 24) {
            Cron::StaysAway
        } else {
            Cron::Comes
        }
    });
    // 30-day lives, and two that lasted until someone came.
    assert!((9..=11).contains(&made), "{made}");
}

#[test]
fn rows_of_keys_that_are_gone_are_deleted_and_their_private_halves_before() {
    let world = World::new();
    let first = world.isolate(0).key().kid.clone();
    let row = format!("signing_keys WHERE kid = '{first}'");
    let with_half = format!("{row} AND sealed_private_key IS NOT NULL");
    for hour in 0..31 * 24 + 2 {
        world.isolate(0).tick();
        let has_half = world.rows(&with_half) == 1;
        assert_eq!(has_half, hour <= 30 * 24, "hour {hour}: the private half");
        let is_there = world.rows(&row) == 1;
        assert_eq!(is_there, hour <= 31 * 24, "hour {hour}: the row");
        world.wait_ms(HOUR_MS);
    }
    assert_eq!(world.rows("signing_keys"), 1);
    assert_eq!(world.rows("audit_log WHERE actor = 'system'"), 1);
}
