//! Entity tags and the conditions built on them (RFC 9110, sections 8.8.3 and 13.1).
//! All tags are strong: equal tags mean equal bytes, so the gzip form has a tag of its own.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};

use super::problem::Problem;
use super::problems;
use super::request::{Header, Request};

/// Marks the tag of the gzip form.
const GZIP_SUFFIX: &str = "-gzip";

/// The tag of the gzip form of what has the tag `tag`.
pub fn of_gzip(tag: &str) -> String {
    tag.strip_suffix('"')
        .map_or_else(|| tag.to_owned(), |open| format!("{open}{GZIP_SUFFIX}\""))
}

/// The strong tag of what is a pure function of `parts`: 128 bits of their SHA-256.
pub fn of_parts(parts: &[&str]) -> String {
    let mut hash = Sha256::new();
    for part in parts {
        // Each length stands before its part, so that no two lists of parts make the same message.
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part);
    }
    format!("\"{}\"", URL_SAFE_NO_PAD.encode(&hash.finalize()[..16]))
}

/// What a header of conditions names (RFC 9110, sections 13.1.1 and 13.1.2).
enum Tags<'a> {
    /// `*`: whatever there is.
    Any,
    /// These, each with its quotes, and whether it is weak.
    These(Vec<(&'a str, bool)>),
}

impl<'a> Tags<'a> {
    fn of(request: &'a Request, header: Header) -> Result<Option<Self>, Problem> {
        let Some(list) = request.header(header) else {
            return Ok(None);
        };
        if list.trim() == "*" {
            return Ok(Some(Self::Any));
        }
        let mut tags = Vec::new();
        for item in list
            .split(',')
            .map(str::trim)
            .filter(|item| !item.is_empty())
        {
            let (tag, is_weak) = match item.strip_prefix("W/") {
                Some(tag) => (tag, true),
                None => (item, false),
            };
            let opaque = tag
                .strip_prefix('"')
                .and_then(|rest| rest.strip_suffix('"'));
            if opaque.is_none_or(|opaque| opaque.contains('"')) {
                return Err(
                    Problem::new(&problems::INVALID_CONDITION).with_detail(format!(
                        "{}: {item} is not an entity tag in double quotes.",
                        header.name()
                    )),
                );
            }
            tags.push((tag, is_weak));
        }
        Ok(Some(Self::These(tags)))
    }

    /// Whether `tag` is among them. A weak one is equal only where `weak` comparison is enough.
    fn name(&self, tag: &str, weak: bool) -> bool {
        match self {
            Self::Any => true,
            Self::These(tags) => tags
                .iter()
                .any(|(named, is_weak)| (weak || !is_weak) && *named == tag),
        }
    }

    /// As [`Self::name`], for any form of what has the tag `tag`.
    fn name_form(&self, tag: &str, weak: bool) -> bool {
        self.name(tag, weak) || self.name(&of_gzip(tag), weak)
    }
}

/// Whether `If-None-Match` names the form of `tag` that this client is sent: it has it already. Where
/// only the answer's length decides about the form, [`compare`] finds out.
pub fn is_not_modified(request: &Request, tag: &str) -> bool {
    let Ok(Some(tags)) = Tags::of(request, Header::IfNoneMatch) else {
        return false;
    };
    let accepts = request.header(Header::AcceptEncoding);
    if accepts.is_some_and(accepts_gzip) {
        tags.name(&of_gzip(tag), true)
    } else {
        tags.name(tag, true)
    }
}

/// Whether `If-None-Match` names the gzip form of what has the tag `tag`.
pub fn names_gzip(request: &Request, tag: &str) -> bool {
    let known = Tags::of(request, Header::IfNoneMatch);
    matches!(known, Ok(Some(tags @ Tags::These(_))) if tags.name(&of_gzip(tag), true))
}

/// Whether a client has the answer with the tag `tag` already; 412 or 400 for conditions that fail.
pub fn compare(request: &Request, tag: &str) -> Result<bool, Problem> {
    if let Some(tags) = Tags::of(request, Header::IfMatch)?
        && !tags.name(tag, false)
    {
        return Err(Problem::new(&problems::PRECONDITION_FAILED));
    }
    let known = Tags::of(request, Header::IfNoneMatch)?;
    Ok(known.is_some_and(|tags| tags.name(tag, true)))
}

/// Refuses a write with 412 when `If-Match` is there and does not name `tag`, or `If-None-Match` is
/// there and does. `None`: what is written has no tag.
pub fn check_write(request: &Request, tag: Option<&str>) -> Result<(), Problem> {
    let names = |tags: &Tags, weak| match tag {
        Some(tag) => tags.name_form(tag, weak),
        None => matches!(tags, Tags::Any),
    };
    if Tags::of(request, Header::IfMatch)?.is_some_and(|tags| !names(&tags, false)) {
        return Err(Problem::new(&problems::PRECONDITION_FAILED));
    }
    if Tags::of(request, Header::IfNoneMatch)?.is_some_and(|tags| names(&tags, true)) {
        let detail = "If-None-Match names what is there: nothing was changed. Leave it out.";
        return Err(Problem::new(&problems::PRECONDITION_FAILED).with_detail(detail));
    }
    Ok(())
}

/// As [`check_write`], for what has the tag `tag`.
pub fn check_if_match(request: &Request, tag: &str) -> Result<(), Problem> {
    check_write(request, Some(tag))
}

/// As [`check_if_match`], and 428 when `If-Match` is not there (RFC 6585, section 3).
pub fn require_if_match(request: &Request, tag: &str) -> Result<(), Problem> {
    check_if_match(request, tag)?;
    if request.header(Header::IfMatch).is_none() {
        return Err(Problem::new(&problems::PRECONDITION_REQUIRED));
    }
    Ok(())
}

/// Whether `Accept-Encoding` takes gzip, or everything, with a weight above 0 (RFC 9110, section 12.5.3).
pub fn accepts_gzip(header: &str) -> bool {
    let accepts = |wanted: &str| {
        header.split(',').find_map(|item| {
            let mut parts = item.split(';').map(str::trim);
            let name = parts.next()?;
            if !name.eq_ignore_ascii_case(wanted) {
                return None;
            }
            // Only whether it is zero matters: reading floats would take 12 kB of the Wasm.
            let weight = parts.find_map(|part| {
                let (name, weight) = part.split_once('=')?;
                name.trim().eq_ignore_ascii_case("q").then_some(weight)
            });
            Some(weight.is_none_or(|weight| weight.contains(|c| matches!(c, '1'..='9'))))
        })
    };
    accepts("gzip").or_else(|| accepts("*")).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::request::{Body, Method};

    fn with(headers: &[(Header, &str)]) -> Request {
        let mut values = vec![None; Header::NAMES.len()];
        for (header, value) in headers {
            values[*header as usize] = Some((*value).to_owned());
        }
        Request::new(Method::Get, "/", values, Body::Bytes(Vec::new()))
    }

    /// 0 for what goes on, else the status.
    fn status<T>(outcome: Result<T, Problem>) -> u16 {
        outcome.map_or_else(|problem| problem.kind.status, |_| 0)
    }

    /// The statuses of `list` as `If-Match` and as `If-None-Match` of a write to `tag`.
    fn of_write(list: &str, tag: Option<&str>) -> (u16, u16) {
        let of = |header| status(check_write(&with(&[(header, list)]), tag));
        (of(Header::IfMatch), of(Header::IfNoneMatch))
    }

    #[test]
    fn conditions_of_writes() {
        for (list, if_match, if_none_match) in [
            ("\"1\"", 0, 412),
            ("\"1-gzip\"", 0, 412),
            ("W/\"1\"", 412, 412),
            ("\"2\", \"1\"", 0, 412),
            ("\"2\",,", 412, 0),
            ("*", 0, 412),
            (" * ", 0, 412),
            ("\"2\"", 412, 0),
            ("\"11\"", 412, 0),
            ("", 412, 0),
            ("1", 400, 400),
            ("w/\"1\"", 400, 400),
            ("\"1", 400, 400),
            ("\"", 400, 400),
            ("\"1\" \"2\"", 400, 400),
            ("\"2\", 1", 400, 400),
            ("*, \"1\"", 400, 400),
        ] {
            assert_eq!(
                of_write(list, Some("\"1\"")),
                (if_match, if_none_match),
                "{list}"
            );
        }
        assert_eq!(of_write("*", None), (0, 412));
        assert_eq!(of_write("\"1\"", None), (412, 0));
    }

    #[test]
    fn conditions_of_reads_know_the_coding() {
        for (list, accepted, tag, is_known, is_known_early) in [
            ("\"1\"", "", "\"1\"", true, true),
            ("W/\"1\"", "", "\"1\"", true, true),
            ("*", "gzip", "\"1-gzip\"", true, true),
            ("\"1-gzip\"", "gzip", "\"1-gzip\"", true, true),
            ("\"1\"", "gzip", "\"1\"", true, false),
            ("\"1\"", "gzip", "\"1-gzip\"", false, false),
            ("\"1-gzip\"", "", "\"1\"", false, false),
            ("\"2\"", "", "\"1\"", false, false),
        ] {
            let request = with(&[
                (Header::IfNoneMatch, list),
                (Header::AcceptEncoding, accepted),
            ]);
            let found = (
                compare(&request, tag).ok(),
                is_not_modified(&request, "\"1\""),
            );
            assert_eq!(found, (Some(is_known), is_known_early), "{list} {accepted}");
        }
        for (list, expected) in [
            ("\"1\"", 0),
            ("*", 0),
            ("\"2\"", 412),
            ("W/\"1\"", 412),
            ("1", 400),
        ] {
            let only = with(&[(Header::IfMatch, list)]);
            assert_eq!(status(compare(&only, "\"1\"")), expected, "{list}");
        }
    }

    #[test]
    fn accept_encoding() {
        for header in "gzip|br, GZIP;q=0.5|*|gzip;q=0.001|gzip;q=1.000".split('|') {
            assert!(accepts_gzip(header), "{header}");
        }
        let refused = "gzip;q=0, *|gzip; q=0|gzip;Q=0|gzip; q = 0|gzip;q=0.000|identity|gzipped|";
        for header in refused.split('|') {
            assert!(!accepts_gzip(header), "{header}");
        }
    }

    #[test]
    fn tags_of_parts_differ_by_every_part() {
        let lists: [&[&str]; 5] = [&[], &[""], &["ab", "c"], &["a", "bc"], &["abc"]];
        let tags = lists.map(of_parts);
        for (index, tag) in tags.iter().enumerate() {
            assert!(!tags[..index].contains(tag), "{index}");
            assert_eq!(tag.len(), 24);
        }
        assert_eq!(of_parts(&["abc"]), tags[4]);
        assert_eq!(of_gzip("\"1\""), "\"1-gzip\"");
    }
}
