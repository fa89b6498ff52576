//! Keys, what a record is found by, and answers as bytes. A kept answer comes back byte for byte, and a
//! record tells nothing of key, address or body to whoever lacks the master key.

use serde_json::{Value, json};
use zeroize::Zeroizing;

use crate::auth::model::{Caller, Via};
use crate::auth::refresh_token::RefreshToken;
use crate::http::json::read;
use crate::http::response::{Profile, Response, ResponseBody};
use crate::http::schema::{Schema, Text};
use crate::mac;
use crate::secret::Secret;

/// Characters of a key.
const MAX_KEY: usize = 255;
/// What the keyed hashes below are for.
const OF_ID: &str = "idempotency id";
const OF_REQUEST: &str = "idempotency request";
/// Headers that answers to a POST have of their own; all others are made anew for each answer.
const KEPT_HEADERS: [&str; 3] = ["etag", "link", "location"];
const PATTERN: &str = r#"^([!#-~]{1,255}|"([!#-\[\]-~]|\\["\\]){1,255}")$"#;

/// The header as it is documented.
pub const KEY: Schema = Schema::Text(Text {
    min: 1,
    max: 2 + 2 * MAX_KEY,
    format: "",
    pattern: PATTERN,
    matches: |text| parse_key(text).is_some(),
});

/// Reads the header: a String of RFC 9651 as the draft wants it, or the same without quotes as
/// most clients send it. 1 to 255 visible ASCII characters; `None` for anything else.
pub fn parse_key(header: &str) -> Option<String> {
    let key = match header.strip_prefix('"') {
        Some(rest) => unquote(rest.strip_suffix('"')?)?,
        None if header.contains('"') => return None,
        None => header.to_owned(),
    };
    let is_visible = key.bytes().all(|byte| byte.is_ascii_graphic());
    (is_visible && (1..=MAX_KEY).contains(&key.len())).then_some(key)
}

/// Takes the escapes out (RFC 9651, section 4.2.5).
fn unquote(inner: &str) -> Option<String> {
    let mut out = String::new();
    let mut rest = inner.chars();
    while let Some(next) = rest.next() {
        out.push(match next {
            '\\' => rest.next().filter(|c| matches!(c, '"' | '\\'))?,
            '"' => return None,
            other => other,
        });
    }
    Some(out)
}

/// Whose records a caller's are: those of the very credential. What one login or API key of an account
/// was answered, another one does not get.
pub fn owner(caller: &Caller) -> &str {
    match &caller.via {
        Via::Session(id) => id.as_str(),
        Via::ApiKey(id) => id.as_str(),
    }
}

/// A request that came with a key.
pub struct Keyed<'a> {
    /// Who sent it: what one caller keeps, no other finds.
    pub owner: &'a str,
    /// The path with its values.
    pub path: &'a str,
    /// The key.
    pub key: &'a str,
    /// What follows `?`.
    pub query: &'a str,
    /// The body.
    pub body: &'a [u8],
}

/// What a record is found by, and what tells whether the same was sent again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fingerprints {
    /// Of caller, route and key. Only POST has keys, so the path says the route.
    pub id: mac::Tag,
    /// Of query and body.
    pub request: mac::Tag,
}

impl Keyed<'_> {
    /// Its fingerprints under this master key.
    pub fn fingerprints(&self, master: &Secret) -> Fingerprints {
        let (owner, path, key) = (self.owner, self.path, self.key);
        let id = [owner.as_bytes(), path.as_bytes(), key.as_bytes()];
        Fingerprints {
            id: mac::tag(master, OF_ID, &id),
            request: mac::tag(master, OF_REQUEST, &[self.query.as_bytes(), self.body]),
        }
    }
}

/// The refresh token that an answer holds.
pub fn refresh_token(answer: &Response, pepper: &Secret) -> Option<RefreshToken> {
    let body: Value = read(&answer.body_bytes())?;
    RefreshToken::parse(body["refresh_token"].as_str()?, pepper)
}

/// The word that stands for a profile in what is stored: it outlives the names of the source.
const fn profile_word(profile: Profile) -> &'static str {
    match profile {
        Profile::Private => "private",
        Profile::PrivateCsv => "private_csv",
        Profile::Public => "public",
        Profile::Live => "live",
        Profile::Keys => "keys",
        Profile::Problem => "problem",
        Profile::Page => "page",
        Profile::Asset => "asset",
        Profile::Shared => "shared",
        Profile::Picture => "picture",
        Profile::Missing => "missing",
        Profile::Empty => "empty",
        Profile::Form => "form",
        Profile::Plain => "plain",
    }
}

/// An answer as bytes: a line of JSON, then the body. `None` for what cannot be kept: a static
/// file, or a header that is not among those that are kept.
pub fn encode(answer: &Response) -> Option<Zeroizing<Vec<u8>>> {
    let is_known = |name: &&str| KEPT_HEADERS.contains(name);
    let names = answer.headers.iter().map(|(name, _)| name);
    if matches!(answer.body, ResponseBody::Asset(_)) || !names.clone().all(is_known) {
        return None;
    }
    let head = json!([answer.status, profile_word(answer.profile), answer.headers,]);
    let body = Zeroizing::new(answer.body_bytes().into_owned());
    let mut bytes = head.to_string().into_bytes();
    bytes.reserve_exact(1 + body.len());
    bytes.push(b'\n');
    bytes.extend_from_slice(&body);
    Some(Zeroizing::new(bytes))
}

/// The reverse of [`encode`].
pub fn decode(bytes: &[u8]) -> Option<Response> {
    let end = bytes.iter().position(|byte| *byte == b'\n')?;
    let head: Value = read(&bytes[..end])?;
    let status = u16::try_from(head[0].as_u64()?).ok()?;
    let profile = head[1].as_str()?;
    let profile = Profile::ALL
        .into_iter()
        .find(|known| profile_word(*known) == profile)?;
    let mut answer = match &bytes[end + 1..] {
        [] => Response {
            body: ResponseBody::Empty,
            ..Response::bytes(status, profile, Vec::new())
        },
        body => Response::bytes(status, profile, body.to_vec()),
    };
    for header in head[2].as_array()? {
        let name = KEPT_HEADERS.into_iter().find(|name| header[0] == *name)?;
        answer = answer.with_header(name, header[1].as_str()?.to_owned());
    }
    Some(answer)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys() {
        let (longest, too_long) = ("k".repeat(255), "k".repeat(256));
        for (header, expected) in [
            ("8e03978e-40d5-43dd-bc93-6894a57f9324", true),
            ("k", true),
            ("a,b;c=d\\e", true),
            (&longest, true),
            (&format!("\"{longest}\""), true),
            (r#""a""#, true),
            (r#""a\"b\\c""#, true),
            ("", false),
            (r#""""#, false),
            (r#"""#, false),
            (r#""a"#, false),
            (r#"a""#, false),
            (r#"a"b"#, false),
            (r#""a"b""#, false),
            (r#""a\""#, false),
            (r#""a\b""#, false),
            (r#""a";v=1"#, false),
            (r#""a", "b""#, false),
            ("a, b", false),
            ("a b", false),
            (" a", false),
            (r#""a b""#, false),
            ("a\tb", false),
            ("a\u{7f}", false),
            ("ä", false),
            ("\"ä\"", false),
            (&too_long, false),
            (&format!("\"{too_long}\""), false),
        ] {
            assert_eq!(parse_key(header).is_some(), expected, "{header}");
        }
        assert_eq!(parse_key(r#""a\"b\\c""#).unwrap(), r#"a"b\c"#);
        assert_eq!(parse_key("\"k\""), parse_key("k"));
    }

    #[test]
    fn each_part_tells_and_none_runs_into_the_next() {
        let keyed = |owner, path, key, query, body: &'static [u8]| Keyed {
            owner,
            path,
            key,
            query,
            body,
        };
        let masters = [1, 2].map(|first| Secret::new((first..first + 32).collect()));
        let base = keyed("user", "/a", "k", "q", b"b").fingerprints(&masters[0]);
        for (other, same_id, same_request) in [
            (keyed("user", "/a", "k", "q", b"b"), true, true),
            (keyed("user", "/a", "k", "q", b"c"), true, false),
            (keyed("user", "/a", "k", "qb", b""), true, false),
            (keyed("user", "/a", "l", "q", b"b"), false, true),
            (keyed("user", "/ak", "", "q", b"b"), false, true),
            (keyed("user/a", "", "k", "q", b"b"), false, true),
            (keyed("other", "/a", "k", "q", b"b"), false, true),
        ] {
            let found = other.fingerprints(&masters[0]);
            assert_eq!(found.id == base.id, same_id, "{}", other.path);
            assert_eq!(found.request == base.request, same_request);
            assert_ne!(found.id, found.request);
            let elsewhere = other.fingerprints(&masters[1]);
            assert_ne!(found.id, elsewhere.id);
            assert_ne!(found.request, elsewhere.request);
        }
    }

    #[test]
    fn answers_come_back_byte_for_byte() {
        let text = || "{\"name\":\"two\\nlines\"}".to_owned();
        for answer in [
            Response::no_content(),
            Response::bytes(200, Profile::Public, &b"{\"a\":\n1}"[..]),
            Response::text(201, Profile::Private, text())
                .with_header("etag", "\"1\"")
                .with_header("location", "/api/v1/builds/build_1"),
            Response::passthrough(200, Profile::Live, "[", text().into(), "]".to_owned()),
        ] {
            let found = decode(&encode(&answer).unwrap()).unwrap();
            assert_eq!(found.status, answer.status);
            assert_eq!(found.profile, answer.profile);
            assert_eq!(found.headers, answer.headers);
            assert_eq!(found.body_bytes(), answer.body_bytes());
        }
        assert!(encode(&Response::asset(Profile::Page, "/docs")).is_none());
        assert!(encode(&Response::no_content().with_header("x-new", "1")).is_none());
        for bytes in ["", "{}", "[204]\n", "[204,\"Unknown\",[]]\n"] {
            assert!(decode(bytes.as_bytes()).is_none(), "{bytes}");
        }
    }

    #[test]
    fn what_is_stored_has_words_of_its_own() {
        let answer =
            Response::text(201, Profile::Private, "{}".to_owned()).with_header("etag", "\"1\"");
        let stored = encode(&answer).unwrap();
        assert_eq!(
            &stored[..],
            b"[201,\"private\",[[\"etag\",\"\\\"1\\\"\"]]]\n{}"
        );
        let words = "private private_csv public live keys problem page asset shared picture missing \
                     empty form plain";
        for (word, profile) in words.split(' ').zip(Profile::ALL) {
            let stored = format!("[200,\"{word}\",[]]\n{{}}");
            assert_eq!(decode(stored.as_bytes()).unwrap().profile, profile);
        }
    }
}
