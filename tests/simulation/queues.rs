//! Cloudflare's queues at their worst, all from the dice: messages are lost, late, come twice, and end in the dead
//! letters when no consumer takes them.

use std::cell::Cell;
use std::collections::BTreeMap;

use wvw_builder::platform::Lane;
use wvw_builder::platform::native::Queued;

use crate::faults::Dice;
use crate::world::DAY_MS;

/// As in wrangler.toml: how often a message comes again before it is a dead letter, and after how long.
pub const MAX_RETRIES: u32 = 10;
pub const RETRY_MS: i64 = 10_000;
const WORK: &str = "wvw-builder-webhooks";
const SLOW: &str = "wvw-builder-webhooks-slow";
const DEAD: &str = "wvw-builder-webhooks-dead";

/// How often what happened.
pub type Tally = BTreeMap<&'static str, usize>;

/// A message on its way.
struct Mail {
    due: i64,
    queue: &'static str,
    body: String,
    tries: u32,
}

/// Messages that are given to a consumer together, and what it said of them.
pub struct Batch {
    mail: Vec<Mail>,
    /// Whether they are to come again; `None` until it has said anything.
    pub comes_again: Cell<Option<bool>>,
}

impl Batch {
    pub fn queue(&self) -> &'static str {
        self.mail[0].queue
    }

    pub fn bodies(&self) -> Vec<String> {
        self.mail.iter().map(|mail| mail.body.clone()).collect()
    }
}

/// All three of them.
#[derive(Default)]
pub struct Queues {
    mail: Vec<Mail>,
    pub tally: Tally,
}

impl Queues {
    pub fn count_up(&mut self, what: &'static str, by: usize) {
        *self.tally.entry(what).or_default() += by;
    }

    /// Takes what was sent, and does to it what queues do.
    pub fn take(&mut self, sent: Vec<Queued>, dice: &Dice, has_faults: bool) {
        for message in sent {
            let copies = if has_faults {
                [0, 0, 2, 2, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1][dice.roll(16) as usize]
            } else {
                1
            };
            for _ in 0..copies {
                let late = match dice.roll(20) {
                    0 if has_faults => dice.up_to(14) * DAY_MS,
                    1..4 if has_faults => dice.up_to(600) * 1_000,
                    _ => 0,
                };
                self.mail.push(Mail {
                    due: message.due_ms + late,
                    queue: match message.lane {
                        Lane::First => WORK,
                        Lane::Slow => SLOW,
                        Lane::Mail => unreachable!("mails lie apart"),
                    },
                    body: message.body.clone(),
                    tries: 0,
                });
            }
            self.count_up(["lost", "once", "twice"][copies], 1);
        }
    }

    /// What is due, in batches of any size.
    pub fn batches(&mut self, now: i64, dice: &Dice) -> Vec<Batch> {
        let mut due: Vec<_> = self.mail.extract_if(.., |each| each.due <= now).collect();
        let mut batches = Vec::new();
        while !due.is_empty() {
            let size = 1 + dice.roll(5) as usize;
            let queue = due[0].queue;
            let mut count = 0;
            let belongs = |each: &mut Mail| {
                let is_one = each.queue == queue && count < size;
                count += usize::from(is_one);
                is_one
            };
            batches.push(Batch {
                mail: due.extract_if(.., belongs).collect(),
                comes_again: Cell::new(None),
            });
        }
        batches
    }

    /// What is not acknowledged comes again, but not for ever.
    pub fn settle(&mut self, batch: Batch, now: i64) {
        let comes_again = batch.comes_again.get().unwrap_or(true);
        for mut mail in batch.mail {
            let is_dead = mail.queue == DEAD;
            if !comes_again {
                self.count_up("dead letters recorded", usize::from(is_dead));
                continue;
            }
            mail.tries += 1;
            mail.due = now + RETRY_MS;
            if mail.tries > MAX_RETRIES {
                if is_dead {
                    continue;
                }
                (mail.queue, mail.tries) = (DEAD, 0);
            }
            self.mail.push(mail);
        }
    }
}
