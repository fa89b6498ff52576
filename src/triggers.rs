//! What starts the Worker besides requests: one table of queues, one of crons. Any other is an error.
//! `npm run check-config` and `tests/api/triggers.rs` compare `wrangler.toml` with both.

use crate::platform::Lane;

/// Who works on the messages of a queue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Consumer {
    /// Messages that the Worker itself sends.
    Lane(Lane),
    /// Records messages that the other consumers failed to process.
    DeadLetters,
}

/// Every queue that the Worker consumes.
pub const QUEUES: [(&str, Consumer); 4] = [
    ("wvw-builder-webhooks", Consumer::Lane(Lane::First)),
    ("wvw-builder-webhooks-slow", Consumer::Lane(Lane::Slow)),
    ("wvw-builder-mail", Consumer::Lane(Lane::Mail)),
    ("wvw-builder-webhooks-dead", Consumer::DeadLetters),
];

impl Consumer {
    /// The consumer of the queue with this name.
    pub fn of(queue: &str) -> Option<Self> {
        find(&QUEUES, queue)
    }
}

/// What a cron trigger is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Schedule {
    /// What can wait for an hour. Not on the hour, when most crons run.
    Hourly,
    /// What cannot wait.
    EveryMinute,
}

/// Every cron trigger of the Worker.
pub const CRONS: [(&str, Schedule); 2] = [
    ("17 * * * *", Schedule::Hourly),
    ("* * * * *", Schedule::EveryMinute),
];

impl Schedule {
    /// The schedule of the trigger with this expression.
    pub fn of(cron: &str) -> Option<Self> {
        find(&CRONS, cron)
    }
}

fn find<T: Copy>(table: &[(&str, T)], name: &str) -> Option<T> {
    let row = table.iter().find(|(known, _)| *known == name);
    row.map(|(_, value)| *value)
}

/// The comparison of an environment of `wrangler.toml` with the tables; not part of the Worker.
#[cfg(not(target_arch = "wasm32"))]
pub mod check {
    use serde::Deserialize;

    use super::{CRONS, Consumer, QUEUES, Schedule};
    use crate::platform::Lane;

    /// The members `queues` and `triggers` of an environment.
    #[derive(Debug, Default, Deserialize)]
    #[serde(default)]
    pub struct WorkerEnvironment {
        queues: Queues,
        triggers: Triggers,
    }

    #[derive(Debug, Default, Deserialize)]
    #[serde(default)]
    struct Queues {
        producers: Vec<Producer>,
        consumers: Vec<ConsumerOf>,
    }

    #[derive(Debug, Deserialize)]
    struct Producer {
        binding: String,
        queue: String,
    }

    #[derive(Debug, Deserialize)]
    struct ConsumerOf {
        queue: String,
        dead_letter_queue: Option<String>,
    }

    #[derive(Debug, Default, Deserialize)]
    #[serde(default)]
    struct Triggers {
        crons: Vec<String>,
    }

    impl WorkerEnvironment {
        /// Where it differs from the tables, one sentence each.
        pub fn differences(&self) -> Vec<String> {
            let mut found = Vec::new();
            self.compare_consumers(&mut found);
            self.compare_producers(&mut found);
            let crons: Vec<_> = self.triggers.crons.iter().map(String::as_str).collect();
            for cron in crons.iter().filter(|cron| Schedule::of(cron).is_none()) {
                found.push(format!("cron {cron:?} is not in src/triggers.rs"));
            }
            for (cron, schedule) in CRONS {
                once(
                    &crons,
                    cron,
                    &format!("a cron for {schedule:?}"),
                    &mut found,
                );
            }
            found
        }

        fn compare_consumers(&self, found: &mut Vec<String>) {
            let consumers = &self.queues.consumers;
            let names: Vec<_> = consumers.iter().map(|it| it.queue.as_str()).collect();
            for name in names.iter().filter(|name| Consumer::of(name).is_none()) {
                found.push(format!("consumer of {name:?}: not in src/triggers.rs"));
            }
            for (name, _) in QUEUES {
                once(&names, name, "a consumer", found);
            }
            for consumer in consumers {
                let letters = consumer.dead_letter_queue.as_deref();
                let is_right = match Consumer::of(&consumer.queue) {
                    // The cron of every minute finds mails whose messages are lost.
                    None | Some(Consumer::Lane(Lane::Mail) | Consumer::DeadLetters) => {
                        letters.is_none()
                    }
                    Some(Consumer::Lane(Lane::First | Lane::Slow)) => {
                        letters.and_then(Consumer::of) == Some(Consumer::DeadLetters)
                    }
                };
                if !is_right {
                    let queue = &consumer.queue;
                    found.push(format!("dead_letter_queue of {queue:?} is {letters:?}"));
                }
            }
        }

        fn compare_producers(&self, found: &mut Vec<String>) {
            let producers = &self.queues.producers;
            let bindings: Vec<_> = producers.iter().map(|it| it.binding.as_str()).collect();
            for lane in Lane::ALL {
                once(&bindings, lane.binding(), "a producer", found);
            }
            for Producer { binding, queue } in producers {
                let lane = Lane::ALL.into_iter().find(|it| it.binding() == binding);
                if lane.is_none() || Consumer::of(queue) != lane.map(Consumer::Lane) {
                    found.push(format!("producer {binding} may not send to {queue:?}"));
                }
            }
        }
    }

    fn once(names: &[&str], wanted: &str, what: &str, found: &mut Vec<String>) {
        let count = names.iter().filter(|name| **name == wanted).count();
        if count != 1 {
            found.push(format!(
                "{wanted:?}: {what} is there {count} times, not once"
            ));
        }
    }
}
