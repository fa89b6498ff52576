//! The steps of the crons, run one after the other.
//! A failed step stops no other, and each step that did something writes one log line. The features
//! have the steps' work, in bounded batches.

use std::error::Error;

use db::purge::{self, Done, PurgeQuery};

use crate::accounts::{api_keys, factor_removal, links, login_throttle, sessions, two_factor};
use crate::auth::keys::{reseal, rotation};
use crate::idempotency;
use crate::mail;
use crate::platform::{Level, Line, LocalFuture};
use crate::runtime::State;
use crate::teams::invitations;
use crate::triggers::Schedule;
use crate::webhooks::delivery::reconciler;
use crate::webhooks::endpoints;

/// What a step comes to.
pub type StepOutcome = Result<Done, Box<dyn Error>>;

/// One step.
pub struct Step {
    /// Its name in the log.
    pub name: &'static str,
    /// Its work. It may be cut off anywhere, and run twice at once.
    pub run: for<'a> fn(&'a State) -> LocalFuture<'a, StepOutcome>,
}

macro_rules! steps {
    ($($name:literal: |$state:pat_param| $work:expr;)*) => {
        &[$(Step { name: $name, run: |$state| Box::pin($work) },)*]
    };
}

/// What is done every hour, in order. Add yours.
pub static HOURLY: &[Step] = steps! {
    "signing_keys.publish_next": |state| publish_next(state);
    "signing_keys.clean": |state| clean_keys(state);
    "reseal": |state| reseal_some(state);
    "sessions.remove_expired": |state| remove(state, sessions::store::expired);
    "api_keys.remove_expired": |state| remove(state, api_keys::store::expired);
    "challenges.remove_expired": |state| remove(state, two_factor::store::expired);
    "guesses.remove_old": |state| remove(state, login_throttle::store::old);
    "email_links.remove_expired": |state| remove(state, links::expired);
    "mails_sent.remove_old": |state| remove(state, mail::delivery::old_counts);
    "invitations.remove_expired": |state| remove(state, invitations::store::expired);
    "webhooks.leave_deleted_teams": |state| remove(state, endpoints::endings::of_deleted_teams);
    "webhooks.end_with_missing_keys": |state| remove(state, endpoints::endings::of_missing_keys);
    "webhooks.remove_old_letters": |state| purge(state, reconciler::old_dead_letters(state));
};

/// What is done every minute: what cannot wait, and tables of which an hour is more than a run takes.
pub static EVERY_MINUTE: &[Step] = steps! {
    "webhooks.wake_overlooked": |state| async { Ok(Done::all(reconciler::wake_overlooked(state).await?)) };
    "webhooks.end_with_expired_keys": |state| remove(state, endpoints::endings::of_ended_keys);
    "mail.wake_due": |state| async { Ok(Done::all(mail::delivery::wake_due(state).await?)) };
    "two_factor.remove_due": |state| async { Ok(Done::all(factor_removal::remove_due(state).await?)) };
    "idempotency.remove_expired": |state| remove(state, idempotency::store::expired);
    "webhooks.remove_old_deliveries": |state| purge(state, reconciler::old_deliveries(state));
    "webhooks.remove_old_events": |state| purge(state, reconciler::old_events(state));
};

/// The steps of a schedule.
pub fn steps_of(schedule: Schedule) -> &'static [Step] {
    match schedule {
        Schedule::Hourly => HOURLY,
        Schedule::EveryMinute => EVERY_MINUTE,
    }
}

/// Runs all of `steps`. `scheduled_ms` is when `cron` was to fire, in milliseconds since 1970.
pub async fn run(state: &State, steps: &[Step], cron: &str, scheduled_ms: i64) {
    let platform = &state.platform;
    for step in steps {
        let begun = platform.clock.now_ms();
        let (level, done, cause) = match (step.run)(state).await {
            Ok(done) if done == Done::default() => continue,
            Ok(done) => (Level::Info, done, None),
            Err(error) => (Level::Error, Done::default(), Some(error.to_string())),
        };
        let ended = platform.clock.now_ms();
        Line::new(level, "tick", ended)
            .field("cron", cron)
            .field("step", step.name)
            .field("late_ms", begun - scheduled_ms)
            .field("duration_ms", ended - begun)
            .field("count", done.count)
            .field("left", done.left)
            .optional("cause", cause)
            .write(platform);
    }
}

async fn publish_next(state: &State) -> StepOutcome {
    let made = rotation::publish_next(&state.config.master_keys, &state.platform).await?;
    if made > 0 {
        state.keys.refresh(&state.platform).await?;
    }
    Ok(Done::all(made))
}

async fn clean_keys(state: &State) -> StepOutcome {
    Ok(Done::all(rotation::clean(&state.platform).await?))
}

async fn reseal_some(state: &State) -> StepOutcome {
    let master = &state.config.master_keys;
    let resealed = reseal::step(state.sealed, master, &state.platform).await?;
    Ok(Done {
        count: resealed.done,
        left: resealed.left,
    })
}

/// Removes, or lays to rest, rows that mean nothing any more at this time.
async fn remove(state: &State, at: fn(i64) -> PurgeQuery) -> StepOutcome {
    purge(state, at(state.platform.clock.now_ms())).await
}

async fn purge(state: &State, query: PurgeQuery) -> StepOutcome {
    Ok(purge::purge(&state.platform, query).await?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;
    use crate::events::Catalogue;
    use crate::platform::native::{TEST_EPOCH_MS, TestPlatform};
    use pollster::block_on;
    use serde_json::Value;

    const TRIED: &[Step] = steps! {
        "fails": |_| async { Err("out of order".into()) };
        "has_nothing_to_do": |_| async { Ok(Done::default()) };
        "works": |_| async { Ok(Done { count: 2, left: 3 }) };
    };

    #[test]
    fn a_step_that_fails_stops_no_other_and_each_that_did_something_has_a_line() {
        let (platform, handle) = TestPlatform::new();
        let key = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";
        let config = Config::load(|name| match name {
            "ENVIRONMENT" => Some("development".to_owned()),
            "ISSUER" => Some("http://localhost".to_owned()),
            "AUDIENCE" => Some("tests".to_owned()),
            "MASTER_KEY" => Some(key.to_owned()),
            "PASSWORD_PEPPER" => Some(key.replace("AAEC", "CAEC")),
            _ => None,
        });
        let config = config.expect("a good configuration");
        let state = State::new(platform, config, &[], Catalogue(&[]));
        block_on(run(&state, TRIED, "17 * * * *", TEST_EPOCH_MS - 5));
        let lines = handle.log.lines();
        let [(failed, first), (worked, second)] = lines.as_slice() else {
            panic!("{lines:?}");
        };
        assert_eq!((*failed, *worked), (Level::Error, Level::Info));
        let first: Value = serde_json::from_str(first).unwrap();
        assert_eq!(first["step"], "fails");
        assert_eq!(first["cause"], "out of order");
        let second: Value = serde_json::from_str(second).unwrap();
        assert_eq!((&second["count"], &second["left"]), (&2.into(), &3.into()));
        assert_eq!(
            (&second["event"], &second["late_ms"]),
            (&"tick".into(), &5.into())
        );
    }

    #[test]
    fn names_of_steps_are_each_there_once() {
        let names: Vec<_> = HOURLY
            .iter()
            .chain(EVERY_MINUTE)
            .map(|it| it.name)
            .collect();
        for (index, name) in names.iter().enumerate() {
            assert!(!names[..index].contains(name), "{name}");
        }
    }
}
