//! Pages for people who follow a link in a mail, without scripts or a session. A GET uses no link up,
//! since mail programs open links: only the button does.

mod form;
pub(crate) mod links;
pub(crate) mod operations;
pub(crate) mod reset;
mod view;
pub(crate) mod well_known;
