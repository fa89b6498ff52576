use super::*;
use crate::policies::{Bucket, Network, POLICIES};
use platform::native::TEST_EPOCH_MS as NOW;

const API_KEY: NetworkBucket = of(Bucket::ApiKey);
const ANONYMOUS: NetworkBucket = of(Bucket::Anonymous);
const REFRESH: NetworkBucket = of(Bucket::Refresh);
const LOGIN: NetworkBucket = of(Bucket::Login);

const fn of(bucket: Bucket) -> NetworkBucket {
    NetworkBucket {
        bucket,
        network: Network::Own,
    }
}

fn leases() -> Leases {
    Leases::new(POLICIES.map(|policy| policy.default))
}

fn answer(granted: u32, retry_ms: i64) -> ObjectAnswer {
    let state = PolicyState {
        remaining: 500,
        reset_ms: 30_000,
        retry_ms,
    };
    ObjectAnswer {
        granted,
        states: [state, PolicyState::default()],
    }
}

fn is_granted(found: &LeaseAnswer) -> bool {
    matches!(found, LeaseAnswer::Granted(_))
}

#[test]
fn a_lease_is_spent_within_its_two_seconds_and_the_rest_goes_back() {
    let leases = leases();
    let take = |now_ms| leases.take(API_KEY, "a", 1, now_ms);
    assert!(matches!(take(NOW), LeaseAnswer::Ask(ask) if ask.back == 0 && ask.may_lease));
    assert!(is_granted(&leases.answered(
        API_KEY,
        "a",
        1,
        &answer(10, 0),
        NOW
    )));
    assert!(is_granted(&take(NOW + 1_999)));
    let LeaseAnswer::Ask(ask) = take(NOW + 2_000) else {
        panic!("the lease has ended");
    };
    assert_eq!((ask.back, ask.back_age_ms), (8, 2_000));
    // Given back once.
    assert!(matches!(take(NOW + 2_001), LeaseAnswer::Ask(ask) if ask.back == 0));
}

#[test]
fn while_a_question_is_under_way_no_other_asks_for_a_lease() {
    let leases = leases();
    let may_lease = |now_ms| match leases.take(API_KEY, "a", 1, now_ms) {
        LeaseAnswer::Ask(ask) => ask.may_lease,
        found => panic!("{found:?}"),
    };
    assert!(may_lease(NOW));
    assert!(!may_lease(NOW + 1));
    // The first one's client may have left: its answer never comes.
    assert!(may_lease(NOW + 1_001));
}

#[test]
fn one_request_asks_for_the_next_lease_while_others_spend_the_rest() {
    let leases = leases();
    let take = |now_ms| leases.take(API_KEY, "a", 1, now_ms);
    let answered = |count| leases.answered(API_KEY, "a", 1, &answer(count, 0), NOW);
    answered(32);
    // One was spent by the question.
    for _ in 0..29 {
        assert!(is_granted(&take(NOW)));
    }
    assert!(matches!(take(NOW + 1), LeaseAnswer::Ask(ask) if ask.may_lease && ask.back == 0));
    assert!(is_granted(&take(NOW + 1)));
    assert!(
        is_granted(&answered(0)),
        "the last one, when there is no more"
    );
    // A lease that is spent slowly is spent to its end.
    answered(32);
    for number in 0..31 {
        assert!(is_granted(&take(NOW + 1_000)), "{number}");
    }
    assert!(matches!(take(NOW + 1_000), LeaseAnswer::Ask(_)));
}

#[test]
fn a_clock_that_steps_back_prolongs_nothing() {
    let leases = leases();
    let take = |bucket, now_ms| leases.take(bucket, "a", 1, now_ms);
    leases.answered(API_KEY, "a", 1, &answer(10, 0), NOW);
    assert!(matches!(take(API_KEY, NOW - 10), LeaseAnswer::Ask(_)));
    leases.answered(REFRESH, "a", 1, &answer(0, 5_000), NOW);
    assert!(matches!(
        take(REFRESH, NOW + 4_999),
        LeaseAnswer::Refused(_)
    ));
    assert!(matches!(
        take(REFRESH, NOW - 100_000_000),
        LeaseAnswer::Ask(_)
    ));
    leases.unreachable(LOGIN, "a", 1, NOW);
    assert_eq!(take(LOGIN, NOW + 1), LeaseAnswer::Closed);
    assert!(matches!(take(LOGIN, NOW - 10), LeaseAnswer::Ask(_)));
}

#[test]
fn a_refusal_is_for_what_costs_as_much_or_more() {
    let leases = leases();
    leases.answered(REFRESH, "a", 5, &answer(0, 5_000), NOW);
    for (need, is_refused) in [(4, false), (5, true), (6, true)] {
        let found = leases.take(REFRESH, "a", need, NOW);
        assert_eq!(
            matches!(found, LeaseAnswer::Refused(_)),
            is_refused,
            "{need}"
        );
    }
}

#[test]
fn a_refusal_holds_for_half_a_percent_of_the_window() {
    let mut quotas = POLICIES.map(|policy| policy.default);
    quotas[0] = Rate::new(100_000, 60);
    let leases = Leases::new(quotas);
    let found = leases.answered(ANONYMOUS, "a", 1, &answer(0, 1), NOW);
    assert!(matches!(found, LeaseAnswer::Refused(refusal) if refusal.until_ms == NOW + 300));
}

#[test]
fn a_full_memory_keeps_refusals_longest() {
    let leases = leases();
    leases.answered(ANONYMOUS, "refused", 1, &answer(0, 60_000), NOW);
    for number in 0..3 * MAX_KEYS {
        // Each idle by the time the next ones come.
        let now_ms = NOW + i64::try_from(number).unwrap();
        leases.answered(ANONYMOUS, &number.to_string(), 1, &answer(1, 0), now_ms);
    }
    let found = leases.take(ANONYMOUS, "refused", 1, NOW + 30_000);
    assert!(matches!(found, LeaseAnswer::Refused(_)));
}
