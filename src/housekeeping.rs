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

/// What is done every hour, in order. Add yours.
pub static HOURLY: &[Step] = &[
    Step {
        name: "signing_keys.publish_next",
        run: |state| Box::pin(publish_next(state)),
    },
    Step {
        name: "signing_keys.clean",
        run: |state| Box::pin(clean_keys(state)),
    },
    Step {
        name: "reseal",
        run: |state| Box::pin(reseal_some(state)),
    },
    Step {
        name: "sessions.remove_expired",
        run: |state| Box::pin(remove(state, sessions::store::expired)),
    },
    Step {
        name: "api_keys.remove_expired",
        run: |state| Box::pin(remove(state, api_keys::store::expired)),
    },
    Step {
        name: "challenges.remove_expired",
        run: |state| Box::pin(remove(state, two_factor::store::expired)),
    },
    Step {
        name: "guesses.remove_old",
        run: |state| Box::pin(remove(state, login_throttle::store::old)),
    },
    Step {
        name: "email_links.remove_expired",
        run: |state| Box::pin(remove(state, links::expired)),
    },
    Step {
        name: "mails_sent.remove_old",
        run: |state| Box::pin(remove(state, mail::delivery::old_counts)),
    },
    Step {
        name: "invitations.remove_expired",
        run: |state| Box::pin(remove(state, invitations::store::expired)),
    },
    Step {
        name: "webhooks.leave_deleted_teams",
        run: |state| Box::pin(remove(state, endpoints::endings::of_deleted_teams)),
    },
    Step {
        name: "webhooks.end_with_missing_keys",
        run: |state| Box::pin(remove(state, endpoints::endings::of_missing_keys)),
    },
    Step {
        name: "webhooks.remove_old_letters",
        run: |state| Box::pin(purge(state, reconciler::old_dead_letters(state))),
    },
];

/// What is done every minute: what cannot wait, and tables of which an hour is more than a run takes.
pub static EVERY_MINUTE: &[Step] = &[
    Step {
        name: "webhooks.wake_overlooked",
        run: |state| Box::pin(async { Ok(Done::all(reconciler::wake_overlooked(state).await?)) }),
    },
    Step {
        name: "webhooks.end_with_expired_keys",
        run: |state| Box::pin(remove(state, endpoints::endings::of_ended_keys)),
    },
    Step {
        name: "mail.wake_due",
        run: |state| Box::pin(async { Ok(Done::all(mail::delivery::wake_due(state).await?)) }),
    },
    Step {
        name: "two_factor.remove_due",
        run: |state| Box::pin(async { Ok(Done::all(factor_removal::remove_due(state).await?)) }),
    },
    Step {
        name: "idempotency.remove_expired",
        run: |state| Box::pin(remove(state, idempotency::store::expired)),
    },
    Step {
        name: "webhooks.remove_old_deliveries",
        run: |state| Box::pin(purge(state, reconciler::old_deliveries(state))),
    },
    Step {
        name: "webhooks.remove_old_events",
        run: |state| Box::pin(purge(state, reconciler::old_events(state))),
    },
];

/// The steps of a schedule.
pub fn steps_of(schedule: Schedule) -> &'static [Step] {
    match schedule {
        Schedule::Hourly => HOURLY,
        Schedule::EveryMinute => EVERY_MINUTE,
    }
}

/// The fields of a step's log line.
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

    const TRIED: &[Step] = &[
        Step {
            name: "fails",
            run: |_| Box::pin(async { Err("out of order".into()) }),
        },
        Step {
            name: "has_nothing_to_do",
            run: |_| Box::pin(async { Ok(Done::default()) }),
        },
        Step {
            name: "works",
            run: |_| Box::pin(async { Ok(Done { count: 2, left: 3 }) }),
        },
    ];

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
