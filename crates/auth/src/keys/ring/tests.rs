//! What the key ring knows, and what its lookups cost.
//! Each bound is tested at its edge. `tests/simulation` covers whole lives of keys.

use pollster::block_on;

use super::*;
use crate::model::{AccountRole, Caller, Via};
use crate::permissions::{self, Permit};
use kit::ids::{SessionId, UserId};
use kit::secret::Secret;
use platform::native::TestPlatform;

fn master(first: u8) -> MasterKeys {
    MasterKeys {
        current: Secret::new((first..first + 32).collect()),
        previous: None,
    }
}

fn active(ring: &KeyRing, platform: &Platform) -> String {
    let active = block_on(ring.active(&master(1), platform)).unwrap();
    active.kid.clone()
}

fn knows(ring: &KeyRing, kid: &str, platform: &Platform) -> bool {
    block_on(ring.find(kid, platform)).unwrap().is_some()
}

fn rotate(platform: &Platform, revoke_current: bool) -> String {
    let administrator = Caller {
        user_id: UserId::fresh(platform),
        role: AccountRole::Administrator,
        via: Via::Session(SessionId::fresh(platform)),
        scopes: permissions::scopes_of(AccountRole::Administrator),
        auth_time: Some(platform.clock.now_ms() / 1000),
    };
    let permit = Permit::of(&administrator, platform.clock.now_ms()).unwrap();
    let master = master(1);
    let rotation = rotation::emergency(&permit, &master, platform, revoke_current);
    let rotation = block_on(rotation).unwrap();
    block_on(platform.database.batch(rotation.writes)).unwrap();
    rotation.kid
}

/// An id of valid form that no key has.
fn stranger(number: usize) -> String {
    format!("{number:A>43}")
}

fn ring() -> KeyRing {
    KeyRing::new(&Secret::new(vec![7; 32]))
}

/// A platform, and a ring on it that has an active key.
fn begun() -> (Platform, TestPlatform, KeyRing, String) {
    let (platform, handle) = TestPlatform::new();
    let ring = ring();
    let kid = active(&ring, &platform);
    (platform, handle, ring, kid)
}

#[test]
fn two_isolates_that_start_at_once_share_one_key() {
    let (first, handle) = TestPlatform::new();
    let second = handle.platform(2);
    for (platform, is_first) in [(&first, true), (&second, false)] {
        let now = platform.clock.now_ms();
        let key = rotation::make(&master(1), platform, Life::at_once(now), 1).unwrap();
        match block_on(platform.database.batch(vec![store::insert(key)])) {
            Ok(_) => assert!(is_first),
            Err(error) => assert!(!is_first && store::is_lost_race(&error), "{error}"),
        }
    }
    let one = active(&ring(), &first);
    assert_eq!(one, active(&ring(), &second));
}

#[test]
fn a_flood_of_unknown_ids_costs_few_reads() {
    let (platform, handle, ring, _) = begun();
    let before = handle.database.calls();
    let reads = || handle.database.calls() - before;
    for number in 0..1_000 {
        assert!(!knows(&ring, &stranger(number), &platform));
    }
    assert_eq!(reads(), 10);
    // One per second for half a minute: one read in three seconds.
    for second in 1..=30 {
        handle.clock.advance_ms(1_000);
        for number in 0..100 {
            assert!(!knows(&ring, &stranger(second * 1_000 + number), &platform));
        }
    }
    assert_eq!(reads(), 20);
}

#[test]
fn an_id_that_is_nobodys_is_looked_for_once_and_a_strange_one_never() {
    let (platform, handle, ring, _) = begun();
    let before = handle.database.calls();
    for _ in 0..100 {
        assert!(!knows(&ring, &stranger(1), &platform));
        for strange in [
            "",
            "kid-1",
            "../../etc/passwd",
            &"A".repeat(44),
            &"é".repeat(21),
        ] {
            assert!(!knows(&ring, strange, &platform));
        }
        handle.clock.advance_ms(1_000);
    }
    assert_eq!(handle.database.calls(), before + 1);
}

#[test]
fn a_clock_that_jumps_back_does_not_end_looking_for_keys() {
    let (platform, handle, ring, _) = begun();
    for number in 0..20 {
        knows(&ring, &stranger(number), &platform);
    }
    handle.clock.advance_ms(-3_600_000);
    handle.clock.advance_ms(3_000);
    let fresh = rotate(&platform, false);
    assert!(knows(&ring, &fresh, &platform));
}

#[test]
fn a_fresh_key_is_found_at_once_also_when_strangers_have_just_asked() {
    let (platform, _) = TestPlatform::new();
    let (here, there) = (ring(), ring());
    active(&here, &platform);
    active(&there, &platform);
    for number in 0..9 {
        assert!(!knows(&there, &stranger(number), &platform));
        let fresh = rotate(&platform, false);
        assert!(knows(&there, &fresh, &platform), "after {number} strangers");
    }
}

#[test]
fn in_a_flood_a_fresh_key_is_found_within_three_seconds() {
    let (platform, handle, ring, _) = begun();
    let flood = |from: usize| {
        for number in from..from + 100 {
            knows(&ring, &stranger(number), &platform);
        }
    };
    flood(0);
    let fresh = rotate(&platform, false);
    handle.clock.advance_ms(3_000);
    flood(100);
    assert!(knows(&ring, &fresh, &platform));
}

#[test]
fn a_new_isolate_takes_public_keys_from_the_cache() {
    let (platform, handle, _, kid) = begun();
    let before = handle.database.calls();
    assert!(knows(&ring(), &kid, &platform));
    assert_eq!(handle.database.calls(), before);
    handle.cache.set_away(true);
    assert!(knows(&ring(), &kid, &platform));
    assert_eq!(handle.database.calls(), before + 1);
}

#[test]
fn an_old_entry_of_the_cache_is_not_believed() {
    let (platform, handle, _, kid) = begun();
    rotate(&platform, true);
    // KV was not updated. Until the entry is five minutes old, a new isolate trusts it.
    handle.clock.advance_ms(MAX_AGE_MS - 1);
    let isolate = ring();
    assert!(knows(&isolate, &kid, &platform));
    handle.clock.advance_ms(1);
    assert!(!knows(&isolate, &kid, &platform));
    assert!(!knows(&ring(), &kid, &platform));
}

#[test]
fn a_busy_isolate_reads_the_keys_again_every_five_minutes_and_no_oftener() {
    let (platform, handle, ring, kid) = begun();
    let before = handle.database.calls();
    for _ in 0..600 {
        assert!(knows(&ring, &kid, &platform));
        assert_eq!(active(&ring, &platform), kid);
        handle.clock.advance_ms(1_000);
    }
    assert_eq!(handle.database.calls(), before + 1);
}

#[test]
fn a_revoked_key_neither_signs_nor_verifies_after_five_minutes_anywhere() {
    let (platform, handle) = TestPlatform::new();
    let (here, there) = (ring(), ring());
    let old = active(&here, &platform);
    assert!(knows(&there, &old, &platform));
    assert_eq!(active(&there, &platform), old);
    handle.clock.advance_ms(1);
    let fresh = rotate(&platform, true);
    block_on(here.refresh(&platform)).unwrap();
    assert!(!knows(&here, &old, &platform));
    assert_eq!(active(&here, &platform), fresh);
    // KV was updated: an isolate that starts now knows it too.
    assert!(!knows(&ring(), &old, &platform));
    handle.clock.advance_ms(MAX_AGE_MS);
    assert!(!knows(&there, &old, &platform));
    assert_eq!(active(&there, &platform), fresh);
}

#[test]
fn a_rotation_without_revocation_leaves_the_old_key_verifying_for_a_day() {
    let (platform, handle, ring, old) = begun();
    let fresh = rotate(&platform, false);
    block_on(ring.refresh(&platform)).unwrap();
    assert_eq!(active(&ring, &platform), fresh);
    handle.clock.advance_ms(86_400_000 - 1);
    assert!(knows(&ring, &old, &platform));
    handle.clock.advance_ms(1);
    assert!(!knows(&ring, &old, &platform));
    assert!(knows(&ring, &fresh, &platform));
}

#[test]
fn the_key_set_has_what_is_published_and_nothing_that_is_gone() {
    let (platform, handle) = TestPlatform::new();
    let ring = ring();
    let all = || -> Vec<String> {
        let keys = block_on(ring.all(&master(1), &platform)).unwrap();
        keys.into_iter().map(|key| key.kid).collect()
    };
    let first = all();
    assert_eq!(first.len(), 1, "the first key is made on first use");
    handle.clock.advance_ms(29 * 86_400_000);
    assert_eq!(
        block_on(rotation::publish_next(&master(1), &platform)).unwrap(),
        1
    );
    block_on(ring.refresh(&platform)).unwrap();
    let both = all();
    assert_eq!(both.len(), 2);
    assert_eq!(active(&ring, &platform), first[0]);
    handle.clock.advance_ms(86_400_000);
    assert_eq!(active(&ring, &platform), both[0]);
    handle.clock.advance_ms(86_400_000);
    assert_eq!(all(), both[..1]);
}

#[test]
fn an_isolate_whose_clock_runs_behind_signs_all_the_same() {
    let (platform, handle, _, kid) = begun();
    handle.clock.advance_ms(-5_000);
    let behind = ring();
    assert_eq!(active(&behind, &platform), kid);
    assert!(knows(&behind, &kid, &platform));
}

#[test]
fn another_master_key_makes_no_next_key() {
    let (platform, handle, ..) = begun();
    handle.clock.advance_ms(40 * 86_400_000);
    let result = block_on(rotation::publish_next(&master(9), &platform));
    assert!(matches!(result, Err(KeyError::Sealed(_))));
    assert_eq!(
        handle.database.execute("SELECT 1 FROM signing_keys").len(),
        1
    );
}

#[test]
fn a_key_that_someone_has_put_into_the_cache_is_nobodys() {
    let (platform, handle, _, kid) = begun();
    let kv = || {
        block_on(platform.cache.get(CACHED.prefix))
            .unwrap()
            .unwrap()
    };
    let honest = kv();
    let planted = rotation::make(&master(1), &platform, Life::at_once(0), 9).unwrap();
    let thief = KeyRing::new(&Secret::new(vec![8; 32]));
    let view = View {
        read_at: platform.clock.now_ms(),
        keys: vec![(
            PublicKey::from_bytes(&planted.public_key).unwrap(),
            Life::at_once(0),
        )],
    };
    block_on(thief.write_cache(&view, &platform));
    let forged = kv();
    let body = forged.split_once(' ').unwrap().1;
    for (name, text) in [
        ("another's tag", forged.clone()),
        ("no tag", format!(" {body}")),
    ] {
        block_on(platform.cache.put(CACHED.prefix, &text, 600)).unwrap();
        let fresh = ring();
        assert!(!knows(&fresh, &planted.kid, &platform), "{name}");
        assert!(knows(&fresh, &kid, &platform), "{name}: ours is known");
    }
    // A valid entry is read without the database.
    block_on(platform.cache.put(CACHED.prefix, &honest, 600)).unwrap();
    handle.database.set_away(true);
    assert!(knows(&ring(), &kid, &platform));
}
