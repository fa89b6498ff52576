//! D1 as a [`Database`]: rows as arrays, batches as transactions. Errors are classified by their text,
//! which is all that D1 gives.

use std::borrow::Cow;
use std::cell::{OnceCell, RefCell};

use kit::bounded::BoundedMap;
use wasm_bindgen::{JsCast, JsValue};
use worker::js_sys::{Array, Error, JsString, Reflect, Uint8Array};
use worker::worker_sys::types::{D1Database as DatabaseSys, D1PreparedStatement as PreparedSys};
use worker::{D1Database, D1PreparedStatement};

use crate::{Database, DatabaseError, LocalFuture, Row, Statement, Text, Value};

use super::task::Reply;

/// Statements that an isolate keeps prepared; lists make a few dozen forms.
const MAX_PREPARED: usize = 200;

/// The binding, and the statements prepared on it so far.
pub struct D1 {
    database: D1Database,
    prepared: RefCell<BoundedMap<Cow<'static, str>, D1PreparedStatement, MAX_PREPARED>>,
}

impl D1 {
    /// Over the binding.
    pub fn new(database: D1Database) -> Self {
        Self {
            database,
            prepared: RefCell::default(),
        }
    }

    fn bind(&self, statement: Statement) -> Result<PreparedSys, DatabaseError> {
        let mut known = self.prepared.borrow_mut();
        let prepare = |sql: &Cow<'static, str>| self.database.prepare(sql.as_ref());
        let prepared = known.get_or_insert_with(statement.sql, |_| false, prepare);
        if statement.params.is_empty() {
            return Ok(prepared.inner().clone().unchecked_into());
        }
        let values: Array = statement.params.iter().map(to_js).collect();
        let bound = prepared.inner().bind(values);
        bound.map_err(|error| classify(&error))
    }
}

impl Database for D1 {
    fn query(&self, statement: Statement) -> LocalFuture<'_, Result<Vec<Row>, DatabaseError>> {
        Box::pin(async move {
            let rows = self.bind(statement)?.raw();
            let rows = Reply::of(&rows.map_err(|error| classify(&error))?).await;
            let rows = rows.map_err(|error| classify(&error))?;
            let rows = rows.unchecked_ref::<Array>();
            rows.iter().map(|row| read_row(&row)).collect()
        })
    }

    fn batch(
        &self,
        statements: Vec<Statement>,
    ) -> LocalFuture<'_, Result<Vec<u64>, DatabaseError>> {
        Box::pin(async move {
            let bound = statements.into_iter().map(|statement| self.bind(statement));
            let bound = bound.collect::<Result<Vec<_>, _>>()?.into_iter().collect();
            let database: &DatabaseSys = self.database.as_ref().unchecked_ref();
            let results = database.batch(bound).map_err(|error| classify(&error))?;
            let results = Reply::of(&results)
                .await
                .map_err(|error| classify(&error))?;
            let results = results.unchecked_ref::<Array>();
            results.iter().map(|result| read_changes(&result)).collect()
        })
    }
}

fn read_changes(result: &JsValue) -> Result<u64, DatabaseError> {
    let member = |of: &JsValue, name: &str| Reflect::get(of, &name.into());
    let changes = member(result, "meta").and_then(|meta| member(&meta, "changes"));
    let changes = changes.map_err(|error| classify(&error))?.as_f64();
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    let changes = changes.unwrap_or(0.0) as u64;
    Ok(changes)
}

/// D1 throws an `Error` whose message, or whose cause's message, says what `SQLite` said.
fn classify(error: &JsValue) -> DatabaseError {
    let text = |of: &JsValue| {
        of.dyn_ref::<Error>()
            .map(|error| String::from(error.message()))
    };
    let cause = error
        .dyn_ref::<Error>()
        .and_then(|error| text(&error.cause()));
    let message = text(error).unwrap_or_else(|| format!("{error:?}"));
    DatabaseError::classify(&[message, cause.unwrap_or_default()].join(" "))
}

fn to_js(value: &Value) -> JsValue {
    match value {
        Value::Null => JsValue::NULL,
        // Ids are text and times are milliseconds: all below 2^53.
        #[allow(clippy::cast_precision_loss)]
        Value::Integer(number) => JsValue::from_f64(*number as f64),
        Value::Text(text) => JsValue::from_str(text.as_str()),
        Value::Blob(bytes) => Uint8Array::from(bytes.as_slice()).into(),
    }
}

fn read_row(row: &JsValue) -> Result<Row, DatabaseError> {
    row.unchecked_ref::<Array>()
        .iter()
        .map(|cell| from_js(&cell))
        .collect::<Result<_, _>>()
        .map(Row)
}

fn from_js(cell: &JsValue) -> Result<Value, DatabaseError> {
    if let Some(text) = cell.dyn_ref::<JsString>() {
        return Ok(Value::Text(Text::Foreign(text.clone(), OnceCell::new())));
    }
    if let Some(number) = cell.as_f64() {
        #[allow(clippy::cast_possible_truncation)]
        return Ok(Value::Integer(number as i64));
    }
    if cell.is_null() {
        return Ok(Value::Null);
    }
    // D1 gives a BLOB as an array of numbers.
    if Array::is_array(cell) || Reflect::has(cell, &"byteLength".into()).unwrap_or(false) {
        return Ok(Value::Blob(Uint8Array::new(cell).to_vec()));
    }
    Err(DatabaseError::Other("a cell of an unknown type".to_owned()))
}
