//! The arithmetic of limits against an exact reference, and twenty isolates against one quota: nothing is
//! admitted beyond a quota, and hardly anything within it is refused. `tests/api/limits.rs` has routes,
//! headers and failures.

use pollster::block_on;
use proptest::prelude::*;
use testing::config_value;
use testing::databases::{all_together, step_aside};
use wvw_builder::config::Config;
use wvw_builder::limits::counter::{Denied, Limits};
use wvw_builder::limits::gcra::{Rate, Tat};
use wvw_builder::limits::object::{self, Ask, ObjectAnswer};
use wvw_builder::limits::policies::Bucket;
use wvw_builder::platform::native::{MemoryLimiter, TEST_EPOCH_MS, TestPlatform};
use wvw_builder::platform::{Clock as _, Limiter, LimiterError, LocalFuture, Platform};

const EPOCH_US: i64 = TEST_EPOCH_MS * 1000;

/// A leaky bucket that is refilled step by step, in whole `window`-ths of a call: no rounding, no
/// time but what has passed between two looks.
struct LeakyBucket {
    quota: i128,
    window_us: i128,
    level: i128,
    seen_us: i64,
}

impl LeakyBucket {
    fn new(rate: Rate) -> Self {
        let quota = i128::from(rate.quota());
        let window_us = i128::from(rate.window_s()) * 1_000_000;
        Self {
            quota,
            window_us,
            level: quota * window_us,
            seen_us: EPOCH_US,
        }
    }

    fn look(&mut self, now_us: i64) -> u32 {
        let passed = i128::from((now_us - self.seen_us).max(0));
        self.seen_us = now_us;
        self.level = (self.level + passed * self.quota).min(self.quota * self.window_us);
        u32::try_from(self.level / self.window_us).expect("at most the quota")
    }

    fn take(&mut self, count: u32) {
        self.level -= i128::from(count) * self.window_us;
        assert!(self.level >= 0, "more than there was");
    }

    fn give_back(&mut self, count: u32) {
        let more = i128::from(count) * self.window_us;
        self.level = (self.level + more).min(self.quota * self.window_us);
    }
}

#[derive(Debug, Clone)]
enum Step {
    Take(u32),
    GiveBack(u32),
    Wait(i64),
}

fn rates() -> impl Strategy<Value = (u32, u32)> {
    prop_oneof![
        // Those of the table, and those that no power of ten divides.
        prop::sample::select(&[(100, 60), (1000, 60), (50, 1), (5, 3600), (7, 60), (3, 1)][..]),
        (1_u32..=1_000, 1_u32..=3_600),
        (1_u32..=1_000_000, 1_u32..=86_400),
    ]
}

fn steps(waits: impl Strategy<Value = i64> + 'static) -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        (0_u32..=20).prop_map(Step::Take),
        (0_u32..=5).prop_map(Step::GiveBack),
        waits.prop_map(Step::Wait),
    ];
    prop::collection::vec(step, 1..200)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 500, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_clock_that_goes_forward_gives_exactly_the_reference(
        (quota, window_s) in rates(),
        steps in steps(prop_oneof![0_i64..50, 0_i64..5_000_000]),
    ) {
        let rate = Rate::new(quota, window_s);
        let mut bucket = LeakyBucket::new(rate);
        let (mut tat, mut now) = (Tat::default(), EPOCH_US);
        for step in steps {
            match step {
                Step::Wait(us) => now += us,
                Step::GiveBack(count) => {
                    bucket.look(now);
                    bucket.give_back(count);
                    tat = rate.give_back(tat, now, count);
                }
                Step::Take(count) => {
                    let left = bucket.look(now);
                    let taken = rate.take(tat, now, count);
                    prop_assert_eq!(taken.is_some(), count <= left);
                    match taken {
                        Some(after) => {
                            bucket.take(count);
                            tat = after;
                        }
                        None if count > quota => {}
                        None => {
                            // The wait is the shortest one that helps.
                            let wait = rate.retry_after_us(tat, now, count);
                            prop_assert!(rate.remaining(tat, now + wait) >= count);
                            prop_assert!(rate.remaining(tat, now + wait - 1) < count);
                        }
                    }
                }
            }
            prop_assert_eq!(rate.remaining(tat, now), bucket.look(now));
            let reset = rate.reset_us(tat, now);
            prop_assert_eq!(rate.remaining(tat, now + reset), quota);
            prop_assert_eq!(rate.reset_us(tat, now + reset), 0);
        }
    }

    #[test]
    fn a_clock_that_steps_back_never_gives_more_and_costs_a_window_at_most(
        (quota, window_s) in rates(),
        steps in steps(prop_oneof![0_i64..50, -10_000_000_i64..10_000_000]),
    ) {
        let rate = Rate::new(quota, window_s);
        let mut bucket = LeakyBucket::new(rate);
        let (mut tat, mut now) = (Tat::default(), EPOCH_US);
        for step in steps {
            match step {
                Step::Wait(us) => now += us,
                Step::GiveBack(_) => {}
                Step::Take(count) => {
                    bucket.look(now);
                    if let Some(after) = rate.take(tat, now, count) {
                        bucket.take(count);
                        tat = after;
                    }
                }
            }
            bucket.look(now);
            prop_assert!(rate.reset_us(tat, now) <= i64::from(window_s) * 1_000_000);
        }
    }

    #[test]
    fn what_was_not_meant_for_a_key_goes_back_to_where_it_came_from(
        quota in 1_u32..=120,
        costs in prop::collection::vec(1_u32..=150, 1..6),
        is_away in any::<bool>(),
    ) {
        let (platform, test) = TestPlatform::with_objects(object::RULES);
        let quotas = format!("{quota}/60");
        let limits = limits_of(&config(&[("LIMIT_ANONYMOUS", &quotas)]));
        test.limiter.set_away(is_away);
        let charge = |cost| block_on(limits.charge(&platform, Bucket::Anonymous, "one key", cost));
        for cost in costs {
            let granted = charge(cost).expect("all of it is there");
            limits.give_back(&platform, Bucket::Anonymous, "one key", &granted);
        }
        let admitted = (0..=quota).take_while(|_| charge(1).is_ok()).count();
        // The isolate's own count is a quarter.
        let whole = if is_away { (quota / 4).max(1) } else { quota };
        prop_assert_eq!(admitted, whole as usize);
    }

    #[test]
    fn an_object_hands_out_what_all_its_policies_have_or_nothing(
        asks in prop::collection::vec(
            (1_u32..=5, any::<bool>(), prop_oneof![Just(0_i64), 0_i64..50, 0_i64..2_000]),
            1..200,
        ),
    ) {
        let rates = [Rate::new(700, 60), Rate::new(50, 1)];
        let mut buckets = [LeakyBucket::new(rates[0]), LeakyBucket::new(rates[1])];
        let (mut state, mut now_ms, mut unspent) = (String::new(), TEST_EPOCH_MS, (0, 0));
        for (need, may_lease, wait_ms) in asks {
            now_ms += wait_ms;
            let (back, since_ms) = unspent;
            let back_age_ms = now_ms - since_ms;
            let ask = Ask { rates: rates.map(Some), need, may_lease, back, back_age_ms };
            let decision = object::decide(&state, &ask.to_text(), now_ms).expect("a question");
            let answer = ObjectAnswer::parse(&decision.answer).expect("an answer");
            for (bucket, rate) in buckets.iter_mut().zip(&rates) {
                bucket.look(now_ms * 1000);
                if back_age_ms < i64::from(rate.window_s()) * 1000 {
                    bucket.give_back(back);
                }
            }
            let least = buckets.each_mut().map(|bucket| bucket.look(now_ms * 1000));
            let least = least.into_iter().min().expect("two");
            prop_assert_eq!(answer.granted >= need, need <= least);
            prop_assert!(answer.granted == 0 || answer.granted >= need);
            prop_assert!(may_lease || answer.granted <= need);
            for (bucket, state) in buckets.iter_mut().zip(&answer.states) {
                bucket.take(answer.granted);
                prop_assert_eq!(state.remaining, bucket.look(now_ms * 1000));
            }
            let is_refused = answer.granted == 0;
            let waits = answer.states.iter().any(|standing| standing.retry_ms > 0);
            prop_assert_eq!(is_refused, waits);
            prop_assert!(decision.forget_at_ms > now_ms);
            // Nothing is whole before it is forgotten, and all is then.
            for (bucket, rate) in buckets.iter().zip(&rates) {
                let ends = decision.forget_at_ms * 1000 - bucket.seen_us;
                let level = bucket.level + i128::from(ends) * i128::from(rate.quota());
                prop_assert!(level >= bucket.quota * bucket.window_us);
            }
            prop_assert_eq!(object::forgotten_at_ms(&decision.state), decision.forget_at_ms);
            unspent = (answer.granted.saturating_sub(need), now_ms);
            state = decision.state;
        }
    }
}

#[test]
fn a_quota_that_divides_nothing_does_not_drift() {
    // 7 in 60 s: 8.571428... seconds each. A million of them take exactly their time.
    let rate = Rate::new(7, 60);
    let (mut tat, mut now) = (Tat::default(), EPOCH_US);
    for _ in 0..1_000_000 {
        now += rate.retry_after_us(tat, now, 1);
        tat = rate.take(tat, now, 1).expect("after the wait");
    }
    let drift = now - EPOCH_US - 999_993_i64 * 60_000_000 / 7;
    assert!((0..=2).contains(&drift), "{drift}");
}

#[test]
fn what_has_come_back_by_itself_is_not_given_back_again() {
    let rates = [Some(Rate::new(50, 1)), None];
    let ask = |need, back, back_age_ms| Ask {
        rates,
        need,
        may_lease: false,
        back,
        back_age_ms,
    };
    // Ten are handed out, someone else takes what is left, then the ten come back: after a tenth of
    // a second they are missing, after a second all fifty were there again without them.
    for (age_ms, others, remaining) in [(100, 45, 9), (1_000, 50, 0)] {
        let mut state = String::new();
        let mut answer = None;
        for (at_ms, ask) in [
            (0, ask(10, 0, 0)),
            (age_ms, ask(others, 0, 0)),
            (age_ms, ask(1, 10, age_ms)),
        ] {
            let decision = object::decide(&state, &ask.to_text(), TEST_EPOCH_MS + at_ms);
            let decision = decision.expect("a question");
            state = decision.state;
            answer = ObjectAnswer::parse(&decision.answer);
        }
        let answer = answer.expect("an answer");
        assert_eq!(answer.states[0].remaining, remaining, "{age_ms}");
        assert_eq!(answer.granted, u32::from(remaining > 0), "{age_ms}");
    }
}

#[test]
fn what_is_no_question_is_not_answered() {
    for ask in [
        "",
        "1 1 0 0 5 60",
        "1 1 0 0 5 60 0 x",
        "1 1 0 0 5 60 0 0 0",
        "-1 1 0 0 5 60 0 0",
        "1 1 0 0 0 60 0 0",
        "1 1 0 0 5 60 0 99999999999",
    ] {
        assert_eq!(object::decide("", ask, TEST_EPOCH_MS), None, "{ask}");
    }
}

fn limits_of(config: &Config) -> Limits {
    Limits::new(config.quotas, &config.master_keys.current)
}

/// A configuration with these quotas.
fn config(quotas: &[(&str, &str)]) -> Config {
    let lookup = |name: &str| {
        let quota = quotas.iter().find(|(variable, _)| *variable == name);
        let other = || config_value(name).filter(|_| !name.starts_with("LIMIT_"));
        quota.map(|(_, quota)| (*quota).to_owned()).or_else(other)
    };
    Config::load(lookup).expect("a good configuration")
}

/// What came of a run of requests.
struct Run {
    admitted: u32,
    /// What one counter that everyone asks would have admitted.
    allowed: u32,
    /// Questions that were put to the object, for each request.
    calls: f64,
}

/// Sends `per_minute` requests for `seconds`, evenly, each to one of `isolates` by chance.
fn simulate(
    bucket: Bucket,
    quotas: &[(&str, &str)],
    isolates: usize,
    per_minute: u32,
    seconds: u32,
) -> Run {
    let (_, test) = TestPlatform::with_objects(object::RULES);
    let config = config(quotas);
    let isolates: Vec<(Limits, Platform)> = (0..isolates as u64)
        .map(|seed| (limits_of(&config), test.platform(seed)))
        .collect();
    let policies = bucket.policies().iter();
    let mut exact: Vec<(Rate, Tat)> = policies
        .map(|policy| (config.quotas[*policy as usize], Tat::default()))
        .collect();
    let (mut admitted, mut allowed, mut random) = (0, 0, 1_u64);
    let requests = per_minute * seconds / 60;
    for request in 0..requests {
        let at_ms = i64::from(request) * 60_000 / i64::from(per_minute);
        test.clock.set_ms(TEST_EPOCH_MS + at_ms);
        // The multiplier of Knuth's MMIX: any generator would do.
        random = random.wrapping_mul(6_364_136_223_846_793_005);
        random = random.wrapping_add(1);
        let place = usize::try_from(random >> 33).expect("31 bits");
        let (limits, platform) = &isolates[place % isolates.len()];
        match block_on(limits.charge(platform, bucket, "one key", 1)) {
            Ok(_) => admitted += 1,
            Err(denied) => assert!(matches!(denied, Denied::Refused(_))),
        }
        let now = test.clock.now_ms() * 1000;
        let taken = exact.iter().map(|(rate, tat)| rate.take(*tat, now, 1));
        if let Some(taken) = taken.collect::<Option<Vec<Tat>>>() {
            allowed += 1;
            for ((_, tat), after) in exact.iter_mut().zip(taken) {
                *tat = after;
            }
        }
    }
    let calls = u32::try_from(test.limiter.calls()).expect("few");
    let calls = f64::from(calls) / f64::from(requests);
    let (count, policy) = (isolates.len(), isolates[0].0.policy_field(bucket));
    println!(
        "{count} isolates, {per_minute}/min, {policy}: {admitted} of {allowed}, {calls:.3} calls"
    );
    Run {
        admitted,
        allowed,
        calls,
    }
}

#[test]
fn twenty_isolates_share_one_quota() {
    let api_key = |quota| vec![("LIMIT_API_KEY", quota)];
    let user = vec![("LIMIT_USER", "6000/60"), ("LIMIT_BURST", "300/1")];
    for (bucket, quotas, isolates, per_minute, most_calls) in [
        (Bucket::ApiKey, api_key("6000/60"), 20, 6_000, 0.15),
        (Bucket::ApiKey, api_key("5400/60"), 20, 6_000, 0.30),
        (Bucket::User, user, 20, 6_000, 0.15),
        (Bucket::ApiKey, api_key("6000/60"), 1, 6_000, 0.02),
        // One person in one isolate, nearly all of a minute's quota: a twentieth of what is left of
        // one second, two requests, would be half a question a request.
        (Bucket::User, Vec::new(), 1, 900, 0.15),
        // Far too many for their quota: each token is asked for, and each refusal shared.
        (Bucket::ApiKey, api_key("1000/60"), 20, 6_000, 0.80),
        (Bucket::User, Vec::new(), 20, 6_000, 0.80),
        (Bucket::ApiKey, api_key("6000/60"), 20, 36_000, 0.40),
        (Bucket::Anonymous, Vec::new(), 20, 6_000, 1.0),
    ] {
        let run = simulate(bucket, &quotas, isolates, per_minute, 300);
        assert!(run.admitted <= run.allowed, "more than the quota");
        let (admitted, allowed) = (f64::from(run.admitted), f64::from(run.allowed));
        assert!(admitted >= 0.99 * allowed, "{admitted} of {allowed}");
        assert!(run.calls <= most_calls, "{} calls a request", run.calls);
    }
}

/// Objects that answer one turn later: everyone else runs first.
struct Slow(MemoryLimiter);

impl Limiter for Slow {
    fn take<'a>(
        &'a self,
        name: &'a str,
        ask: &'a str,
    ) -> LocalFuture<'a, Result<String, LimiterError>> {
        Box::pin(async move {
            step_aside().await;
            self.0.take(name, ask).await
        })
    }
}

#[test]
fn requests_that_overlap_share_one_quota_and_do_not_hoard_it() {
    let (_, test) = TestPlatform::with_objects(object::RULES);
    let config = config(&[]);
    let isolates: Vec<(Limits, Platform)> = (0..3)
        .map(|seed| {
            let mut platform = test.platform(seed);
            platform.limiter = Box::new(Slow(test.limiter.clone()));
            (limits_of(&config), platform)
        })
        .collect();
    let charge = async |index: usize| {
        let (limits, platform) = &isolates[index];
        let charged = limits.charge(platform, Bucket::ApiKey, "one key", 1);
        charged.await.is_ok()
    };
    // Five hundred at once in one isolate leave the rest to the others but for one lease of 30.
    let first = all_together((0..500).map(|_| charge(0)));
    assert_eq!(first.iter().filter(|passed| **passed).count(), 500);
    let second = all_together((0..71).map(|_| charge(1)));
    assert!(second.iter().all(|passed| *passed));
    // Whatever is asked for next, all together get no more than the 600.
    let last = all_together((0..300).map(|request| charge(request % 3)));
    assert_eq!(last.iter().filter(|passed| **passed).count(), 29);
}
