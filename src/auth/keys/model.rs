//! The life of a signing key: published, then active, then retired, then gone.
//! Promises that what a key may do follows from its times and the clock alone, whoever looks.
//! Leaves making keys to `rotation`, keeping them to `store` and `ring`.

const DAY_MS: i64 = 86_400_000;
/// A key signs this long.
pub const SIGNS_MS: i64 = 30 * DAY_MS;
/// It is published at least this long before it signs: longer than any cache keeps what it has.
pub const PUBLISHED_MS: i64 = DAY_MS;
/// It verifies this long after it has stopped signing: longer than any access token lives.
pub const VERIFIES_MS: i64 = DAY_MS;
/// The next key is made this long before it is to sign: a day for a cron that comes late.
const MADE_BEFORE_MS: i64 = PUBLISHED_MS + DAY_MS;
/// The clocks of two machines may differ by this much.
pub const SKEW_MS: i64 = 30_000;

kit::words! {
    /// Where a key is in its life.
    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    pub enum State {
        /// In the key set, so that everyone has it when it begins to sign.
        Published = "published",
        /// Signs and verifies.
        Active = "active",
        /// Only verifies: tokens that it has signed are still about.
        Retired = "retired",
        /// Does nothing; its row is deleted by the next cron.
        Removed = "removed",
        /// Taken back in an emergency; does nothing.
        Revoked = "revoked",
    }
}

/// The times of one key, in milliseconds since 1970. Those that are not known yet are `None`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Life {
    /// It is published from here on.
    pub created_at: i64,
    /// It signs from here on.
    pub activates_at: i64,
    /// It only verifies from here on: its successor signs. Known since that one was published.
    pub retires_at: Option<i64>,
    /// It does nothing from here on.
    pub removed_at: Option<i64>,
    /// It was taken back.
    pub revoked_at: Option<i64>,
}

impl Life {
    /// Of a key that signs at once: the very first, or one made in an emergency.
    pub const fn at_once(now: i64) -> Self {
        Self {
            created_at: now,
            activates_at: now,
            retires_at: None,
            removed_at: None,
            revoked_at: None,
        }
    }

    /// Where the key is in its life.
    pub fn state(&self, now: i64) -> State {
        let is_past = |time: Option<i64>| time.is_some_and(|time| time <= now);
        if self.revoked_at.is_some() {
            State::Revoked
        } else if now < self.activates_at {
            State::Published
        } else if is_past(self.removed_at) {
            State::Removed
        } else if is_past(self.retires_at) {
            State::Retired
        } else {
            State::Active
        }
    }

    /// Whether a token signed with it may be believed. A machine whose clock runs ahead may sign
    /// with the next key a moment early.
    pub fn verifies(&self, now: i64) -> bool {
        match self.state(now) {
            State::Active | State::Retired => true,
            State::Published => now + SKEW_MS >= self.activates_at,
            State::Removed | State::Revoked => false,
        }
    }

    /// Whether its public half belongs in the key set.
    pub fn is_published(&self, now: i64) -> bool {
        !matches!(self.state(now), State::Removed | State::Revoked)
    }

    /// The life of the key that is to follow, when it is time to make that one. However late that
    /// is, it is published long enough before it signs; until then this key goes on.
    pub fn successor(&self, now: i64) -> Option<Self> {
        let ends_at = self.activates_at + SIGNS_MS;
        let is_due = now >= ends_at - MADE_BEFORE_MS;
        let is_open = self.retires_at.is_none() && self.state(now) == State::Active;
        (is_open && is_due).then(|| Self {
            activates_at: ends_at.max(now + PUBLISHED_MS),
            ..Self::at_once(now)
        })
    }
}

#[cfg(test)]
mod tests;
