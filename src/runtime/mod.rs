//! What a handler holds: `State` of the isolate and `Context` of the request.
//! Knows no feature: their per-isolate caches are values of general types.

mod context;
mod lists;
mod tx;

use db::cache::Cache;

use crate::auth::audit;
use crate::auth::keys::KeyRing;
use crate::auth::keys::store::SealedColumn;
use crate::auth::tokens::Verifier;
use crate::config::Config;
use crate::events::Catalogue;
use crate::limits::counter::Limits;
use crate::password::Verifications;
use crate::platform::Platform;

pub use context::Context;
pub use tx::{Tx, why_stale};

/// What lives as long as the isolate.
pub struct State {
    /// Checked configuration.
    pub config: Config,
    /// The ports.
    pub platform: Platform,
    /// Signing keys.
    pub keys: KeyRing,
    /// Tokens that have passed.
    pub verifier: Verifier,
    /// Who has called how often.
    pub limits: Limits,
    /// Passwords that were compared.
    pub verifications: Verifications,
    /// What features have cached.
    pub cache: Cache,
    /// Who is writing to the audit log.
    pub audit: audit::ChainWriter,
    /// The columns whose values are sealed.
    pub sealed: &'static [SealedColumn],
    /// The types of events.
    pub events: Catalogue,
}

impl State {
    /// The state of a new isolate. The tables cover all features.
    pub fn new(
        platform: Platform,
        config: Config,
        sealed: &'static [SealedColumn],
        events: Catalogue,
    ) -> Self {
        Self {
            limits: Limits::new(config.quotas, &config.master_keys.current),
            keys: KeyRing::new(&config.master_keys.current),
            cache: Cache::new(&config.master_keys.current),
            config,
            platform,
            verifier: Verifier::default(),
            verifications: Verifications::default(),
            audit: audit::ChainWriter::default(),
            sealed,
            events,
        }
    }
}
