//! Entity tags and the conditions built on them (RFC 9110, sections 8.8.3 and 13.1).
//! Promises strong tags: equal tags mean equal bytes, so the gzip form has a tag of its own.
//! Leaves the choice of what a tag is made from to the features.

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

/// Whether `If-None-Match` names the gzip form of something.
pub fn names_gzip(request: &Request) -> bool {
    let list = request.header(Header::IfNoneMatch).unwrap_or_default();
    list.split(',')
        .any(|item| item.trim().trim_matches('"').ends_with(GZIP_SUFFIX))
}

/// The opaque part of each tag in a list; `None` for a weak tag unless `weak` are welcome.
fn tags(list: &str, weak: bool) -> impl Iterator<Item = &str> {
    list.split(',').filter_map(move |item| {
        let item = item.trim();
        let strong = match item.strip_prefix("W/") {
            Some(rest) if weak => rest,
            Some(_) => return None,
            None => item,
        };
        let opaque = strong.strip_prefix('"')?.strip_suffix('"')?;
        Some(opaque.strip_suffix(GZIP_SUFFIX).unwrap_or(opaque))
    })
}

/// Whether `If-None-Match` names `tag`: the client has it already (weak comparison).
pub fn is_not_modified(request: &Request, tag: &str) -> bool {
    request.header(Header::IfNoneMatch).is_some_and(|list| {
        list.trim() == "*" || tags(list, true).any(|known| known == tag.trim_matches('"'))
    })
}

/// Refuses with 412 when `If-Match` is there and does not name `tag` (strong comparison).
pub fn check_if_match(request: &Request, tag: &str) -> Result<(), Problem> {
    match request.header(Header::IfMatch) {
        Some(list)
            if list.trim() != "*"
                && !tags(list, false).any(|known| known == tag.trim_matches('"')) =>
        {
            Err(Problem::new(&problems::PRECONDITION_FAILED))
        }
        _ => Ok(()),
    }
}

/// As [`check_if_match`], and refuses with 428 when `If-Match` is not there: for what several people
/// change (RFC 6585, section 3).
pub fn require_if_match(request: &Request, tag: &str) -> Result<(), Problem> {
    if request.header(Header::IfMatch).is_none() {
        return Err(Problem::new(&problems::PRECONDITION_REQUIRED));
    }
    check_if_match(request, tag)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::request::{Body, Method};

    fn with(header: Header, value: &str) -> Request {
        let mut headers = vec![None; Header::NAMES.len()];
        headers[header as usize] = Some(value.to_owned());
        Request::new(Method::Get, "/", headers, Body::Bytes(Vec::new()))
    }

    #[test]
    fn conditions() {
        for (list, not_modified, matches) in [
            ("\"1\"", true, true),
            ("\"1-gzip\"", true, true),
            ("W/\"1\"", true, false),
            ("\"2\", \"1\"", true, true),
            ("*", true, true),
            ("\"2\"", false, false),
            ("1", false, false),
            ("", false, false),
        ] {
            let none = with(Header::IfNoneMatch, list);
            assert_eq!(is_not_modified(&none, "\"1\""), not_modified, "{list}");
            let only = with(Header::IfMatch, list);
            assert_eq!(check_if_match(&only, "\"1\"").is_ok(), matches, "{list}");
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
    }

    #[test]
    fn the_gzip_form_has_its_own_tag() {
        assert_eq!(of_gzip("\"1\""), "\"1-gzip\"");
    }
}
