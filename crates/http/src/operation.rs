//! What a call takes and answers: the source of the OpenAPI document and of the checks on query and body.

use super::problems::ProblemKind;
use super::schema::{Field, Schema};

/// One call.
#[derive(Debug)]
pub struct Operation {
    /// `operationId`: unique, `snake_case`.
    pub id: &'static str,
    /// The group it is shown in.
    pub tag: &'static str,
    /// One line.
    pub summary: &'static str,
    /// What else to know; may be empty.
    pub description: &'static str,
    /// Parameters in the path.
    pub path: &'static [Field],
    /// Parameters after `?`.
    pub query: &'static [Field],
    /// The body it takes.
    pub request: Option<RequestBody>,
    /// Another form that the body may come in; `request` says what it means in JSON.
    pub alternative: Option<Alternative>,
    /// The answer when all goes well.
    pub response: Answer,
    /// Problems beyond those that follow from the members above and the route.
    pub problems: &'static [&'static ProblemKind],
    /// Whether it takes `If-None-Match` or `If-Match`.
    pub condition: Condition,
    /// What an answer that was kept for an `Idempotency-Key` needs to be given again.
    pub replay: Replay,
}

impl Operation {
    /// What requests are checked by, without what only the document has: the Wasm does not carry it.
    #[must_use]
    pub const fn for_requests(self) -> Self {
        if cfg!(not(target_arch = "wasm32")) {
            return self;
        }
        Self {
            id: self.id,
            path: self.path,
            query: self.query,
            request: match self.request {
                Some(request) => Some(RequestBody {
                    example: "",
                    ..request
                }),
                None => None,
            },
            alternative: match self.alternative {
                Some(alternative) => Some(Alternative {
                    example: "",
                    ..alternative
                }),
                None => None,
            },
            condition: self.condition,
            replay: self.replay,
            ..PLAIN
        }
    }
}

/// A body that a call takes.
#[derive(Debug)]
pub struct RequestBody {
    /// Its form.
    pub schema: &'static Schema,
    /// A JSON text that can be sent as it is.
    pub example: &'static str,
    /// Whether it is a JSON Merge Patch (RFC 7396) towards `schema`.
    pub is_merge_patch: bool,
}

impl RequestBody {
    /// JSON of this form.
    pub const fn json(schema: &'static Schema, example: &'static str) -> Option<Self> {
        Some(Self {
            schema,
            example,
            is_merge_patch: false,
        })
    }

    /// A JSON Merge Patch (RFC 7396) towards this form.
    pub const fn patch(schema: &'static Schema, example: &'static str) -> Option<Self> {
        Some(Self {
            schema,
            example,
            is_merge_patch: true,
        })
    }
}

/// A body in another media type than JSON, which the handler reads itself.
#[derive(Debug)]
pub struct Alternative {
    /// Without parameters, such as `text/csv`; only UTF-8 is taken.
    pub media_type: &'static str,
    /// A body that can be sent as it is.
    pub example: &'static str,
}

/// The answer when all goes well.
#[derive(Debug)]
pub struct Answer {
    /// 200, 201 or 204.
    pub status: u16,
    /// What it is.
    pub about: &'static str,
    /// Its body.
    pub content: Content,
}

impl Answer {
    const fn of(status: u16, about: &'static str, content: Content) -> Self {
        Self {
            status,
            about,
            content,
        }
    }

    /// 200 with JSON of this form.
    pub const fn ok(about: &'static str, schema: &'static Schema, example: &'static str) -> Self {
        Self::of(200, about, Content::Json(schema, example))
    }

    /// 201 with JSON of this form.
    pub const fn created(
        about: &'static str,
        schema: &'static Schema,
        example: &'static str,
    ) -> Self {
        Self::of(201, about, Content::Json(schema, example))
    }

    /// 202 with JSON of this form.
    pub const fn accepted(
        about: &'static str,
        schema: &'static Schema,
        example: &'static str,
    ) -> Self {
        Self::of(202, about, Content::Json(schema, example))
    }

    /// 204.
    pub const fn done(about: &'static str) -> Self {
        Self::of(204, about, Content::None)
    }

    /// A page of a list of these, with an example of one.
    pub const fn page(schema: &'static Schema, example: &'static str) -> Self {
        Self::page_of("A page.", schema, example)
    }

    /// A page of a list that there is more to say about.
    pub const fn page_of(
        about: &'static str,
        schema: &'static Schema,
        example: &'static str,
    ) -> Self {
        Self::of(200, about, Content::Page(schema, example))
    }

    /// 200 with another media type than JSON.
    pub const fn media(about: &'static str, media_type: &'static str) -> Self {
        Self::of(200, about, Content::Media(media_type))
    }
}

/// The body of an answer.
#[derive(Debug)]
pub enum Content {
    /// None.
    None,
    /// JSON of this form, with an example.
    Json(&'static Schema, &'static str),
    /// JSON of this form, with an example, or the same in another form.
    JsonOr(&'static Schema, &'static str, Alternative),
    /// A page of a list of these, with an example of one.
    Page(&'static Schema, &'static str),
    /// Another media type.
    Media(&'static str),
}

/// Which conditional requests a call takes (RFC 9110, section 13).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Condition {
    /// None.
    None,
    /// `If-None-Match`, answered with 304.
    Read,
    /// `If-Match`, answered with 412.
    Write,
    /// As `Write`, and 428 without it: for what several people change.
    SharedWrite,
}

/// What a kept answer to a POST needs to be given again, beside the same caller, path and body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Replay {
    /// Nothing: it holds no secret.
    Data,
    /// It shows a secret: a caller with a credential. To others it is not kept.
    Secret,
    /// It holds the tokens of a login: they are still the newest ones of it, and no older than this.
    Tokens {
        /// Milliseconds.
        max_age_ms: i64,
    },
}

/// A call without path, query, body or conditions: the rest is filled in over it.
pub const PLAIN: Operation = Operation {
    id: "",
    tag: "",
    summary: "",
    description: "",
    path: &[],
    query: &[],
    request: None,
    alternative: None,
    response: Answer::done("Done."),
    problems: &[],
    condition: Condition::None,
    replay: Replay::Data,
};

/// Calls of one group: `"Tag": LIST = "list_things", "The summary" { description: "…", query: &[LIMIT], }`.
/// What is not said is as in [`PLAIN`], or as in the operation after `..`.
#[macro_export]
macro_rules! operations {
    ($tag:expr; $($(#[$meta:meta])* $name:ident = $id:literal, $summary:literal $(.. $base:ident)? {
        $($member:ident: $value:expr,)*
    })*) => {$(
        $(#[$meta])*
        #[doc = $summary]
        pub const $name: $crate::operation::Operation = $crate::operation::Operation {
            id: $id,
            tag: $tag,
            summary: $summary,
            $($member: $value,)*
            ..$crate::operations!(@base $($base)?)
        };
    )*};
    (@base) => { $crate::operation::PLAIN };
    (@base $base:ident) => { $base };
}
