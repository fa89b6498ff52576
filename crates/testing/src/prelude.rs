//! What nearly every test of the API needs, in one line.

pub use std::cell::{Cell, RefCell};
pub use std::collections::{BTreeMap, BTreeSet};
pub use std::rc::Rc;

pub use pollster::block_on;
pub use serde_json::{Value, json};
pub use wvw_builder::app::App;
pub use wvw_builder::config::Config;
pub use wvw_builder::http::request::{Header, Method};
pub use wvw_builder::platform::native::{MemoryWeb, TEST_EPOCH_MS, TestDatabase, TestPlatform};
pub use wvw_builder::platform::{
    Clock as _, Database, DatabaseError, HttpAnswer, HttpClient, HttpError, HttpRequest,
    LocalFuture, Platform, Row, Statement,
};
pub use wvw_builder::routes::{Access, ROUTES, Route};
pub use wvw_builder::secret::Secret;

pub use crate::compositions::{COMPOSITIONS, composition_body, path_of};
pub use crate::databases::{
    Raced, Slow, all_together, at_once, count_of, platform_on, step_aside, together,
};
pub use crate::forge::{Forger, payload_of};
pub use crate::mail::token_of;
pub use crate::paths::*;
pub use crate::short::{event_of, refuse_each, statuses, texts_of};
pub use crate::tables::{json_of, refusals, rows};
pub use crate::teams::{TEAMS, member_path};
pub use crate::walk::Walk;
pub use crate::webhooks::{Endpoint, SideBySide, WEBHOOKS};
pub use crate::{
    AUDIENCE, Answer, BUILDS, Call, GUARDIAN_CODE, ISSUER, ORIGIN, PASSWORD, Player, TestApp,
    array, build_body, build_path, config_value, hex, pepper, percent_encoded, text,
};
pub use crate::{assert_has, sql};
