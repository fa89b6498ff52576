//! The life cycle of a signing key: published, active, retired, removed.
//! The state of a key follows from its times and the clock alone. `rotation` creates keys, `store` and
//! `ring` keep them.

const DAY_MS: i64 = 86_400_000;
/// How long a key signs.
pub const SIGNS_MS: i64 = 30 * DAY_MS;
/// A key is published at least this long before it signs: longer than any cache lives.
pub const PUBLISHED_MS: i64 = DAY_MS;
/// A key verifies this long after it has stopped signing: longer than any access token lives.
pub const VERIFIES_MS: i64 = DAY_MS;
/// The next key is created this long before it signs, which leaves a day for a late cron.
const MADE_BEFORE_MS: i64 = PUBLISHED_MS + DAY_MS;
/// Allowed clock skew between two machines.
pub const SKEW_MS: i64 = 30_000;

kit::words! {
    /// The state of a key.
    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    pub enum KeyState {
        /// In the key set, so that everyone has it when it begins to sign.
        Published = "published",
        /// Signs and verifies.
        Active = "active",
        /// Only verifies: tokens that it signed may still be valid.
        Retired = "retired",
        /// Not used; its row is deleted by the next cron.
        Removed = "removed",
        /// Revoked in an emergency; not used.
        Revoked = "revoked",
    }
}

/// The times of one key, in milliseconds since 1970. Unknown ones are `None`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Life {
    /// Published from here on.
    pub created_at: i64,
    /// Signs from here on.
    pub activates_at: i64,
    /// Only verifies from here on. Known once its successor is published.
    pub retires_at: Option<i64>,
    /// Not used from here on.
    pub removed_at: Option<i64>,
    /// Revoked.
    pub revoked_at: Option<i64>,
}

impl Life {
    /// The times of a key that signs at once: the first one, or one created in an emergency.
    pub const fn at_once(now: i64) -> Self {
        Self {
            created_at: now,
            activates_at: now,
            retires_at: None,
            removed_at: None,
            revoked_at: None,
        }
    }

    /// The state of the key.
    pub fn state(&self, now: i64) -> KeyState {
        let is_past = |time: Option<i64>| time.is_some_and(|time| time <= now);
        if self.revoked_at.is_some() {
            KeyState::Revoked
        } else if now < self.activates_at {
            KeyState::Published
        } else if is_past(self.removed_at) {
            KeyState::Removed
        } else if is_past(self.retires_at) {
            KeyState::Retired
        } else {
            KeyState::Active
        }
    }

    /// Whether tokens signed with it are valid. A machine whose clock runs ahead may sign with the next
    /// key a moment early.
    pub fn verifies(&self, now: i64) -> bool {
        match self.state(now) {
            KeyState::Active | KeyState::Retired => true,
            KeyState::Published => now + SKEW_MS >= self.activates_at,
            KeyState::Removed | KeyState::Revoked => false,
        }
    }

    /// Whether its public half belongs in the key set.
    pub fn is_published(&self, now: i64) -> bool {
        !matches!(self.state(now), KeyState::Removed | KeyState::Revoked)
    }

    /// The times of the successor, when it is due. However late that is, the successor is published
    /// long enough before it signs; until then this key goes on.
    pub fn successor(&self, now: i64) -> Option<Self> {
        let ends_at = self.activates_at + SIGNS_MS;
        let is_due = now >= ends_at - MADE_BEFORE_MS;
        let is_open = self.retires_at.is_none() && self.state(now) == KeyState::Active;
        (is_open && is_due).then(|| Self {
            activates_at: ends_at.max(now + PUBLISHED_MS),
            ..Self::at_once(now)
        })
    }
}

#[cfg(test)]
mod tests;
