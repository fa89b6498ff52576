//! HTTP as values: requests, responses, problems, and the rules that hold for every call.

pub mod body;
pub mod cors;
pub mod etag;
pub mod json;
pub mod merge_patch;
pub mod operation;
pub mod pagination;
pub mod problem;
pub mod problems;
pub mod query;
pub mod request;
pub mod response;
pub mod schema;
pub mod trace;

pub use pagination::Page;
pub use problem::{FieldError, Problem};
pub use request::{Header, Request};
pub use response::{Profile, Response};
