//! The form of a JSON value: it checks inputs, with all mistakes at once, and writes the OpenAPI document.

use serde_json::{Map, Value, json};

use kit::text::names::{self, NameKind};
use platform::Unicode;

use super::json::pointer_token;
use super::problem::{FieldError, MAX_ERRORS};

/// A JSON Schema (2020-12) in the part that this API speaks.
#[derive(Debug)]
pub enum Schema {
    /// `true` or `false`.
    Boolean,
    /// A whole number within bounds, both included.
    Integer {
        /// Least.
        min: i64,
        /// Greatest.
        max: i64,
    },
    /// Text.
    Text(Text),
    /// Text that others see: `text::names` judges it besides, and brings it into NFC.
    Shown(NameKind, Text),
    /// One of these words.
    Choice(&'static [&'static str]),
    /// A list.
    List {
        /// What each item is.
        items: &'static Schema,
        /// Fewest items.
        min: usize,
        /// Most items.
        max: usize,
    },
    /// An object with exactly these members.
    Object(&'static [Field]),
    /// What `0` says, or null.
    Nullable(&'static Schema),
    /// A schema with a name of its own in the OpenAPI document.
    Named(&'static str, &'static Schema),
    /// A schema written by a room that checks its own input (chat code templates).
    Raw(&'static str),
}

/// Bounds of a text.
#[derive(Debug)]
pub struct Text {
    /// Fewest Unicode code points.
    pub min: usize,
    /// Most Unicode code points.
    pub max: usize,
    /// JSON Schema `format`, or nothing. It annotates; `pattern` binds.
    pub format: &'static str,
    /// An ECMA-262 regular expression for the document, or nothing; `matches` checks.
    pub pattern: &'static str,
    /// Whether the text has the form that `pattern` describes.
    pub matches: fn(&str) -> bool,
}

/// One member of an object.
#[derive(Debug)]
pub struct Field {
    /// Its name.
    pub name: &'static str,
    /// What it is for.
    pub about: &'static str,
    /// Its form.
    pub schema: &'static Schema,
    /// Whether it must be there.
    pub required: bool,
}

/// Text that only the document has: the Wasm does not carry it.
const fn documented(text: &'static str) -> &'static str {
    if cfg!(target_arch = "wasm32") {
        ""
    } else {
        text
    }
}

impl Field {
    /// A member that must be there.
    pub const fn required(
        name: &'static str,
        schema: &'static Schema,
        about: &'static str,
    ) -> Self {
        Self {
            name,
            about: documented(about),
            schema,
            required: true,
        }
    }

    /// A member that may be left out.
    pub const fn optional(
        name: &'static str,
        schema: &'static Schema,
        about: &'static str,
    ) -> Self {
        Self {
            required: false,
            ..Self::required(name, schema, about)
        }
    }
}

impl Text {
    /// Any text of `min` to `max` code points.
    pub const fn of(min: usize, max: usize) -> Schema {
        Schema::Text(Self {
            min,
            max,
            format: "",
            pattern: "",
            matches: |_| true,
        })
    }

    /// Any text of `min` to `max` code points with a `format` as an annotation.
    pub const fn formatted(min: usize, max: usize, format: &'static str) -> Schema {
        Schema::Text(Self {
            min,
            max,
            format,
            pattern: "",
            matches: |_| true,
        })
    }

    /// The name of a person or a team.
    pub const fn party(min: usize, max: usize) -> Schema {
        Self::shown(NameKind::Party, Self::line(min, max))
    }

    /// The name of anything else.
    pub const fn name(min: usize, max: usize) -> Schema {
        Self::shown(NameKind::Thing, Self::line(min, max))
    }

    /// One line of remarks.
    pub const fn remark(min: usize, max: usize) -> Schema {
        Self::shown(NameKind::Line, Self::line(min, max))
    }

    /// Remarks of several lines.
    pub const fn remarks(min: usize, max: usize) -> Schema {
        Self::shown(NameKind::Lines, Self::lines(min, max))
    }

    const fn shown(kind: NameKind, schema: Schema) -> Schema {
        match schema {
            Schema::Text(text) => Schema::Shown(kind, text),
            other => other,
        }
    }

    /// One line of text for people: no control characters.
    pub const fn line(min: usize, max: usize) -> Schema {
        Schema::Text(Self {
            min,
            max,
            format: "",
            pattern: "^[^\\u0000-\\u001F\\u007F-\\u009F]*$",
            matches: |text| !text.chars().any(char::is_control),
        })
    }

    /// Text of several lines: no control characters but line feed, carriage return and tab.
    pub const fn lines(min: usize, max: usize) -> Schema {
        Schema::Text(Self {
            min,
            max,
            format: "",
            pattern: "^[^\\u0000-\\u0008\\u000B\\u000C\\u000E-\\u001F\\u007F-\\u009F]*$",
            matches: |text| {
                !text
                    .chars()
                    .any(|c| c.is_control() && !matches!(c, '\n' | '\r' | '\t'))
            },
        })
    }
}

impl Schema {
    /// A whole number within bounds, both included.
    pub const fn integer(min: i64, max: i64) -> Self {
        Self::Integer { min, max }
    }

    /// A list of `min` to `max` of these.
    pub const fn list(items: &'static Self, min: usize, max: usize) -> Self {
        Self::List { items, min, max }
    }

    /// Whether an object may have this member.
    fn has_member(&self, name: &str) -> bool {
        match self {
            Self::Named(_, schema) | Self::Nullable(schema) => schema.has_member(name),
            Self::Object(fields) => fields.iter().any(|field| field.name == name),
            _ => false,
        }
    }

    /// Removes what is no member of this object.
    pub fn retain(&self, value: &mut Value) {
        if let Some(members) = value.as_object_mut() {
            members.retain(|name, _| self.has_member(name));
        }
    }

    /// A schema that is written as JSON: only the document has it.
    pub const fn raw(text: &'static str) -> Self {
        Self::Raw(documented(text))
    }

    /// Checks `value` and adds every mistake to `errors`. Whole numbers that came as `1.0` become whole.
    pub fn check(
        &self,
        value: &mut Value,
        unicode: &dyn Unicode,
        pointer: &str,
        errors: &mut Vec<FieldError>,
    ) {
        let wrong = |errors: &mut Vec<FieldError>, wanted: &str| {
            errors.push(FieldError::new(
                pointer,
                "invalid_type",
                format!("Must be {wanted}."),
            ));
        };
        match self {
            Self::Raw(_) => {}
            Self::Nullable(_) if value.is_null() => {}
            Self::Named(_, schema) | Self::Nullable(schema) => {
                schema.check(value, unicode, pointer, errors);
            }
            Self::Boolean if value.is_boolean() => {}
            Self::Boolean => wrong(errors, "true or false"),
            Self::Integer { min, max } => match whole(value) {
                Some(number) if (*min..=*max).contains(&number) => *value = number.into(),
                Some(_) => errors.push(FieldError::new(
                    pointer,
                    "out_of_range",
                    format!("Must be from {min} to {max}."),
                )),
                None => wrong(errors, "a whole number"),
            },
            Self::Text(text) => match value.as_str() {
                Some(found) => text.check(found, pointer, errors),
                None => wrong(errors, "text"),
            },
            Self::Shown(kind, text) => match value.as_str() {
                Some(found) => {
                    if let Some(tidy) = text.check_shown(*kind, found, unicode, pointer, errors) {
                        *value = tidy.into();
                    }
                }
                None => wrong(errors, "text"),
            },
            Self::Choice(words) => match value.as_str() {
                Some(found) if words.contains(&found) => {}
                Some(_) => errors.push(FieldError::new(
                    pointer,
                    "invalid_choice",
                    format!("Must be one of {}.", words.join(", ")),
                )),
                None => wrong(errors, "text"),
            },
            Self::List { items, min, max } => match value.as_array_mut() {
                Some(found) if (*min..=*max).contains(&found.len()) => {
                    for (index, item) in found.iter_mut().enumerate() {
                        // No more are told: a list of nothing but mistakes is not kept in memory.
                        if errors.len() >= MAX_ERRORS {
                            break;
                        }
                        items.check(item, unicode, &format!("{pointer}/{index}"), errors);
                    }
                }
                Some(_) => errors.push(FieldError::new(
                    pointer,
                    "invalid_length",
                    format!("Must have {min} to {max} items."),
                )),
                None => wrong(errors, "a list"),
            },
            Self::Object(fields) => match value.as_object_mut() {
                Some(members) => check_members(fields, members, unicode, pointer, errors),
                None => wrong(errors, "an object"),
            },
        }
    }

    /// The JSON Schema. Named schemas become references and are collected in `named`.
    pub fn document(&self, named: &mut Map<String, Value>) -> Value {
        match self {
            Self::Raw(text) => serde_json::from_str(text).unwrap_or(Value::Bool(true)),
            Self::Named(name, schema) => {
                if !named.contains_key(*name) {
                    named.insert((*name).to_owned(), Value::Null);
                    let document = schema.document(named);
                    named.insert((*name).to_owned(), document);
                }
                json!({ "$ref": format!("#/components/schemas/{name}") })
            }
            Self::Nullable(schema) => {
                let inner = schema.document(named);
                json!({ "anyOf": [inner, { "type": "null" }] })
            }
            Self::Boolean => json!({ "type": "boolean" }),
            Self::Integer { min, max } => {
                json!({ "type": "integer", "minimum": min, "maximum": max })
            }
            Self::Text(text) | Self::Shown(_, text) => text.document(),
            Self::Choice(words) => json!({ "type": "string", "enum": words }),
            Self::List { items, min, max } => {
                let mut document = json!({
                    "type": "array",
                    "items": items.document(named),
                    "minItems": min,
                });
                if *max < usize::MAX {
                    document["maxItems"] = (*max).into();
                }
                document
            }
            Self::Object(fields) => {
                let mut properties = Map::new();
                for field in *fields {
                    let mut property = field.schema.document(named);
                    property["description"] = field.about.into();
                    properties.insert(field.name.to_owned(), property);
                }
                let required: Vec<&str> = fields
                    .iter()
                    .filter(|field| field.required)
                    .map(|field| field.name)
                    .collect();
                json!({
                    "type": "object",
                    "properties": properties,
                    "required": required,
                    "additionalProperties": false,
                })
            }
        }
    }
}

impl Schema {
    /// The JSON Schema of a merge patch (RFC 7396) towards this object: null removes an optional member.
    pub fn patch_document(&self, named: &mut Map<String, Value>) -> Value {
        let fields = match self {
            Self::Named(_, schema) => return schema.patch_document(named),
            Self::Object(fields) => *fields,
            _ => return self.document(named),
        };
        let mut properties = Map::new();
        for field in fields {
            let schema = field.schema.document(named);
            let mut property = match (field.required, field.schema) {
                (true, _) | (false, Self::Nullable(_)) => schema,
                (false, _) => json!({ "anyOf": [schema, { "type": "null" }] }),
            };
            property["description"] = field.about.into();
            properties.insert(field.name.to_owned(), property);
        }
        json!({
            "type": "object",
            "description": "JSON Merge Patch (RFC 7396): members left out stay, null removes one.",
            "properties": properties,
            "additionalProperties": false,
        })
    }
}

/// The whole number that a value says, also as `1.0`.
pub fn whole(value: &Value) -> Option<i64> {
    value.as_i64().or_else(|| {
        let number = value.as_f64()?;
        // Past 2^53 a double no longer says which whole number was meant.
        let exact = number.fract() == 0.0 && number.abs() <= 9_007_199_254_740_992.0;
        #[allow(clippy::cast_possible_truncation)]
        exact.then_some(number as i64)
    })
}

fn check_members(
    fields: &[Field],
    members: &mut Map<String, Value>,
    unicode: &dyn Unicode,
    pointer: &str,
    errors: &mut Vec<FieldError>,
) {
    for field in fields {
        match members.get_mut(field.name) {
            Some(member) => {
                let pointer = format!("{pointer}/{}", field.name);
                field.schema.check(member, unicode, &pointer, errors);
            }
            None if field.required => errors.push(FieldError::new(
                format!("{pointer}/{}", field.name),
                "required",
                "This member must be there.",
            )),
            None => {}
        }
    }
    let is_unknown = |name: &&String| !fields.iter().any(|field| field.name == **name);
    for name in members.keys().filter(is_unknown).take(MAX_ERRORS) {
        let known: Vec<&str> = fields.iter().map(|field| field.name).collect();
        errors.push(FieldError::new(
            format!("{pointer}/{}", pointer_token(name)),
            "unknown_field",
            format!("Not a member of this object. Known: {}.", known.join(", ")),
        ));
    }
}

impl Text {
    /// Gives the text as it is to be kept.
    fn check_shown(
        &self,
        kind: NameKind,
        found: &str,
        unicode: &dyn Unicode,
        pointer: &str,
        errors: &mut Vec<FieldError>,
    ) -> Option<String> {
        // NFC makes no more than four characters into one.
        let is_far_too_long = found.len() / 16 > self.max;
        if is_far_too_long || found.chars().any(|c| names::is_control(kind, c)) {
            self.check(found, pointer, errors);
            return None;
        }
        let tidy = names::tidy(kind, found, unicode);
        let before = errors.len();
        if let Err(names::NameError { code, detail }) = names::check(kind, &tidy, unicode) {
            errors.push(FieldError::new(pointer, code, detail));
        }
        if errors.len() == before {
            self.check(&tidy, pointer, errors);
        }
        Some(tidy)
    }

    fn check(&self, found: &str, pointer: &str, errors: &mut Vec<FieldError>) {
        let length = found.chars().count();
        if !(self.min..=self.max).contains(&length) {
            errors.push(FieldError::new(
                pointer,
                "invalid_length",
                format!(
                    "Must have {} to {} characters, has {length}.",
                    self.min, self.max
                ),
            ));
        } else if !(self.matches)(found) {
            let detail = match self.pattern {
                "" => format!("Is not a valid {}.", self.format),
                pattern => format!("Must match {pattern}"),
            };
            errors.push(FieldError::new(pointer, "invalid_format", detail));
        }
    }

    fn document(&self) -> Value {
        let mut document = json!({ "type": "string" });
        if self.min > 0 {
            document["minLength"] = self.min.into();
        }
        if self.max < usize::MAX {
            document["maxLength"] = self.max.into();
        }
        if !self.format.is_empty() {
            document["format"] = self.format.into();
        }
        if !self.pattern.is_empty() {
            document["pattern"] = self.pattern.into();
        }
        document
    }
}

#[cfg(test)]
mod tests;
