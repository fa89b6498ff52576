//! The rate limit of an endpoint: GCRA with a burst and a distance that keep it.
//! No minute has more attempts than the rate. `delivery` stores the one number that it needs.

use crate::limits::gcra::{Rate, Tat};

/// An attempt begins at most this long after it was admitted, in milliseconds.
pub const MAX_LATE_MS: i64 = 3_000;
/// A minute plus [`MAX_LATE_MS`], in microseconds.
const WINDOW_US: i64 = 60_000_000 + MAX_LATE_MS * 1_000;
/// The highest rate: attempts a minute.
pub const MAX_RATE: i64 = 60_000;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Admission {
    /// How many of the wanted attempts may be made.
    pub admitted: usize,
    /// The theoretical arrival time to be stored, in microseconds since 1970.
    pub next_slot_us: i64,
    /// When the next attempt may be made, in milliseconds since 1970.
    pub retry_at_ms: i64,
}

/// Admits some of `wanted` attempts at `rate` a minute: a second's worth as a burst, the others so far
/// apart that no minute holds more than the rate.
pub fn admit(rate: i64, next_slot_us: i64, now_ms: i64, wanted: usize) -> Admission {
    let rate = rate.clamp(1, MAX_RATE);
    let burst = (rate / 60).max(1);
    let steady = rate - burst + 1;
    let interval_us = (WINDOW_US + steady - 1) / steady;
    let rate = Rate::spaced(interval_us, u32::try_from(burst).unwrap_or(1));
    let now = now_ms * 1_000; // microseconds
    let before = Tat {
        us: next_slot_us,
        parts: 0,
    };
    let left = rate.remaining(before, now);
    let admitted = left.min(u32::try_from(wanted).unwrap_or(u32::MAX));
    let after = rate.take(before, now, admitted).unwrap_or(before);
    Admission {
        admitted: admitted as usize,
        next_slot_us: after.us,
        // Rounded up.
        retry_at_ms: (now + rate.retry_after_us(after, now, 1) + 999).div_euclid(1_000),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        /// An exact count of every window of a minute, whatever is asked for when.
        #[test]
        fn no_minute_has_more_than_the_rate(
            rate in 1_i64..=600,
            asks in prop::collection::vec((0_i64..5_000, 1_usize..50, 0..=MAX_LATE_MS), 1..300),
        ) {
            let (mut now, mut slot) = (1_000_000, 0);
            let mut made: Vec<i64> = Vec::new();
            for (pause, wanted, late) in asks {
                now += pause;
                let admission = admit(rate, slot, now, wanted);
                slot = admission.next_slot_us;
                made.extend(std::iter::repeat_n(now + late, admission.admitted));
                if admission.admitted < wanted {
                    prop_assert!(admission.retry_at_ms > now);
                }
            }
            made.sort_unstable();
            for (first, at) in made.iter().enumerate() {
                let count = made[first..].iter().take_while(|each| **each < at + 60_000).count();
                prop_assert!(i64::try_from(count).unwrap() <= rate, "{count} of {rate}");
            }
        }
    }

    #[test]
    fn whoever_waits_gets_nearly_all_of_the_rate() {
        for rate in [1, 2, 30, 59, 60, 61, 600, 6_000, 60_000] {
            let (mut now, mut slot, mut made) = (0, 0, 0_usize);
            while now < 10 * 60_000 {
                let admission = admit(rate, slot, now, usize::MAX);
                slot = admission.next_slot_us;
                made += admission.admitted;
                now = admission.retry_at_ms.max(now + 1);
            }
            let most = usize::try_from(rate).unwrap() * 10;
            assert!(
                made <= most && made * 100 >= most * 93,
                "{rate}: {made} of {most}"
            );
        }
    }

    #[test]
    fn a_clock_that_went_back_holds_nobody_up_for_more_than_a_minute() {
        let now = 1_000_000;
        for rate in [1, 60, 6_000] {
            let slot = admit(rate, 0, now + 86_400_000, 5).next_slot_us;
            let admission = admit(rate, slot, now, 1);
            assert_eq!(admission.admitted, 0);
            assert!(admission.retry_at_ms <= now + 60_000 + MAX_LATE_MS);
            let later = admit(rate, admission.next_slot_us, admission.retry_at_ms, 1);
            assert_eq!(later.admitted, 1);
        }
    }
}
