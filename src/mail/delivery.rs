//! Sends mails: right after they were written, and by the cron when that failed. Tries are bounded in number
//! and in time, and so are the mails of an hour to one address.

use std::error::Error;

use db::purge::PurgeQuery;

use crate::http::json;
use crate::ids::MailId;
use crate::mac;
use crate::platform::{DatabaseError, LocalFuture, MailError, MailMessage, Settlement, Statement};
use crate::runtime::State;
use crate::seal;

use super::content::MailContent;
use super::{Outgoing, SEAL_LABEL, outgoing, store, view};

/// Whoever has taken a mail has so long to send it, in milliseconds; then someone else may.
const LEASE_MS: i64 = 120_000;
/// The waits after a try that has failed for now, in milliseconds; after one more it is given up.
const PAUSES_MS: [i64; 7] = [
    60_000, 300_000, 900_000, 3_600_000, 10_800_000, 21_600_000, 43_200_000,
];
/// Mails that anyone can have sent: to one address in an hour and in a day.
const BY_ANYONE: (i64, i64) = (5, 20);
/// Mails to the owner of an account on what was done with it.
const TO_OWNER: (i64, i64) = (30, 100);
/// Seconds after which a batch comes again that the database could not take.
const RETRY_S: u32 = 30;

/// Answers a request for a new password by the address given: with the statement in the same batch, and
/// with a mail, if there is somebody to send one to.
pub type ResetAnswer = for<'a> fn(
    &'a State,
    &'a str,
    Statement,
) -> LocalFuture<'a, Result<Option<Outgoing>, Box<dyn Error>>>;

/// Works on a batch of ids.
pub async fn consume(
    state: &State,
    bodies: &[String],
    settle: &dyn Fn(&[Settlement]),
    answer_reset: ResetAnswer,
) {
    let mut settlements = Vec::with_capacity(bodies.len());
    for body in bodies {
        let outcome = if let Some(id) = MailId::parse(body) {
            deliver(state, &id, answer_reset).await
        } else {
            // A retry would not change it.
            state.platform.warn("mail_message_unreadable", 1);
            Ok(())
        };
        settlements.push(match outcome {
            Ok(()) => Settlement::Acknowledge,
            Err(error) => {
                state.platform.warn("mail_retried", error);
                Settlement::Retry(RETRY_S)
            }
        });
    }
    settle(&settlements);
}

/// Wakes what is due: what no message has woken, and what is to be tried again.
pub async fn wake_due(state: &State) -> Result<u64, DatabaseError> {
    let platform = &state.platform;
    let ids = store::due(platform, platform.clock.now_ms()).await?;
    let count = ids.len() as u64;
    if count > 0 {
        outgoing::wake(state, ids);
    }
    Ok(count)
}

/// Counts that mean nothing any more.
pub fn old_counts(now: i64) -> PurgeQuery {
    store::old_counts(now)
}

/// Sends a mail, if it is due and nobody else has taken it.
async fn deliver(
    state: &State,
    id: &MailId,
    answer_reset: ResetAnswer,
) -> Result<(), Box<dyn Error>> {
    let platform = &state.platform;
    let now = platform.clock.now_ms();
    let Some(mail) = store::lease(platform, id, now, now + LEASE_MS).await? else {
        return Ok(());
    };
    if mail.expires_at <= now {
        return give_up(state, id, "expired").await;
    }
    let label = [SEAL_LABEL, id.as_str()].concat();
    let content = seal::open(&state.config.master_keys, &label, &mail.sealed);
    let content = content.and_then(|text| MailContent::from_json(&json::read(&text)?));
    let Some(content) = content else {
        return give_up(state, id, "does not open under MASTER_KEY").await;
    };
    if content == MailContent::ResetRequested {
        if let Some(mail) = answer_reset(state, &mail.recipient, store::remove(id)).await? {
            mail.wake_from(state);
        }
        return Ok(());
    }
    if mail.tries == 1 && !is_within_limits(state, id, &mail.recipient, &content, now).await? {
        return give_up(state, id, "the address has had too many").await;
    }
    let written = view::write(&content, &state.config.issuer)?;
    let message = MailMessage {
        id: id.to_string(),
        written_ms: mail.created_at,
        to: mail.recipient,
        subject: written.subject,
        text: written.text,
        html: written.html,
    };
    let error = match platform.mail.send(&message).await {
        Ok(()) => {
            platform.database.batch(vec![store::remove(id)]).await?;
            return Ok(());
        }
        Err(error) => error,
    };
    let pause = usize::try_from(mail.tries - 1).map(|failed| PAUSES_MS.get(failed));
    let next_at = platform.clock.now_ms() + pause?.copied().unwrap_or(i64::MAX / 2);
    if matches!(error, MailError::Permanent(_)) || next_at >= mail.expires_at {
        return give_up(state, id, &error.to_string()).await;
    }
    let postpone = store::postpone(id, next_at);
    platform.database.batch(vec![postpone]).await?;
    platform.warn("mail_postponed", error);
    Ok(())
}

/// Counts a mail, unless its address has had too many. A tag, since addresses are kept nowhere
/// that need not know them.
async fn is_within_limits(
    state: &State,
    id: &MailId,
    recipient: &str,
    content: &MailContent,
    now: i64,
) -> Result<bool, DatabaseError> {
    let key = state.platform.unicode.nfc(recipient).to_lowercase();
    let address = mac::tag(
        &state.config.master_keys.current,
        "mail: address",
        &[key.as_bytes()],
    );
    let is_by_anyone = content.is_by_anyone();
    let limits = if is_by_anyone { BY_ANYONE } else { TO_OWNER };
    let count = store::count(id, &address, is_by_anyone, limits, now);
    match state.platform.database.batch(count).await {
        Err(DatabaseError::Stale) => Ok(false),
        outcome => outcome.map(|_| true),
    }
}

/// It is not sent, and why goes to the log: no address, no secret.
async fn give_up(state: &State, id: &MailId, why: &str) -> Result<(), Box<dyn Error>> {
    let platform = &state.platform;
    platform.database.batch(vec![store::remove(id)]).await?;
    platform.warn("mail_given_up", why);
    Ok(())
}
