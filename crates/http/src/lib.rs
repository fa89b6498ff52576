//! HTTP as values: requests, responses, problems, and the rules that hold for every call.
//! Promises one way for each thing: one error form, one paging, one schema for check and document.
//! Leaves sockets to the platform and meaning to the features, of which it knows none.

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
