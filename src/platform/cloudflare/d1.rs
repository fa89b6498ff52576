//! D1 as a [`Database`]: rows as arrays, batches as the one transaction there is.
//! Promises to classify every error by its text, which is all that D1 gives.
//! Leaves retries to [`crate::platform::Retrying`].

use wasm_bindgen::{JsCast, JsValue};
use worker::js_sys::{Array, Reflect, Uint8Array};
use worker::{D1Database, D1PreparedStatement};

use crate::platform::{Database, DatabaseError, LocalFuture, Row, Statement, Value};

/// The binding.
pub struct D1(pub D1Database);

impl D1 {
    fn prepare(&self, statement: &Statement) -> Result<D1PreparedStatement, DatabaseError> {
        let prepared = self.0.prepare(statement.sql.as_ref());
        if statement.params.is_empty() {
            return Ok(prepared);
        }
        let values: Vec<JsValue> = statement.params.iter().map(to_js).collect();
        prepared.bind(&values).map_err(|error| classify(&error))
    }
}

impl Database for D1 {
    fn query(&self, statement: Statement) -> LocalFuture<'_, Result<Vec<Row>, DatabaseError>> {
        Box::pin(async move {
            let prepared = self.prepare(&statement)?;
            let rows = prepared.raw_js_value().await;
            let rows = rows.map_err(|error| classify(&error))?;
            rows.iter().map(read_row).collect()
        })
    }

    fn batch(
        &self,
        statements: Vec<Statement>,
    ) -> LocalFuture<'_, Result<Vec<u64>, DatabaseError>> {
        Box::pin(async move {
            let prepared: Result<Vec<_>, _> = statements
                .iter()
                .map(|statement| self.prepare(statement))
                .collect();
            let results = self.0.batch(prepared?).await;
            let results = results.map_err(|error| classify(&error))?;
            results
                .iter()
                .map(|result| {
                    let meta = result.meta().map_err(|error| classify(&error))?;
                    Ok(meta.and_then(|meta| meta.changes).unwrap_or(0) as u64)
                })
                .collect()
        })
    }
}

fn classify(error: &worker::Error) -> DatabaseError {
    DatabaseError::classify(&error.to_string())
}

fn to_js(value: &Value) -> JsValue {
    match value {
        Value::Null => JsValue::NULL,
        // Ids are text and times are milliseconds: all below 2^53.
        #[allow(clippy::cast_precision_loss)]
        Value::Integer(number) => JsValue::from_f64(*number as f64),
        Value::Text(text) => JsValue::from_str(text),
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
    if let Some(text) = cell.as_string() {
        return Ok(Value::Text(text));
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
