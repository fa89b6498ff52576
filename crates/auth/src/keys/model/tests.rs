//! Properties of the life cycle of keys, under crons at arbitrary times.
//! Each property is tested at every boundary of every key's life. `tests/simulation` covers SQL, caches
//! and isolates.

use proptest::prelude::*;

use super::*;

const HOUR_MS: i64 = 3_600_000;

/// The effect of the cron on the keys, as `rotation` has it in SQL.
fn cron(keys: &mut Vec<Life>, now: i64) {
    let open = keys.iter().position(|key| key.successor(now).is_some());
    if let Some(index) = open
        && let Some(next) = keys[index].successor(now)
    {
        keys[index].retires_at = Some(next.activates_at);
        keys[index].removed_at = Some(next.activates_at + VERIFIES_MS);
        keys.push(next);
    }
}

/// Every time at which something may change, and its neighbours.
fn edges(keys: &[Life]) -> Vec<i64> {
    let times = keys.iter().flat_map(|key| {
        let ends = [key.retires_at, key.removed_at];
        [Some(key.created_at), Some(key.activates_at)]
            .into_iter()
            .chain(ends)
            .flatten()
    });
    times
        .flat_map(|time| [time - SKEW_MS, time - 1, time, time + 1, time + SKEW_MS])
        .collect()
}

/// Gaps between crons: mostly an hour, sometimes none, sometimes months.
fn gaps() -> impl Strategy<Value = Vec<i64>> {
    let gap = prop_oneof![
        8 => Just(HOUR_MS),
        4 => Just(0),
        4 => 0..3 * DAY_MS,
        2 => 0..100 * DAY_MS,
    ];
    proptest::collection::vec(gap, 1..400)
}

proptest! {
    #[test]
    fn whenever_crons_come(gaps in gaps(), start in 1_000_000_000_000..2_000_000_000_000_i64) {
        let mut keys = vec![Life::at_once(start)];
        let mut now = start;
        // The keys as seen at each cron, for checks against a view that is a day old.
        let mut views: Vec<(i64, Vec<Life>)> = vec![(now, keys.clone())];
        for gap in gaps {
            now += gap;
            cron(&mut keys, now);
            views.push((now, keys.clone()));
        }
        for key in &keys[1..] {
            prop_assert!(key.activates_at - key.created_at >= PUBLISHED_MS);
        }
        for key in &keys {
            if let (Some(retires), Some(removed)) = (key.retires_at, key.removed_at) {
                prop_assert!(retires - key.activates_at >= SIGNS_MS);
                prop_assert_eq!(removed - retires, VERIFIES_MS);
            }
        }
        for moment in edges(&keys).into_iter().filter(|moment| *moment >= start) {
            let active: Vec<_> = keys.iter().filter(|key| key.state(moment) == KeyState::Active).collect();
            prop_assert_eq!(active.len(), 1, "at {}", moment);
            prop_assert!(active[0].verifies(moment + VERIFIES_MS - 1) || active[0].retires_at.is_none());
            // A view of the last day has the key that signs now: no cache is too old.
            let stale = views.iter().rev().find(|(at, _)| *at <= moment - PUBLISHED_MS);
            if let Some((_, known)) = stale {
                let has_it = known.iter().any(|key| key.created_at == active[0].created_at);
                prop_assert!(has_it, "at {} by one who looked a day before", moment);
            }
        }
    }

    #[test]
    fn a_cron_every_hour_makes_a_key_every_thirty_days(late in 0..HOUR_MS) {
        let mut keys = vec![Life::at_once(0)];
        for hour in 0..400 * 24 {
            cron(&mut keys, hour * HOUR_MS + late);
        }
        prop_assert_eq!(keys.len(), 14);
        for (index, key) in (0_i64..).zip(&keys) {
            prop_assert_eq!(key.activates_at, index * SIGNS_MS);
        }
    }
}

#[test]
fn the_states_at_the_edges() {
    let key = Life {
        created_at: 0,
        activates_at: 100_000,
        retires_at: Some(200_000),
        removed_at: Some(300_000),
        revoked_at: None,
    };
    for (now, state, verifies) in [
        (0, KeyState::Published, false),
        (100_000 - SKEW_MS - 1, KeyState::Published, false),
        (100_000 - SKEW_MS, KeyState::Published, true),
        (99_999, KeyState::Published, true),
        (100_000, KeyState::Active, true),
        (199_999, KeyState::Active, true),
        (200_000, KeyState::Retired, true),
        (299_999, KeyState::Retired, true),
        (300_000, KeyState::Removed, false),
    ] {
        assert_eq!(key.state(now), state, "{now}");
        assert_eq!(key.verifies(now), verifies, "{now}");
        let revoked = Life {
            revoked_at: Some(1),
            ..key
        };
        assert_eq!(revoked.state(now), KeyState::Revoked);
        assert!(!revoked.verifies(now) && !revoked.is_published(now));
    }
}

#[test]
fn states_have_the_names_of_the_api() {
    for (state, name) in [
        (KeyState::Published, "published"),
        (KeyState::Active, "active"),
        (KeyState::Retired, "retired"),
        (KeyState::Removed, "removed"),
        (KeyState::Revoked, "revoked"),
    ] {
        assert_eq!(state.as_str(), name);
    }
}
