//! When a failed delivery is retried (Standard Webhooks 1.0.0; RFC 9110, section 10.2.3).
//! A receiver can ask for more time but never for less, and an unreadable `Retry-After` is ignored.

use kit::time::parse_rfc3339;

/// What a receiver asks for counts up to this: twelve hours.
pub const MAX_RETRY_AFTER_MS: i64 = 43_200_000;
/// Waits in a schedule, at most.
const MAX_STEPS: usize = 20;
/// Seconds of a wait, at most.
const MAX_SECONDS: i64 = 86_400;

/// The waits between attempts, in seconds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RetrySchedule(Vec<i64>);

impl Default for RetrySchedule {
    /// That of the standard: ten attempts in 75 hours and 35 minutes.
    fn default() -> Self {
        Self(vec![
            5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400,
        ])
    }
}

impl RetrySchedule {
    /// Reads seconds separated by commas; `None` when they are no schedule.
    pub fn parse(text: &str) -> Option<Self> {
        let read = |part: &str| {
            let is_plain = part.bytes().all(|byte| byte.is_ascii_digit());
            let seconds = part.parse().ok().filter(|_| is_plain)?;
            (1..=MAX_SECONDS).contains(&seconds).then_some(seconds)
        };
        let steps: Option<Vec<i64>> = text.split(',').map(read).collect();
        steps.filter(|steps| steps.len() <= MAX_STEPS).map(Self)
    }

    /// Milliseconds to wait after so many failures before this one, a tenth more or less as `random`
    /// has it; `None` when no attempt is left.
    pub fn delay_ms(&self, failures: usize, random: u32) -> Option<i64> {
        let ms = self.0.get(failures)? * 1_000;
        let range = ms / 5;
        Some(ms - range / 2 + range * i64::from(random) / i64::from(u32::MAX))
    }
}

/// Milliseconds from now that a `Retry-After` asks for: seconds, or a date. `None` for the past and
/// for what is neither.
pub fn retry_after_ms(text: &str, now_ms: i64) -> Option<i64> {
    let text = text.trim();
    if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
        // More digits than fit are more than twelve hours, too.
        return Some(
            text.parse::<i64>()
                .map_or(i64::MAX, |seconds| seconds.saturating_mul(1_000)),
        );
    }
    parse_http_date(text)
        .map(|at| at - now_ms)
        .filter(|ms| *ms > 0)
}

/// The three forms of RFC 9110, section 5.6.7, in milliseconds since 1970.
fn parse_http_date(text: &str) -> Option<i64> {
    let words: Vec<&str> = text.split_ascii_whitespace().collect();
    let (day, month, year, time) = match words.as_slice() {
        [_, day, month, year, time, "GMT"] if year.len() == 4 => {
            (*day, *month, (*year).to_owned(), *time)
        }
        [_, date, time, "GMT"] => {
            let mut parts = date.split('-');
            let (day, month, year) = (parts.next()?, parts.next()?, parts.next()?);
            // Two digits that would lie far ahead mean the century before.
            let century = if year < "70" { "20" } else { "19" };
            (day, month, [century, year].concat(), *time)
        }
        [_, month, day, time, year] => (*day, *month, (*year).to_owned(), *time),
        _ => return None,
    };
    let names = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ];
    let month = names.iter().position(|name| *name == month)? + 1;
    parse_rfc3339(&format!("{year}-{month:0>2}-{day:0>2}T{time}Z"))
}

/// Our own wait, or a longer one that the receiver asks for.
pub fn after(own_ms: i64, asked_ms: Option<i64>) -> i64 {
    own_ms.max(asked_ms.unwrap_or(0).min(MAX_RETRY_AFTER_MS))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 1994-11-06T08:49:37Z.
    const EXAMPLE_MS: i64 = 784_111_777_000;

    #[test]
    fn the_schedule_of_the_standard_has_ten_attempts() {
        let schedule = RetrySchedule::default();
        let middle = u32::MAX / 2;
        let all = (0..9).map(|step| schedule.delay_ms(step, middle).unwrap());
        let total: i64 = all.sum();
        assert!(
            (total - (75 * 3600 + 35 * 60 + 5) * 1000).abs() < 20,
            "{total}"
        );
        assert_eq!(schedule.delay_ms(9, 0), None);
        for (step, seconds) in [(0, 5), (1, 300), (8, 86_400)] {
            assert_eq!(schedule.delay_ms(step, 0), Some(seconds * 900));
            assert_eq!(schedule.delay_ms(step, u32::MAX), Some(seconds * 1_100));
        }
    }

    #[test]
    fn schedules() {
        assert_eq!(
            RetrySchedule::parse("5,300"),
            Some(RetrySchedule(vec![5, 300]))
        );
        let long = ["1"; 21].join(",");
        for text in [
            "",
            "5,",
            "0",
            "-1",
            "+5",
            "5, 6",
            "86401",
            "1e3",
            long.as_str(),
        ] {
            assert_eq!(RetrySchedule::parse(text), None, "{text}");
        }
    }

    #[test]
    fn retry_after_is_seconds_or_a_date() {
        let now = EXAMPLE_MS - 60_000;
        for (text, expected) in [
            ("120", Some(120_000)),
            (" 0 ", Some(0)),
            ("99999999999999999999", Some(i64::MAX)),
            ("Sun, 06 Nov 1994 08:49:37 GMT", Some(60_000)),
            ("Sunday, 06-Nov-94 08:49:37 GMT", Some(60_000)),
            ("Sun Nov  6 08:49:37 1994", Some(60_000)),
            ("Sun, 06 Nov 1994 08:47:37 GMT", None),
            ("-5", None),
            ("+5", None),
            ("1.5", None),
            ("soon", None),
            ("", None),
            ("Sun, 31 Feb 1994 08:49:37 GMT", None),
            ("06 Nov 1994 08:49:37", None),
        ] {
            assert_eq!(retry_after_ms(text, now), expected, "{text}");
        }
    }

    #[test]
    fn a_receiver_gets_more_time_and_never_less() {
        for (own, asked, expected) in [
            (5_000, None, 5_000),
            (5_000, Some(1_000), 5_000),
            (5_000, Some(60_000), 60_000),
            (5_000, Some(i64::MAX), MAX_RETRY_AFTER_MS),
            (86_400_000, Some(i64::MAX), 86_400_000),
        ] {
            assert_eq!(after(own, asked), expected);
        }
    }
}
