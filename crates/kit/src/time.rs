//! Unix milliseconds and their text in RFC 3339.

use time::{Date, Month, OffsetDateTime};

/// `ms` since 1970 as RFC 3339 in UTC, with milliseconds. Years past 9999 are not written.
pub fn rfc3339(ms: i64) -> String {
    let at = OffsetDateTime::from_unix_timestamp_nanos(i128::from(ms) * 1_000_000);
    let at = at.unwrap_or(OffsetDateTime::UNIX_EPOCH);
    let (hour, minute, second, milli) = at.to_hms_milli();
    let mut text = *b"0000-00-00T00:00:00.000Z";
    // Every answer has one of these: plain digits cost a tenth of a format description.
    let mut put = |from: usize, to: usize, mut number: u32| {
        for place in text[from..to].iter_mut().rev() {
            *place = b'0' + (number % 10) as u8;
            number /= 10;
        }
    };
    put(0, 4, at.year().unsigned_abs());
    put(5, 7, u8::from(at.month()).into());
    put(8, 10, at.day().into());
    put(11, 13, hour.into());
    put(14, 16, minute.into());
    put(17, 19, second.into());
    put(20, 23, milli.into());
    String::from_utf8_lossy(&text).into_owned()
}

/// Reads what [`rfc3339`] writes, with any number of fractional digits up to nine or none: UTC
/// only, `T` and `Z` in upper case. Fractions of a millisecond are cut off.
pub fn parse_rfc3339(text: &str) -> Option<i64> {
    let (date, time) = text.strip_suffix('Z')?.split_once('T')?;
    let (whole, fraction) = time.split_once('.').unwrap_or((time, "0"));
    let is_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let number = |text: &str, from: usize, to: usize| {
        let digits = text.get(from..to).filter(|digits| is_digits(digits))?;
        digits.parse::<u16>().ok()
    };
    let is_form = |text: &str, length: usize, mark: u8| {
        let bytes = text.as_bytes();
        bytes.len() == length && bytes[length - 3] == mark && bytes[length - 6] == mark
    };
    let is_fraction = (1..=9).contains(&fraction.len()) && is_digits(fraction);
    if !is_form(date, 10, b'-') || !is_form(whole, 8, b':') || !is_fraction {
        return None;
    }
    let part = |text: &str, from: usize| u8::try_from(number(text, from, from + 2)?).ok();
    let month = Month::try_from(part(date, 5)?).ok()?;
    let day = Date::from_calendar_date(number(date, 0, 4)?.into(), month, part(date, 8)?).ok()?;
    let (hour, minute, second) = (part(whole, 0)?, part(whole, 3)?, part(whole, 6)?);
    let at = day.with_hms(hour, minute, second).ok()?.assume_utc();
    let milli: i64 = format!("{fraction:0<3}")[..3].parse().ok()?;
    Some(at.unix_timestamp() * 1000 + milli)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_rfc_3339() {
        assert_eq!(rfc3339(0), "1970-01-01T00:00:00.000Z");
        assert_eq!(rfc3339(1_795_305_600_123), "2026-11-22T00:00:00.123Z");
        assert_eq!(rfc3339(1_709_251_199_999), "2024-02-29T23:59:59.999Z");
        assert_eq!(rfc3339(-1), "1969-12-31T23:59:59.999Z");
    }

    #[test]
    fn times_come_back_and_nothing_else_is_one() {
        for (text, expected) in [
            ("1970-01-01T00:00:00Z", Some(0)),
            ("1969-12-31T23:59:59.999Z", Some(-1)),
            ("2026-11-22T00:00:00.123Z", Some(1_795_305_600_123)),
            ("2026-11-22T00:00:00.1Z", Some(1_795_305_600_100)),
            ("2026-11-22T00:00:00.123999999Z", Some(1_795_305_600_123)),
            ("2024-02-29T23:59:59.999Z", Some(1_709_251_199_999)),
            ("9999-12-31T23:59:59Z", Some(253_402_300_799_000)),
            ("2026-02-29T00:00:00Z", None),
            ("2026-13-01T00:00:00Z", None),
            ("2026-00-01T00:00:00Z", None),
            ("2026-11-00T00:00:00Z", None),
            ("2026-11-22T24:00:00Z", None),
            ("2026-11-22T00:60:00Z", None),
            ("2026-11-22T00:00:60Z", None),
            ("2026-11-22T00:00:00", None),
            ("2026-11-22T00:00:00z", None),
            ("2026-11-22t00:00:00Z", None),
            ("2026-11-22 00:00:00Z", None),
            ("2026-11-22T00:00:00+00:00", None),
            ("2026-11-22T00:00:00.Z", None),
            ("2026-11-22T00:00:00.1234567890Z", None),
            ("2026-11-22T00:00:00.+1Z", None),
            ("2026-11-22T00:00:+1Z", None),
            ("2026-11-22T00:00Z", None),
            ("2026-11-22T00-00-00Z", None),
            ("2026:11:22T00:00:00Z", None),
            ("+026-11-22T00:00:00Z", None),
            ("12026-11-22T00:00:00Z", None),
            ("2026-1é-2T00:00:00Z", None),
            ("TZ", None),
            ("Z", None),
            ("", None),
        ] {
            assert_eq!(parse_rfc3339(text), expected, "{text}");
        }
    }
}
