//! The template of the pages that links in mails lead to. It escapes every value.

use askama::Template;

use crate::http::{Problem, Profile, Response};

/// The input of a form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asks {
    Nothing,
    Address,
    Password,
}

/// The form of a page. It needs no cookie, and so no protection against CSRF: its token is the proof.
pub struct Form<'a> {
    /// The page's own path.
    pub action: &'static str,
    /// The link's token; empty where there is none.
    pub token: &'a str,
    pub asks: Asks,
    /// The mistake in the last input; may be empty.
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

/// The page for a link that does not work.
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
