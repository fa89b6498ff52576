//! What a handler holds: the state of the isolate, the request, and who is calling. Query and body were
//! checked against the schema that documents them.

use serde_json::Value;

use crate::auth::model::Caller;
use crate::auth::permissions::{Permission, Permit, Rule};
use crate::auth::standing;
use crate::http::body::Body;
use crate::http::operation::{Operation, RequestBody};
use crate::http::query::Query;
use crate::http::request::Method;
use crate::http::trace::Trace;
use crate::http::{FieldError, Header, Problem, Request, json, problems};
use crate::idempotency::Reservation;
use crate::ids::UserId;
use crate::limits::guard::Meter;
use crate::membership::lookup;
use crate::membership::model::Membership;
use crate::platform::Statement;

use super::State;

/// What lives as long as a request.
pub struct Context<'a> {
    /// The isolate's state.
    pub state: &'a State,
    /// The request.
    pub request: &'a Request,
    /// The trace it belongs to.
    pub trace: &'a Trace,
    /// What the request has been charged with.
    pub meter: &'a Meter<'a>,
    /// What the route takes and gives.
    pub operation: &'static Operation,
    /// The values of the path parameters, in order: see [`Self::param`].
    pub params: [&'a str; 2],
    /// Checked query parameters.
    pub query: Query,
    /// Who is calling, on routes that ask.
    pub caller: Option<Caller>,
    /// What the route asks of a caller.
    pub rule: Option<Rule>,
    /// The reservation of the request's `Idempotency-Key`, if it has one.
    pub reservation: Option<Reservation>,
}

impl<'a> Context<'a> {
    /// The value of the path parameter `{name}`; empty when the route has none of this name.
    pub fn param(&self, name: &str) -> &'a str {
        let mut params = self.operation.path.iter().zip(self.params);
        let found = params.find(|(field, _)| field.name == name);
        found.map_or("", |(_, value)| value)
    }

    /// The path parameter `{name}` as `parse` reads it; 404 for what it does not read.
    pub fn path<T>(&self, name: &str, parse: impl FnOnce(&str) -> Option<T>) -> Result<T, Problem> {
        parse(self.param(name)).ok_or_else(Problem::not_found)
    }

    /// Milliseconds since 1970.
    pub fn now_ms(&self) -> i64 {
        self.state.platform.clock.now_ms()
    }

    /// The caller, on routes that need one.
    pub fn caller(&self) -> Result<&Caller, Problem> {
        let missing = || Problem::internal("a route without authentication asked for the caller");
        self.caller.as_ref().ok_or_else(missing)
    }

    /// Proof that the caller may do `P`. The route's guard has asked the same table; this is what a
    /// write asks for.
    pub fn permit<P: Permission>(&self) -> Result<Permit<'_, P>, Problem> {
        Permit::of(self.caller()?, self.now_ms())
    }

    /// What `user` is in the team of the path parameter `id`.
    pub fn membership(&self, user: &UserId) -> impl Future<Output = Result<Membership, Problem>> {
        lookup::by_id(&self.state.platform, self.param("id"), user)
    }

    /// What every batch of this request begins with: it fails unless the caller still passes the
    /// route's rule. Nobody in particular is asked nothing.
    pub fn standing(&self) -> Option<Statement> {
        let (caller, rule) = self.caller.as_ref().zip(self.rule.as_ref())?;
        Some(standing::of(caller, rule, self.now_ms()))
    }

    /// The body as JSON, checked against the route's schema. The mistakes found are handed on, so
    /// that the model can add its own and the client gets all of them at once.
    pub fn body(&self) -> Result<(Value, Vec<FieldError>), Problem> {
        let (mut value, request) = self.read_body()?;
        let mut errors = Vec::new();
        let unicode = self.state.platform.unicode.as_ref();
        request.schema.check(&mut value, unicode, "", &mut errors);
        Ok((value, errors))
    }

    /// The body as the type that its schema is declared with, and the mistakes found.
    pub fn body_as<T: Body>(&self) -> Result<(T, Vec<FieldError>), Problem> {
        let (body, errors) = self.body()?;
        Ok((T::read(body), errors))
    }

    /// The body as the type that its schema is declared with; 422 unless it passes the schema.
    pub fn valid_body<T: Body>(&self) -> Result<T, Problem> {
        let (body, errors) = self.body_as()?;
        Problem::check(errors)?;
        Ok(body)
    }

    /// The body of a merge patch: any JSON; what it leads to is checked by [`Self::check_patched`].
    pub fn patch(&self) -> Result<Value, Problem> {
        let (value, _) = self.read_body()?;
        if value.is_object() {
            return Ok(value);
        }
        Err(Problem::invalid(vec![FieldError::new(
            "",
            "invalid_type",
            "Must be an object (JSON Merge Patch, RFC 7396).",
        )]))
    }

    /// Checks what a merge patch has led to against the route's schema.
    pub fn check_patched(&self, value: &mut Value) -> Vec<FieldError> {
        let mut errors = Vec::new();
        if let Some(request) = &self.operation.request {
            let unicode = self.state.platform.unicode.as_ref();
            request.schema.check(value, unicode, "", &mut errors);
        }
        errors
    }

    /// The body's bytes, when it came in the route's other media type; `None` when [`Self::body`] is
    /// to read it.
    pub fn alternative_body(&self) -> Result<Option<&[u8]>, Problem> {
        let Some(alternative) = &self.operation.alternative else {
            return Ok(None);
        };
        let media_type = self.request.header(Header::ContentType);
        if !media_type.is_some_and(|text| is_utf8_of(text, &[alternative.media_type])) {
            return Ok(None);
        }
        let bytes = self.request.body()?;
        if self.is_encoded() {
            return Err(self.unsupported());
        }
        if bytes.is_empty() {
            return Err(Problem::new(&problems::BODY_REQUIRED));
        }
        Ok(Some(bytes))
    }

    fn read_body(&self) -> Result<(Value, &'static RequestBody), Problem> {
        let Some(request) = &self.operation.request else {
            return Err(Problem::internal("a route without a body asked for it"));
        };
        let bytes = self.request.body()?;
        let media_type = self.request.header(Header::ContentType);
        let known = ["application/json", "application/merge-patch+json"];
        let known = &known[..=usize::from(request.is_merge_patch)];
        if !media_type.is_some_and(|text| is_utf8_of(text, known)) || self.is_encoded() {
            if bytes.is_empty() && media_type.is_none() {
                return Err(Problem::new(&problems::BODY_REQUIRED));
            }
            return Err(self.unsupported());
        }
        Ok((json::parse(bytes)?, request))
    }

    fn is_encoded(&self) -> bool {
        let encoding = self.request.header(Header::ContentEncoding);
        encoding.is_some_and(|text| !text.trim().eq_ignore_ascii_case("identity"))
    }

    fn unsupported(&self) -> Problem {
        let mut problem = Problem::new(&problems::UNSUPPORTED_MEDIA_TYPE);
        if self.is_encoded() {
            problem = problem.with_header("accept-encoding", "identity");
        }
        if self.request.method == Method::Patch {
            problem = problem.with_header(
                "accept-patch",
                "application/merge-patch+json, application/json",
            );
        }
        match &self.operation.alternative {
            None => problem,
            Some(alternative) => problem.with_detail(format!(
                "Send Content-Type: application/json or {}, in UTF-8, and no Content-Encoding.",
                alternative.media_type
            )),
        }
    }
}

/// Whether a `Content-Type` is one of `known` in UTF-8.
fn is_utf8_of(text: &str, known: &[&str]) -> bool {
    let mut parts = text.split(';').map(str::trim);
    let essence = parts.next().unwrap_or_default();
    known
        .iter()
        .any(|known| known.eq_ignore_ascii_case(essence))
        && parts.filter(|part| !part.is_empty()).all(|part| {
            let value = part
                .split_once('=')
                .map(|(name, value)| (name.trim(), value.trim_matches('"')));
            value.is_none_or(|(name, value)| {
                !name.eq_ignore_ascii_case("charset") || value.eq_ignore_ascii_case("utf-8")
            })
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn media_types() {
        for (text, expected) in [
            ("application/json", true),
            ("Application/JSON; charset=UTF-8", true),
            ("application/json;charset=\"utf-8\"", true),
            ("application/json; charset=latin1", false),
            ("application/merge-patch+json", false),
            ("text/plain", false),
            ("text/json", false),
            ("application/x-www-form-urlencoded", false),
            ("application/jsonx", false),
            ("", false),
        ] {
            assert_eq!(is_utf8_of(text, &["application/json"]), expected, "{text}");
        }
        for (text, expected) in [
            ("text/csv", true),
            ("Text/CSV; charset=utf-8; header=present", true),
            ("text/csv; charset=windows-1252", false),
            ("text/tab-separated-values", false),
        ] {
            assert_eq!(is_utf8_of(text, &["text/csv"]), expected, "{text}");
        }
    }
}
