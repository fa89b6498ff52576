//! Pages that SQL puts together as one JSON array: one statement for a page, and the id that the next one
//! begins after.

use http::pagination::Page;
use platform::{DatabaseError, Platform, Statement, Text, Value};

/// SQL over a number of milliseconds: RFC 3339 in UTC, as [`kit::time::rfc3339`] writes it.
#[macro_export]
macro_rules! sql_time {
    ($column:literal) => {
        concat!(
            "strftime('%Y-%m-%dT%H:%M:%fZ', ",
            $column,
            " / 1000.0, 'unixepoch')"
        )
    };
}
pub use sql_time;

/// One page of a list.
#[derive(Debug)]
pub struct Listed {
    /// A JSON array of documents.
    pub data: Text,
    /// The id that the next page begins after, if there is one.
    pub last: Option<String>,
}

/// Which way a list goes.
#[derive(Debug, Clone, Copy)]
pub enum Order {
    /// By id, from the least on.
    Ascending,
    /// By id, from the greatest on: newest first.
    Descending,
}

/// A page as one JSON array that SQL has put together. `select` gives `id` and `document` of all
/// rows after the page before; `params` are its values.
pub async fn page(
    platform: &Platform,
    select: &str,
    mut params: Vec<Value>,
    order: Order,
    page: &Page,
) -> Result<Listed, DatabaseError> {
    let (order, last) = match order {
        Order::Ascending => ("", "max"),
        Order::Descending => ("DESC", "min"),
    };
    params.push(page.limit.into());
    let limit = params.len();
    let sql = format!(
        "WITH page AS ({select} ORDER BY id {order} LIMIT ?{limit} + 1), \
         shown AS (SELECT * FROM page ORDER BY id {order} LIMIT ?{limit}) \
         SELECT '[' || coalesce(group_concat(document, ',' ORDER BY id {order}), '') || ']', \
         CASE WHEN count(*) < (SELECT count(*) FROM page) THEN {last}(id) END FROM shown"
    );
    let rows = platform.database.query(Statement::new(sql, params)).await?;
    let mut row = rows
        .into_iter()
        .next()
        .ok_or_else(|| DatabaseError::Other("a page does not read".to_owned()))?;
    Ok(Listed {
        data: row.take_text(0)?,
        last: row.optional_text(1)?.map(str::to_owned),
    })
}
