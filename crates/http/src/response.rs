//! A response as values. The security headers come from its profile, so no answer lacks them.

use std::borrow::Cow;

use serde::Serialize;

use platform::Text;

use super::problem::Problem;

/// Which fixed headers an answer carries. The boundary builds each set once per isolate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Profile {
    /// JSON for one caller.
    Private,
    /// CSV for one caller (RFC 4180), in UTF-8 with a header row.
    PrivateCsv,
    /// JSON for everyone, to be kept for an hour.
    Public,
    /// JSON for everyone that must not be kept.
    Live,
    /// Public keys: to be kept for five minutes.
    Keys,
    /// A problem.
    Problem,
    /// An HTML page with our own scripts and styles.
    Page,
    /// A static file that our pages need.
    Asset,
    /// An HTML page that whoever has its address may read: to be asked for again each time.
    Shared,
    /// A picture of such a page.
    Picture,
    /// A page that nobody keeps: in place of one that is not there, or that may be gone any moment.
    Missing,
    /// No body.
    Empty,
    /// A page with a form that is sent to ourselves; nobody keeps it.
    Form,
    /// Plain text for everyone, to be kept for an hour.
    Plain,
}

/// Fixed headers, in lower case.
pub type Headers = &'static [(&'static str, &'static str)];

/// On every answer: OWASP ASVS 5.0, chapter 3.4.
const SECURITY: Headers = &[
    (
        "strict-transport-security",
        "max-age=63072000; includeSubDomains",
    ),
    ("x-content-type-options", "nosniff"),
    ("referrer-policy", "no-referrer"),
    (
        "permissions-policy",
        "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    ),
    ("cross-origin-opener-policy", "same-origin"),
    ("x-frame-options", "DENY"),
];

/// For answers that are data: nothing may be loaded or run because of them.
const DATA_POLICY: (&str, &str) = (
    "content-security-policy",
    "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
);
/// For pages: our own files only. Swagger UI draws its icons from data URLs.
const PAGE_POLICY: (&str, &str) = (
    "content-security-policy",
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'",
);
/// For pages that show what players wrote: nothing but our files, no call and no form.
const SHARED_PAGE_POLICY: (&str, &str) = (
    "content-security-policy",
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
);
/// For pages with a form: no script at all, and the form goes nowhere else.
const FORM_POLICY: (&str, &str) = (
    "content-security-policy",
    "default-src 'none'; style-src 'self'; img-src data:; frame-ancestors 'none'; base-uri 'none'; form-action 'self'",
);
const HTML: (&str, &str) = ("content-type", "text/html; charset=utf-8");
const REVALIDATE: (&str, &str) = ("cache-control", "private, no-cache");
const NO_INDEX: (&str, &str) = ("x-robots-tag", "noindex");
const JSON: (&str, &str) = ("content-type", "application/json");
const CSV: (&str, &str) = ("content-type", "text/csv; charset=utf-8; header=present");
const PROBLEM: (&str, &str) = ("content-type", "application/problem+json");
const PLAIN: (&str, &str) = ("content-type", "text/plain; charset=utf-8");
const FOR_AN_HOUR: (&str, &str) = ("cache-control", "public, max-age=3600");
const FIVE_MINUTES: (&str, &str) = ("cache-control", "public, max-age=300");
/// Scripts of the allowed origins may read the API's answers; CORS decides which.
const SHARED: (&str, &str) = ("cross-origin-resource-policy", "cross-origin");
const OWN: (&str, &str) = ("cross-origin-resource-policy", "same-origin");
const PRIVATE: (&str, &str) = ("cache-control", "private, no-store");
const NO_STORE: (&str, &str) = ("cache-control", "no-store");
const VARY_PUBLIC: (&str, &str) = ("vary", "Accept-Encoding, Origin");
const VARY_PRIVATE: (&str, &str) = ("vary", "Accept-Encoding, Authorization, Origin");

impl Profile {
    /// All profiles, by their number.
    pub const ALL: [Self; 14] = [
        Self::Private,
        Self::PrivateCsv,
        Self::Public,
        Self::Live,
        Self::Keys,
        Self::Problem,
        Self::Page,
        Self::Asset,
        Self::Shared,
        Self::Picture,
        Self::Missing,
        Self::Empty,
        Self::Form,
        Self::Plain,
    ];

    const fn own_headers(self) -> Headers {
        match self {
            Self::Private => &[JSON, DATA_POLICY, SHARED, PRIVATE, VARY_PRIVATE],
            Self::PrivateCsv => &[CSV, DATA_POLICY, SHARED, PRIVATE, VARY_PRIVATE],
            Self::Public => &[JSON, DATA_POLICY, SHARED, FOR_AN_HOUR, VARY_PUBLIC],
            Self::Live => &[JSON, DATA_POLICY, SHARED, NO_STORE, VARY_PUBLIC],
            Self::Keys => &[JSON, DATA_POLICY, SHARED, FIVE_MINUTES, VARY_PUBLIC],
            Self::Problem => &[PROBLEM, DATA_POLICY, SHARED, NO_STORE, VARY_PRIVATE],
            Self::Page => &[HTML, PAGE_POLICY, OWN, FIVE_MINUTES, VARY_PUBLIC],
            Self::Asset => &[PAGE_POLICY, OWN, FOR_AN_HOUR, VARY_PUBLIC],
            Self::Shared => &[
                HTML,
                SHARED_PAGE_POLICY,
                OWN,
                REVALIDATE,
                NO_INDEX,
                VARY_PUBLIC,
            ],
            Self::Picture => &[
                ("content-type", "image/png"),
                DATA_POLICY,
                SHARED,
                REVALIDATE,
                NO_INDEX,
                VARY_PUBLIC,
            ],
            Self::Missing => &[
                HTML,
                SHARED_PAGE_POLICY,
                OWN,
                NO_STORE,
                NO_INDEX,
                VARY_PUBLIC,
            ],
            Self::Form => &[HTML, FORM_POLICY, OWN, NO_STORE, NO_INDEX, VARY_PUBLIC],
            Self::Plain => &[PLAIN, DATA_POLICY, SHARED, FOR_AN_HOUR, VARY_PUBLIC],
            Self::Empty => &[DATA_POLICY, SHARED, NO_STORE, VARY_PRIVATE],
        }
    }

    /// The fixed headers, name and value.
    pub fn headers(self) -> impl Iterator<Item = (&'static str, &'static str)> {
        SECURITY.iter().chain(self.own_headers()).copied()
    }
}

/// A body on its way out.
#[derive(Debug, Clone, PartialEq)]
pub enum ResponseBody {
    /// None.
    Empty,
    /// These bytes.
    Bytes(Cow<'static, [u8]>),
    /// Text from the database, passed on unread, between two short texts.
    Passthrough {
        /// What comes before it.
        before: &'static str,
        /// The text.
        text: Text,
        /// What comes after it.
        after: String,
    },
    /// The static file with this path, which the platform serves.
    Asset(&'static str),
}

/// One response.
#[derive(Debug, Clone)]
pub struct Response {
    /// The status code.
    pub status: u16,
    /// The fixed headers.
    pub profile: Profile,
    /// Further headers, names in lower case.
    pub headers: Vec<(&'static str, Cow<'static, str>)>,
    /// The body.
    pub body: ResponseBody,
}

impl Response {
    const fn of(status: u16, profile: Profile, body: ResponseBody) -> Self {
        Self {
            status,
            profile,
            headers: Vec::new(),
            body,
        }
    }

    /// An answer of bytes that are already in the form of `profile`.
    pub fn bytes(status: u16, profile: Profile, body: impl Into<Cow<'static, [u8]>>) -> Self {
        Self::of(status, profile, ResponseBody::Bytes(body.into()))
    }

    /// An answer that is text from the database, already in the form of `profile`.
    pub fn text(status: u16, profile: Profile, text: impl Into<Text>) -> Self {
        Self::passthrough(status, profile, "", text.into(), String::new())
    }

    /// An answer of text from the database between two short texts.
    pub fn passthrough(
        status: u16,
        profile: Profile,
        before: &'static str,
        text: Text,
        after: String,
    ) -> Self {
        let body = ResponseBody::Passthrough {
            before,
            text,
            after,
        };
        Self::of(status, profile, body)
    }

    /// An answer of JSON.
    pub fn json(status: u16, profile: Profile, value: &impl Serialize) -> Result<Self, Problem> {
        let body = serde_json::to_vec(value).map_err(Problem::internal)?;
        Ok(Self::bytes(status, profile, body))
    }

    /// 204.
    pub const fn no_content() -> Self {
        Self::of(204, Profile::Empty, ResponseBody::Empty)
    }

    /// 304: the client has what `etag` names.
    pub fn not_modified(profile: Profile, etag: String) -> Self {
        Self::of(304, profile, ResponseBody::Empty).with_header("etag", etag)
    }

    /// A static file.
    pub const fn asset(profile: Profile, path: &'static str) -> Self {
        Self::of(200, profile, ResponseBody::Asset(path))
    }

    /// Adds a header.
    #[must_use]
    pub fn with_header(mut self, name: &'static str, value: impl Into<Cow<'static, str>>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    /// The value of one of the further headers.
    pub fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(known, _)| *known == name);
        found.map(|(_, value)| value.as_ref())
    }

    /// The body's bytes; empty for none and for static files.
    pub fn body_bytes(&self) -> Cow<'_, [u8]> {
        match &self.body {
            ResponseBody::Bytes(bytes) => Cow::Borrowed(bytes),
            ResponseBody::Passthrough {
                before,
                text,
                after,
            } => Cow::Owned([before, text.as_str(), after].concat().into_bytes()),
            ResponseBody::Empty | ResponseBody::Asset(_) => Cow::Borrowed(&[]),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_profile_has_every_security_header_once() {
        for profile in Profile::ALL {
            let names: Vec<_> = profile.headers().map(|(name, _)| name).collect();
            for name in [
                "strict-transport-security",
                "x-content-type-options",
                "referrer-policy",
                "content-security-policy",
                "permissions-policy",
                "cross-origin-opener-policy",
                "cross-origin-resource-policy",
                "x-frame-options",
                "cache-control",
                "vary",
            ] {
                let count = names.iter().filter(|found| **found == name).count();
                assert_eq!(count, 1, "{profile:?} {name}");
            }
            assert_eq!(Profile::ALL[profile as usize], profile);
        }
    }
}
