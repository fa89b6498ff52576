//! Errors as problem details (RFC 9457). What failed inside goes to the log, never into a problem.

use std::borrow::Cow;

use serde_json::{Map, Value, json};

use platform::{DatabaseError, Ended};

use super::problems::{self, ProblemKind};

/// Mistakes told at once. More would only make a hostile answer longer.
pub const MAX_ERRORS: usize = 100;

/// One mistake in an input.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldError {
    /// A JSON Pointer (RFC 6901) into the body, or `?name` for a query parameter.
    pub pointer: String,
    /// Stable, `snake_case`.
    pub code: &'static str,
    /// What is wrong and what would be right.
    pub detail: Cow<'static, str>,
}

impl FieldError {
    /// A mistake at `pointer`.
    pub fn new(
        pointer: impl Into<String>,
        code: &'static str,
        detail: impl Into<Cow<'static, str>>,
    ) -> Self {
        Self {
            pointer: pointer.into(),
            code,
            detail: detail.into(),
        }
    }
}

/// Whether `errors` has a mistake at `pointer`: what one has rejected, the next need not.
pub fn has_mistake(errors: &[FieldError], pointer: &str) -> bool {
    errors.iter().any(|error| error.pointer == pointer)
}

/// A problem on its way to the client.
#[derive(Debug)]
pub struct Problem {
    /// Which kind.
    pub kind: &'static ProblemKind,
    /// Says more than the kind's help, where there is more to say.
    pub detail: Option<Cow<'static, str>>,
    /// The mistakes of the input.
    pub errors: Vec<FieldError>,
    /// Further members of the body (RFC 9457, section 3.2).
    pub members: Option<Box<Map<String, Value>>>,
    /// Headers that go with it, such as `Allow`.
    pub headers: Vec<(&'static str, Cow<'static, str>)>,
    /// For the log alone.
    pub cause: Option<String>,
}

impl Problem {
    /// A problem of this kind.
    pub const fn new(kind: &'static ProblemKind) -> Self {
        Self {
            kind,
            detail: None,
            errors: Vec::new(),
            members: None,
            headers: Vec::new(),
            cause: None,
        }
    }

    /// 422 with all mistakes of an input, up to [`MAX_ERRORS`].
    pub fn invalid(mut errors: Vec<FieldError>) -> Self {
        errors.truncate(MAX_ERRORS);
        Self {
            errors,
            ..Self::new(&problems::INVALID_INPUT)
        }
    }

    /// Refuses with 422 when there are mistakes.
    pub fn check(errors: Vec<FieldError>) -> Result<(), Self> {
        if errors.is_empty() {
            Ok(())
        } else {
            Err(Self::invalid(errors))
        }
    }

    /// 404, also for what the caller may not know to exist.
    pub const fn not_found() -> Self {
        Self::new(&problems::NOT_FOUND)
    }

    /// 500; `cause` goes to the log.
    pub fn internal(cause: impl ToString) -> Self {
        Self::new(&problems::INTERNAL).with_cause(cause)
    }

    /// 503; `cause` goes to the log.
    pub fn unavailable(cause: impl ToString) -> Self {
        Self::new(&problems::UNAVAILABLE)
            .with_cause(cause)
            .with_header("retry-after", "5")
    }

    /// 401 of this kind, with a challenge that names no error (RFC 6750, section 3.1).
    pub fn unauthorized(kind: &'static ProblemKind) -> Self {
        Self::new(kind).with_header("www-authenticate", "Bearer")
    }

    /// 401 where only a part of a call needs a credential.
    pub fn login_required(detail: &'static str) -> Self {
        Self::unauthorized(&problems::AUTHENTICATION_REQUIRED).with_detail(detail)
    }

    /// 401, one and the same answer whatever is wrong with a credential; `why` goes to the log.
    pub fn invalid_token(why: &'static str) -> Self {
        let challenge = "Bearer error=\"invalid_token\"";
        Self::new(&problems::INVALID_TOKEN)
            .with_cause(why)
            .with_header("www-authenticate", challenge)
    }

    /// 403 with the scope that is missing (RFC 6750, section 3.1).
    pub fn insufficient_scope(scope: &str) -> Self {
        let challenge = format!("Bearer error=\"insufficient_scope\", scope=\"{scope}\"");
        Self::new(&problems::INSUFFICIENT_SCOPE).with_header("www-authenticate", challenge)
    }

    /// Adds what the log says of it.
    #[must_use]
    pub fn with_cause(mut self, cause: impl ToString) -> Self {
        self.cause = Some(cause.to_string());
        self
    }

    /// Says more.
    #[must_use]
    pub fn with_detail(mut self, detail: impl Into<Cow<'static, str>>) -> Self {
        self.detail = Some(detail.into());
        self
    }

    /// Adds a header.
    #[must_use]
    pub fn with_header(mut self, name: &'static str, value: impl Into<Cow<'static, str>>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    /// Adds a member to the body.
    #[must_use]
    pub fn with_member(mut self, name: &'static str, value: Value) -> Self {
        let members = self.members.get_or_insert_default();
        members.insert(name.to_owned(), value);
        self
    }

    /// The JSON body; `base` is the product's own URL without a trailing slash.
    pub fn body(&self, base: &str, request_id: &str) -> Vec<u8> {
        let mut body = json!({
            "type": self.kind.type_uri(base),
            "title": self.kind.title,
            "status": self.kind.status,
            "detail": self.detail.as_deref().unwrap_or(self.kind.help),
            "code": self.kind.code,
            "request_id": request_id,
        });
        if !self.errors.is_empty() {
            let told = |it: &FieldError| json!({ "pointer": it.pointer, "code": it.code, "detail": it.detail });
            body["errors"] = self.errors.iter().map(told).collect();
        }
        for (name, value) in self.members.iter().flat_map(|members| members.iter()) {
            body[name] = value.clone();
        }
        body.to_string().into_bytes()
    }
}

impl From<DatabaseError> for Problem {
    fn from(error: DatabaseError) -> Self {
        match error {
            DatabaseError::Unavailable(_) => Self::unavailable(error),
            DatabaseError::Ended(Ended::Credential) => {
                Self::invalid_token("ended before the write")
            }
            DatabaseError::Ended(Ended::Password) => Self::new(&problems::WRONG_PASSWORD),
            DatabaseError::Ended(Ended::Proof) => Self::new(&problems::REAUTHENTICATION_REQUIRED)
                .with_header(
                    "www-authenticate",
                    "Bearer error=\"insufficient_user_authentication\"",
                ),
            DatabaseError::Ended(Ended::Role) => Self::insufficient_scope("admin:write"),
            DatabaseError::Unique(_) | DatabaseError::Stale | DatabaseError::Other(_) => {
                Self::internal(error)
            }
        }
    }
}
