//! The generic cell rate algorithm (ITU-T I.371), in whole numbers: nothing is rounded away.

/// The largest quota.
pub const MAX_QUOTA: u32 = 1_000_000;
/// The longest window, in seconds: a day.
pub const MAX_WINDOW_S: u32 = 86_400;

/// So much in so long: `quota` at once, and refilled evenly over the window.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate {
    quota: u32,
    window_us: i64,
}

/// The state of one quota: the theoretical arrival time, when the whole quota will be there again.
/// Before that time a part of it is spent; the default is long ago.
///
/// `quota` does not divide the window's microseconds in general. What is below a microsecond is
/// kept as a number of `quota`-ths, so that every sum is a sum of whole numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Tat {
    /// Microseconds since 1970.
    pub us: i64,
    /// `quota`-ths of a microsecond on top.
    pub parts: u32,
}

const fn within(number: u32, max: u32) -> u32 {
    if number == 0 {
        1
    } else if number > max {
        max
    } else {
        number
    }
}

impl Rate {
    /// `quota` in `window_s` seconds; both are brought within their bounds.
    pub const fn new(quota: u32, window_s: u32) -> Self {
        let window_s = within(window_s, MAX_WINDOW_S);
        Self {
            quota: within(quota, MAX_QUOTA),
            window_us: window_s as i64 * 1_000_000,
        }
    }

    /// One each `interval_us` microseconds, of which `burst` may come at once; both are brought
    /// within their bounds.
    pub fn spaced(interval_us: i64, burst: u32) -> Self {
        let burst = within(burst, MAX_QUOTA);
        let most = i64::from(MAX_WINDOW_S) * 1_000_000 / i64::from(burst);
        Self {
            quota: burst,
            window_us: interval_us.clamp(1, most) * i64::from(burst),
        }
    }

    /// Reads `1000/60`: the quota and its window in seconds.
    pub fn parse(text: &str) -> Option<Self> {
        let number = |text: &str| {
            let is_plain = text.bytes().all(|byte| byte.is_ascii_digit());
            text.parse::<u32>().ok().filter(|_| is_plain)
        };
        let (quota, window_s) = text.split_once('/')?;
        let (quota, window_s) = (number(quota)?, number(window_s)?);
        let rate = Self::new(quota, window_s);
        (rate.quota == quota && rate.window_s() == window_s).then_some(rate)
    }

    /// How much.
    pub const fn quota(self) -> u32 {
        self.quota
    }

    /// In how many seconds.
    pub const fn window_s(self) -> u32 {
        // At most a day.
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
        let seconds = (self.window_us / 1_000_000) as u32;
        seconds
    }

    /// A quarter of it, at least 1: what an isolate allows by itself while nobody counts for all.
    #[must_use]
    pub const fn quarter(self) -> Self {
        self.with_quota(self.quota / 4)
    }

    /// So many of it, in the same time.
    #[must_use]
    pub const fn times(self, count: u32) -> Self {
        self.with_quota(self.quota.saturating_mul(count))
    }

    const fn with_quota(self, quota: u32) -> Self {
        Self {
            quota: within(quota, MAX_QUOTA),
            ..self
        }
    }

    /// What one call costs, in `quota`-ths of a microsecond: the window, shared by the quota.
    const fn interval(self) -> i64 {
        self.window_us
    }

    /// What the whole quota costs. At most 8.64e16: no sum here comes near the end of an `i64`.
    const fn whole(self) -> i64 {
        self.interval() * self.quota as i64
    }

    /// What is spent and not yet refilled. A clock that has stepped back finds a time that lies
    /// too far ahead: that counts as the whole quota, so it costs a window and not the step.
    fn spent(self, tat: Tat, now_us: i64) -> i64 {
        let quota = i64::from(self.quota);
        let ahead = tat.us.saturating_sub(now_us).clamp(-1, self.interval());
        // A time that was kept under another quota may have more parts: they round up.
        let parts = i64::from(tat.parts).min(quota);
        (ahead * quota + parts).clamp(0, self.whole())
    }

    fn after(self, spent: i64, now_us: i64) -> Tat {
        let quota = i64::from(self.quota);
        Tat {
            us: now_us + spent / quota,
            // Below the quota, which is a u32.
            parts: u32::try_from(spent % quota).unwrap_or_default(),
        }
    }

    /// How many calls may be made now.
    pub fn remaining(self, tat: Tat, now_us: i64) -> u32 {
        let left = (self.whole() - self.spent(tat, now_us)) / self.interval();
        // At most the quota, which is a u32.
        u32::try_from(left).unwrap_or_default()
    }

    /// The state after `count` calls made now, or `None` when not all of them may be.
    pub fn take(self, tat: Tat, now_us: i64, count: u32) -> Option<Tat> {
        if count > self.remaining(tat, now_us) {
            return None;
        }
        let spent = self.spent(tat, now_us) + i64::from(count) * self.interval();
        Some(self.after(spent, now_us))
    }

    /// The state as if `count` calls had not been made. What time has refilled since is not
    /// given twice: there is never more than the quota.
    #[must_use]
    pub fn give_back(self, tat: Tat, now_us: i64, count: u32) -> Tat {
        let count = i64::from(count.min(self.quota));
        let spent = self.spent(tat, now_us) - count * self.interval();
        self.after(spent.max(0), now_us)
    }

    /// Microseconds until `count` calls may be made; 0 for now. No wait makes room for more than
    /// the quota: that many are waited for instead.
    pub fn retry_after_us(self, tat: Tat, now_us: i64, count: u32) -> i64 {
        let count = i64::from(count.min(self.quota));
        let lacking = self.spent(tat, now_us) + count * self.interval() - self.whole();
        self.microseconds(lacking.max(0))
    }

    /// Microseconds until the whole quota is there again.
    pub fn reset_us(self, tat: Tat, now_us: i64) -> i64 {
        self.microseconds(self.spent(tat, now_us))
    }

    /// Rounded up: a microsecond too early would be a refusal.
    fn microseconds(self, parts: i64) -> i64 {
        let quota = i64::from(self.quota);
        (parts + quota - 1) / quota
    }
}
