//! Cross-origin resource sharing (Fetch Standard, section 3.2). Beside what is open to everyone, an exact
//! allow-list: no suffix match, never `null`, no credentials.

use super::problem::Problem;
use super::problems;
use super::request::{Header, Request};
use super::response::Response;

/// Request headers that scripts may send.
const ALLOWED_HEADERS: &str = "Authorization, Content-Type, Idempotency-Key, If-Match, If-None-Match, Traceparent, X-Request-Id";
/// Response headers that scripts may read.
const EXPOSED_HEADERS: &str = "ETag, Idempotency-Replayed, Link, Location, RateLimit, RateLimit-Policy, Retry-After, X-Request-Id";

/// The request's origin, when it is on the list.
fn allowed_origin<'a>(request: &'a Request, allowed: &[String]) -> Option<&'a str> {
    let origin = request.header(Header::Origin)?;
    allowed
        .iter()
        .any(|known| known == origin)
        .then_some(origin)
}

/// What `Access-Control-Allow-Origin` says. `is_open`: every origin may read the answer.
fn granted_origin(request: &Request, allowed: &[String], is_open: bool) -> Option<String> {
    let listed = allowed_origin(request, allowed).map(str::to_owned);
    let anyone = || {
        request
            .header(Header::Origin)
            .filter(|_| is_open)
            .map(|_| "*".to_owned())
    };
    listed.or_else(anyone)
}

/// Adds what lets an allowed origin, or each where `is_open`, read the answer.
pub fn add_headers(request: &Request, allowed: &[String], is_open: bool, response: &mut Response) {
    if let Some(origin) = granted_origin(request, allowed, is_open) {
        let headers = &mut response.headers;
        headers.push(("access-control-allow-origin", origin.into()));
        headers.push(("access-control-expose-headers", EXPOSED_HEADERS.into()));
    }
}

/// Whether a preflight asks for a call that changes nothing.
pub fn is_for_reading(request: &Request) -> bool {
    let method = request.header(Header::RequestMethod);
    method.is_some_and(|method| matches!(method, "GET" | "HEAD"))
}

/// The answer to OPTIONS on a path with these methods: a preflight's, or plain `Allow`.
pub fn answer_options(
    request: &Request,
    allowed: &[String],
    is_open: bool,
    methods: &str,
) -> Result<Response, Problem> {
    let response = Response::no_content().with_header("allow", methods.to_owned());
    if request.header(Header::Origin).is_none() || request.header(Header::RequestMethod).is_none() {
        return Ok(response);
    }
    if granted_origin(request, allowed, is_open).is_none() {
        return Err(Problem::new(&problems::ORIGIN_NOT_ALLOWED));
    }
    Ok(response
        .with_header("access-control-allow-methods", methods.to_owned())
        .with_header("access-control-allow-headers", ALLOWED_HEADERS)
        .with_header("access-control-max-age", "3600"))
}
