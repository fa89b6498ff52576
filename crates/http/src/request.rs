//! A request as values: method, path, query, the headers that are read, and the body.

use std::cell::OnceCell;
use std::fmt;
use std::rc::Rc;

use sha2::{Digest, Sha256};

use super::problem::Problem;
use super::problems;

macro_rules! methods {
    ($($name:ident $text:literal,)*) => {
        /// A request method that some route answers to (RFC 9110, section 9), or any other.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum Method {
            $(#[doc = concat!("`", $text, "`")] $name,)*
        }

        impl Method {
            /// Reads a method; names are case-sensitive.
            pub fn parse(text: &str) -> Self {
                match text {
                    $($text => Self::$name,)*
                    _ => Self::Other,
                }
            }

            /// The method's name.
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$name => $text,)*
                }
            }
        }
    };
}

methods! {
    Get "GET",
    Head "HEAD",
    Post "POST",
    Put "PUT",
    Patch "PATCH",
    Delete "DELETE",
    Options "OPTIONS",
    Other "OTHER",
}

macro_rules! headers {
    ($($name:ident $text:literal,)*) => {
        /// A request header that the product reads. No other header crosses the boundary.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum Header {
            $(#[doc = concat!("`", $text, "`")] $name,)*
        }

        impl Header {
            /// The names, in the order of the enum: what the boundary has to read.
            pub const NAMES: &'static [&'static str] = &[$($text,)*];
        }
    };
}

// Those that a GET has a use for come first.
headers! {
    Authorization "authorization",
    AcceptEncoding "accept-encoding",
    IfMatch "if-match",
    IfNoneMatch "if-none-match",
    Origin "origin",
    ConnectingIp "cf-connecting-ip",
    RequestId "x-request-id",
    Traceparent "traceparent",
    ContentType "content-type",
    ContentEncoding "content-encoding",
    RequestMethod "access-control-request-method",
    UserAgent "user-agent",
    IdempotencyKey "idempotency-key",
}

impl Header {
    /// As it is sent, in lower case.
    pub const fn name(self) -> &'static str {
        Self::NAMES[self as usize]
    }

    /// How many of [`Self::NAMES`] a GET has a use for.
    pub const FOR_READING: usize = Self::Traceparent as usize + 1;
}

/// How the body came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Body {
    /// Within bounds; empty when there was none.
    Bytes(Vec<u8>),
    /// Longer than [`MAX_BODY`]: it was not read to its end.
    TooLarge,
    /// It ended before its end, or its chunks are none (RFC 9112, section 8).
    Incomplete,
}

/// Bytes a body may have: 1 MiB.
pub const MAX_BODY: usize = 1024 * 1024;
/// Characters a request target may have.
const MAX_TARGET: usize = 8 * 1024;

/// The value of `Authorization` and its SHA-256, which is computed when it is first asked for.
pub struct Credential {
    text: String,
    digest: OnceCell<[u8; 32]>,
}

impl Credential {
    /// Takes the header's value.
    pub const fn new(text: String) -> Self {
        Self {
            text,
            digest: OnceCell::new(),
        }
    }

    /// The header's value.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// SHA-256 of the value.
    pub fn digest(&self) -> &[u8; 32] {
        self.digest
            .get_or_init(|| Sha256::digest(&self.text).into())
    }
}

impl fmt::Debug for Credential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Credential(..)")
    }
}

/// One request.
#[derive(Debug, Clone)]
pub struct Request {
    /// The method.
    pub method: Method,
    /// The path as it was sent, not decoded.
    pub path: String,
    /// What follows `?`, not decoded; empty when there is nothing.
    pub query: String,
    headers: Vec<Option<String>>,
    credential: Option<Rc<Credential>>,
    body: Body,
}

impl Request {
    /// A request for `target`, a path with its query or a URL; `headers` in the order of [`Header::NAMES`].
    pub fn new(method: Method, target: &str, mut headers: Vec<Option<String>>, body: Body) -> Self {
        let authorization = headers.get_mut(Header::Authorization as usize);
        let credential = authorization.and_then(Option::take).map(Credential::new);
        let origin_form = if target.starts_with('/') {
            target
        } else {
            // Past the scheme and the authority: the third slash begins the path.
            let mut slashes = target.bytes().enumerate().filter(|(_, byte)| *byte == b'/');
            slashes.nth(2).map_or("/", |(third, _)| &target[third..])
        };
        let target = origin_form.split('#').next().unwrap_or_default();
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        Self {
            method,
            path: path.to_owned(),
            query: query.to_owned(),
            headers,
            credential: credential.map(Rc::new),
            body,
        }
    }

    /// The same request with a value of `Authorization` that was kept.
    #[must_use]
    pub fn with_credential(mut self, credential: Rc<Credential>) -> Self {
        self.credential = Some(credential);
        self
    }

    /// The value of `Authorization`, if it was sent.
    pub fn credential(&self) -> Option<&Credential> {
        self.credential.as_deref()
    }

    /// The value of a header other than `Authorization`, if it was sent.
    pub fn header(&self, header: Header) -> Option<&str> {
        self.headers.get(header as usize)?.as_deref()
    }

    /// The body's bytes.
    pub fn body(&self) -> Result<&[u8], Problem> {
        match &self.body {
            Body::Bytes(bytes) => Ok(bytes),
            Body::TooLarge => Err(Problem::new(&problems::BODY_TOO_LARGE)),
            Body::Incomplete => Err(Problem::new(&problems::BODY_INCOMPLETE)),
        }
    }

    /// Refuses a request target that is too long to be meant.
    pub fn check_target(&self) -> Result<(), Problem> {
        if self.path.len() + self.query.len() > MAX_TARGET {
            return Err(Problem::new(&problems::TARGET_TOO_LONG));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_target_is_cut_into_path_and_query() {
        for (target, path, query) in [
            ("https://a.example/b/c?d=e", "/b/c", "d=e"),
            ("http://127.0.0.1:8787", "/", ""),
            ("/b?c=/d?e", "/b", "c=/d?e"),
            ("/b?c=https://x/y", "/b", "c=https://x/y"),
        ] {
            let request = Request::new(Method::Get, target, Vec::new(), Body::Bytes(Vec::new()));
            assert_eq!(
                (request.path.as_str(), request.query.as_str()),
                (path, query),
                "{target}"
            );
        }
    }
}
