//! The documentation that the service serves itself: OpenAPI, the interactive reference, a page for each
//! problem, and the files of our pages.

use crate::http::operation::Answer;
use crate::http::problem::Problem;
use crate::http::problems::ProblemKind;
use crate::http::response::{Profile, Response};
use crate::http::schema::Schema;
use crate::http::{fields, operations, problems};
use crate::runtime::Context;

const TAG: &str = "Operations";
/// File names and the assets that they stand for.
const FILES: [(&str, &str); 7] = [
    ("account.css", "/docs/account.css"),
    ("reference.css", "/docs/reference.css"),
    ("reference.js", "/docs/reference.js"),
    ("squad.css", "/docs/squad.css"),
    ("squad.js", "/docs/squad.js"),
    ("swagger-ui.css", "/docs/swagger-ui.css"),
    ("swagger-ui-bundle.js", "/docs/swagger-ui-bundle.js"),
];
const FILE_NAMES: [&str; 7] = [
    FILES[0].0, FILES[1].0, FILES[2].0, FILES[3].0, FILES[4].0, FILES[5].0, FILES[6].0,
];

/// GET /openapi.json
pub async fn openapi(_: &Context<'_>) -> Result<Response, Problem> {
    Ok(Response::asset(Profile::Public, "/openapi.json"))
}

/// GET /docs
pub async fn page(_: &Context<'_>) -> Result<Response, Problem> {
    Ok(Response::asset(Profile::Page, "/docs/index.html"))
}

/// GET /docs/{file}
pub async fn file(cx: &Context<'_>) -> Result<Response, Problem> {
    let file = FILES
        .into_iter()
        .find(|(name, _)| *name == cx.param("file"));
    let (_, asset) = file.ok_or(Problem::new(&problems::NOT_FOUND))?;
    Ok(Response::asset(Profile::Asset, asset))
}

/// GET /docs/problems/{code}
pub async fn problem(cx: &Context<'_>) -> Result<Response, Problem> {
    let kind = problems::by_code(cx.param("code")).ok_or(Problem::new(&problems::NOT_FOUND))?;
    Ok(Response::bytes(
        200,
        Profile::Page,
        problem_page(kind).into_bytes(),
    ))
}

/// Everything on it comes from the catalogue, which has no character that HTML would mistake.
fn problem_page(kind: &ProblemKind) -> String {
    let ProblemKind {
        code,
        status,
        title,
        help,
    } = kind;
    format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width\">\n\
         <title>{code} - WvW Builder</title>\n\
         <link rel=\"icon\" href=\"data:,\">\n\
         <link rel=\"stylesheet\" href=\"/docs/reference.css\">\n</head>\n<body>\n<main>\n\
         <h1>{title}</h1>\n<p><code>{code}</code>, HTTP status {status}</p>\n<p>{help}</p>\n\
         <p><a href=\"/docs\">All calls and their errors</a></p>\n</main>\n</body>\n</html>\n"
    )
}

operations! { TAG;
    OPENAPI = "get_openapi", "This document" {
        response: Answer::media("OpenAPI 3.1.", "application/json"),
    }

    PAGE = "get_docs", "The interactive reference" {
        response: Answer::media("A page for people.", "text/html"),
    }

    FILE = "get_docs_file", "A script or style of our pages" {
        path: fields! { required file: Schema::Choice(&FILE_NAMES), "Its name."; },
        response: Answer::media("The file.", "*/*"),
        problems: problems![NOT_FOUND],
    }

    PROBLEM = "get_problem", "What a problem means and what to do about it" {
        path: fields! { required code: Schema::Choice(&problems::CODES), "The problem's code."; },
        response: Answer::media("A page for people.", "text/html"),
        problems: problems![NOT_FOUND],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_catalogue_needs_no_escaping() {
        for kind in problems::ALL {
            for text in [kind.code, kind.title, kind.help] {
                assert!(!text.contains(['<', '>', '&', '"']), "{text}");
            }
        }
    }
}
