//! The pages that links in mails lead to, as values and one template.
//! Promises that every value is escaped by the template.
//! Leaves what is said to the other files.

use askama::Template;

use crate::http::{Problem, Profile, Response};

/// What a form asks for, besides being sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asks {
    Nothing,
    Address,
    Password,
}

/// The one form of a page. No cookie goes with it: the token that it carries is the proof, which no
/// other site has, so that none can send it for somebody.
pub struct Form<'a> {
    /// The page's own path.
    pub action: &'static str,
    /// The link's token; empty where there is none.
    pub token: &'a str,
    pub asks: Asks,
    /// What was wrong with what was sent before; may be empty.
    pub mistake: &'a str,
    pub button: &'static str,
}

#[derive(Template)]
#[template(path = "account.html")]
struct Page<'a> {
    title: &'a str,
    paragraphs: &'a [&'a str],
    form: Option<&'a Form<'a>>,
}

pub fn page(
    status: u16,
    title: &str,
    paragraphs: &[&str],
    form: Option<&Form<'_>>,
) -> Result<Response, Problem> {
    let page = Page {
        title,
        paragraphs,
        form,
    };
    let page = page.render().map_err(Problem::internal)?;
    Ok(Response::bytes(status, Profile::Form, page.into_bytes()))
}

/// The page in place of one whose link does not work.
pub fn no_link(status: u16) -> Result<Response, Problem> {
    let paragraphs = [
        "It may have been used, it may have expired, or a part of it was lost on the way.",
        "Links end too when the address or the password of the account changes.",
    ];
    page(
        status,
        "This link does not work any more",
        &paragraphs,
        None,
    )
}
