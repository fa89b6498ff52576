//! Keyset paging: a page begins after the id where the last one ended. Cursors are opaque and checked.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::Value;

use platform::Text;

use super::problem::{FieldError, Problem};
use super::query::Query;
use super::response::{Profile, Response};
use super::schema::{self, Field, Schema};

/// Items on a page unless the client says otherwise.
const DEFAULT_LIMIT: i64 = 20;
/// Most items on a page.
pub const MAX_LIMIT: i64 = 100;
/// Told apart from the cursors of later versions.
const VERSION: &str = "1.";

/// The `limit` parameter.
pub const LIMIT: Field = Field::optional(
    "limit",
    &Schema::integer(1, MAX_LIMIT),
    "Items on a page; 20 unless given.",
);
/// The `cursor` parameter.
pub const CURSOR: Field = Field::optional(
    "cursor",
    &schema::Text::of(1, 100),
    "Where the page begins: next_cursor of the page before.",
);

/// Greater than every id.
pub const PAST_ALL_IDS: &str = "~";

/// Which page is asked for.
#[derive(Debug)]
pub struct Page {
    /// Items on it.
    pub limit: i64,
    /// The last id of the page before.
    pub after: Option<String>,
}

impl Page {
    /// Reads `limit` and `cursor`; `parse` reads an id of the listed kind.
    pub fn from_query<T>(
        query: &Query,
        parse: impl Fn(&str) -> Option<T>,
    ) -> Result<Self, Problem> {
        let read = |cursor| {
            let id = read_cursor(cursor).filter(|id| parse(id).is_some());
            id.ok_or_else(|| {
                let detail = "Send next_cursor of the page before as it came, or leave it out.";
                Problem::invalid(vec![FieldError::new("?cursor", "invalid_cursor", detail)])
            })
        };
        let after = query.text("cursor").map(read).transpose()?;
        Ok(Self {
            limit: query.integer("limit").unwrap_or(DEFAULT_LIMIT),
            after,
        })
    }

    /// The id that the page begins before, in a list that goes from the greatest id down.
    pub fn before(&self) -> &str {
        self.after.as_deref().unwrap_or(PAST_ALL_IDS)
    }
}

fn read_cursor(cursor: &str) -> Option<String> {
    let bytes = URL_SAFE_NO_PAD.decode(cursor).ok()?;
    let text = String::from_utf8(bytes).ok()?;
    text.strip_prefix(VERSION).map(str::to_owned)
}

/// The cursor of the page that begins after `id`.
pub fn cursor_after(id: &str) -> String {
    URL_SAFE_NO_PAD.encode(format!("{VERSION}{id}"))
}

/// The page as a JSON array, and its last id when more follow: then `items` has one more than it takes.
pub fn cut(
    page: &Page,
    items: impl IntoIterator<Item = (String, Value)>,
) -> (Text, Option<String>) {
    let mut items: Vec<_> = items.into_iter().collect();
    let limit = usize::try_from(page.limit).unwrap_or(usize::MAX);
    let has_more = items.len() > limit;
    items.truncate(limit);
    let last = items.last().filter(|_| has_more).map(|(id, _)| id.clone());
    let data: Vec<Value> = items.into_iter().map(|(_, document)| document).collect();
    (Text::Owned(Value::from(data).to_string()), last)
}

/// A page: `data` is a JSON array, `last` its last id when more may follow, `path` the list's own URL.
pub fn respond(
    profile: Profile,
    data: Text,
    last: Option<&str>,
    path: &str,
    query: &Query,
) -> Response {
    let page = |after: String| Response::passthrough(200, profile, "{\"data\":", data, after);
    let Some(last) = last else {
        return page(",\"next_cursor\":null}".to_owned());
    };
    let cursor = cursor_after(last);
    let others = query.encode_without("cursor");
    let link = format!("<{path}?{others}cursor={cursor}>; rel=\"next\"");
    page(format!(",\"next_cursor\":\"{cursor}\"}}")).with_header("link", link)
}
