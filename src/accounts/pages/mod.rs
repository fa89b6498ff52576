//! Pages for people who follow a link in a mail: they work without a script and without an account.
//! Promises that to look at one does nothing: what a link is for happens when its button is pressed,
//! so that programs which open links beforehand use none up. Leaves the work to the features.

mod form;
pub(crate) mod links;
pub(crate) mod operations;
pub(crate) mod reset;
mod view;
pub(crate) mod well_known;
