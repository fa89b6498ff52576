//! Runs before and after the handler of a POST with an `Idempotency-Key`.
//! A request has its effect once, however often and late it is repeated, and wherever an attempt was
//! aborted. `Tx` commits the batch.

use std::borrow::Cow;
use std::cell::Cell;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use subtle::ConstantTimeEq as _;

use crate::auth::model::Caller;
use crate::auth::permissions::Rule;
use crate::auth::standing;
use crate::config::{Config, MasterKeys};
use crate::http::operation::{Operation, Replay};
use crate::http::{Problem, Request, Response, problems};
use crate::limits::address::address_prefix;
use crate::mac::Tag;
use crate::platform::{DatabaseError, Platform, Statement};
use crate::seal;

use super::model::{self, Fingerprints, Keyed};
use super::store::{self, NewRecord};

/// How a request with a key begins.
pub enum Begun {
    /// The first with this key: to be handled and settled.
    Reserved(Reservation),
    /// A repetition, with the stored answer.
    Done(Response),
}

/// The reservation of a record: its holder alone may store the answer.
pub struct Reservation {
    id: Tag,
    holder: [u8; 16],
    replay: Replay,
    has_credential: bool,
    is_kept: Cell<bool>,
}

/// Reserves the record of this POST, or finds the stored answer. The caller is the session or the API
/// key, since a client may have renewed its access token; without one it is the address.
pub async fn begin(
    config: &Config,
    platform: &Platform,
    request: &Request,
    operation: &Operation,
    caller: Option<(&Caller, &Rule)>,
    header: &str,
) -> Result<Begun, Problem> {
    let key = model::parse_key(header).ok_or(Problem::new(&problems::INVALID_IDEMPOTENCY_KEY))?;
    let owner = match caller {
        Some((caller, _)) => Cow::Borrowed(model::owner(caller)),
        None => Cow::Owned(format!("address {}", address_prefix(request))),
    };
    let keyed = Keyed {
        owner: &owner,
        path: &request.path,
        key: &key,
        query: &request.query,
        body: request.body()?,
    };
    let now = platform.clock.now_ms();
    let fingerprints = fingerprints(&config.master_keys, platform, &keyed, now).await?;
    let reservation = Reservation {
        id: fingerprints.id,
        holder: platform.random_bytes(),
        replay: operation.replay,
        has_credential: caller.is_some(),
        is_kept: Cell::new(false),
    };
    let record = NewRecord {
        fingerprints: &fingerprints,
        user: caller.map(|(caller, _)| &caller.user_id),
        holder: &reservation.holder,
        now,
        max_age_ms: match operation.replay {
            Replay::Tokens { max_age_ms } => max_age_ms,
            Replay::Data | Replay::Secret => 0,
        },
    };
    // A session or key that has just ended gets no stored answer.
    let standing = caller.map(|(caller, rule)| standing::of(caller, rule, now));
    let reserved = standing
        .into_iter()
        .chain([store::reserve(&record)])
        .collect();
    let changes = platform.database.batch(reserved).await?;
    if changes.last() == Some(&1) {
        return Ok(Begun::Reserved(reservation));
    }
    // Not found: the other attempt has just failed.
    let known = store::find(platform, &reservation.id, now).await?;
    let known = known.ok_or_else(in_use)?;
    if !bool::from(known.request.ct_eq(&fingerprints.request)) {
        return Err(Problem::new(&problems::IDEMPOTENCY_KEY_REUSED));
    }
    let sealed = known.answer.ok_or_else(in_use)?;
    let bytes = seal::open(&config.master_keys, &reservation.label(), &sealed);
    let answer = bytes.and_then(|bytes| model::decode(&bytes));
    let answer = answer.ok_or_else(|| Problem::internal("a kept answer does not open"))?;
    Ok(Begun::Done(
        answer.with_header("idempotency-replayed", "true"),
    ))
}

/// Under the current master key, unless the record is there under the one before.
async fn fingerprints(
    master: &MasterKeys,
    platform: &Platform,
    keyed: &Keyed<'_>,
    now: i64,
) -> Result<Fingerprints, DatabaseError> {
    if let Some(previous) = &master.previous {
        let fingerprints = keyed.fingerprints(previous);
        if store::find(platform, &fingerprints.id, now)
            .await?
            .is_some()
        {
            return Ok(fingerprints);
        }
    }
    Ok(keyed.fingerprints(&master.current))
}

fn in_use() -> Problem {
    Problem::new(&problems::IDEMPOTENCY_KEY_IN_USE).with_header("retry-after", "2")
}

impl Reservation {
    /// The context that the sealed answer is bound to.
    fn label(&self) -> String {
        format!("idempotency:{}", URL_SAFE_NO_PAD.encode(self.id))
    }

    /// Stores `answer`, or releases the record where the answer may not be repeated. To be committed in
    /// one batch with the change that it reports. Stale when another attempt has taken over meanwhile.
    pub fn complete(
        &self,
        config: &Config,
        platform: &Platform,
        answer: &Response,
    ) -> Result<Vec<Statement>, DatabaseError> {
        let defect = |what: &str| DatabaseError::Other(what.to_owned());
        let token = match self.replay {
            Replay::Tokens { .. } => model::refresh_token(answer, &config.password_pepper),
            Replay::Data | Replay::Secret => None,
        };
        let may_keep = match self.replay {
            Replay::Data => true,
            Replay::Secret => self.has_credential,
            Replay::Tokens { .. } => token.is_some(),
        };
        if !may_keep {
            let release = store::release(&self.id, &self.holder);
            return Ok(vec![release, Statement::must_change()]);
        }
        let bytes = model::encode(answer).ok_or_else(|| defect("this answer cannot be kept"))?;
        let sealed = seal::seal(&config.master_keys, &self.label(), &bytes, platform);
        let sealed = sealed.map_err(|error| defect(&error.to_string()))?;
        Ok(store::complete(
            &self.id,
            &self.holder,
            sealed,
            token.as_ref(),
        ))
    }

    /// Records that the answer was committed.
    pub fn set_kept(&self) {
        self.is_kept.set(true);
    }

    /// After the handler: stores the answer of a success without a change, and releases the record on
    /// failure. If that fails too, the reservation expires after a minute.
    pub async fn settle(
        &self,
        config: &Config,
        platform: &Platform,
        outcome: Result<Response, Problem>,
    ) -> Result<Response, Problem> {
        if self.is_kept.get() {
            return outcome;
        }
        match outcome {
            Ok(answer) => {
                let writes = self.complete(config, platform, &answer)?;
                match platform.database.batch(writes).await {
                    Err(DatabaseError::Stale) => Err(in_use()),
                    outcome => Ok(outcome.map(|_| answer)?),
                }
            }
            Err(problem) => {
                let release = store::release(&self.id, &self.holder);
                let released = platform.database.batch(vec![release]).await;
                let is_lost = matches!(released, Ok(changes) if changes == [0]);
                // A write whose answer was lost may have been committed, and then its record is done.
                if !is_lost || problem.kind.status == 503 {
                    return Err(problem);
                }
                // Another attempt has taken over, which explains the failure of this one.
                let mut late = in_use();
                late.cause = Some(format!("late: {}", problem.cause.unwrap_or_default()));
                Err(late)
            }
        }
    }
}
