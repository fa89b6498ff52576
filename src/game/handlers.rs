//! The calls on game data: reference tables and chat codes. All of them are public and need no database.
//! `chat_code` and `template` have the rules.

use serde::Serialize;
use serde_json::json;

use crate::http::{FieldError, Problem, Profile, Response, etag, problems};
use crate::runtime::Context;

use super::chat_code;
use super::model::{self, REFERENCE_VERSION, TemplateError};
use super::operations::ChatCode;
use super::template::{TemplateInput, TemplateView};

impl From<TemplateError> for FieldError {
    fn from(error: TemplateError) -> Self {
        Self::new(error.pointer, error.code, error.detail)
    }
}

/// A reference table or a part of it: changes only with the tables.
fn table(cx: &Context<'_>, value: &impl Serialize) -> Result<Response, Problem> {
    versioned_table(cx, REFERENCE_VERSION, value)
}

/// A table that changes only with its version.
pub fn versioned_table(
    cx: &Context<'_>,
    version: &str,
    value: &impl Serialize,
) -> Result<Response, Problem> {
    let tag = format!("\"{version}\"");
    if etag::is_not_modified(cx.request, &tag) {
        return Ok(Response::not_modified(Profile::Public, tag));
    }
    Ok(Response::json(200, Profile::Public, value)?.with_header("etag", tag))
}

fn whole_table(cx: &Context<'_>, rows: &impl Serialize) -> Result<Response, Problem> {
    table(cx, &json!({ "data": rows, "next_cursor": null }))
}

/// GET /game/professions
pub async fn professions(cx: &Context<'_>) -> Result<Response, Problem> {
    whole_table(cx, &model::PROFESSIONS)
}

/// GET /game/professions/{id}
pub async fn profession(cx: &Context<'_>) -> Result<Response, Problem> {
    let found = model::profession_by_id(cx.param("id"));
    table(cx, found.ok_or(Problem::new(&problems::NOT_FOUND))?)
}

/// GET /game/specializations
pub async fn specializations(cx: &Context<'_>) -> Result<Response, Problem> {
    whole_table(cx, &model::SPECIALIZATIONS)
}

/// GET /game/weapons
pub async fn weapons(cx: &Context<'_>) -> Result<Response, Problem> {
    whole_table(cx, &model::WEAPONS)
}

/// GET /game/roles
pub async fn roles(cx: &Context<'_>) -> Result<Response, Problem> {
    whole_table(cx, &model::ROLES)
}

#[derive(Serialize)]
struct Decoded<'a> {
    template: TemplateView<'a>,
    notes: Vec<Note>,
}

/// Why `POST /builds` would refuse a template that can be decoded.
#[derive(Serialize)]
struct Note {
    pointer: String,
    code: &'static str,
    detail: String,
}

impl From<TemplateError> for Note {
    fn from(error: TemplateError) -> Self {
        Self {
            pointer: format!("/template{}", error.pointer),
            code: error.code,
            detail: error.detail,
        }
    }
}

/// POST /chat-codes/decode
pub async fn decode(cx: &Context<'_>) -> Result<Response, Problem> {
    let body: ChatCode = cx.valid_body()?;
    let template = chat_code::paste::read(&body.code).map_err(|error| {
        Problem::invalid(vec![FieldError::new(
            "/code",
            error.code(),
            error.to_string(),
        )])
    })?;
    let contradictions = template.contradictions();
    let decoded = Decoded {
        template: template.view(),
        notes: contradictions.into_iter().map(Note::from).collect(),
    };
    Response::json(200, Profile::Live, &decoded)
}

/// POST /chat-codes/encode
pub async fn encode(cx: &Context<'_>) -> Result<Response, Problem> {
    let (body, mut errors) = cx.body()?;
    let template = body
        .get("template")
        .map(|template| TemplateInput::from_json(template, "/template"));
    match template {
        Some(Ok(template)) if errors.is_empty() => {
            let code = chat_code::encode(&template);
            Response::json(200, Profile::Live, &json!({ "code": code }))
        }
        Some(Err(found)) => {
            errors.extend(found.into_iter().map(FieldError::from));
            Err(Problem::invalid(errors))
        }
        _ => Err(Problem::invalid(errors)),
    }
}
