//! Reads JSON values one by one and collects the errors, each with the JSON Pointer (RFC 6901) of its
//! location. `input` knows the members of a template.

use std::fmt::{self, Display};

use kit::hex;
use serde_json::{Map, Value};

use super::input::{MAX_ERRORS, TemplateInput};
use crate::game::model::TemplateError;

/// Where in the body the reader is. A string is made of it only for a mistake.
#[derive(Clone, Copy)]
pub(super) struct Place<'a> {
    parent: Option<&'a Place<'a>>,
    token: Token<'a>,
}

#[derive(Clone, Copy)]
enum Token<'a> {
    Prefix(&'a str),
    Member(&'a str),
    Item(usize),
}

impl<'a> Place<'a> {
    /// Where the template is in the whole body, as a JSON Pointer.
    pub(super) fn root(prefix: &'a str) -> Self {
        Self {
            parent: None,
            token: Token::Prefix(prefix),
        }
    }

    pub(super) fn member(&'a self, name: &'a str) -> Self {
        Self {
            parent: Some(self),
            token: Token::Member(name),
        }
    }

    pub(super) fn item(&'a self, index: usize) -> Self {
        Self {
            parent: Some(self),
            token: Token::Item(index),
        }
    }
}

impl Display for Place<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(parent) = self.parent {
            parent.fmt(f)?;
        }
        match self.token {
            Token::Prefix(prefix) => f.write_str(prefix),
            // RFC 6901, section 3: `~` first, or the `~` of `~1` would be escaped again.
            Token::Member(name) => write!(f, "/{}", name.replace('~', "~0").replace('/', "~1")),
            Token::Item(index) => write!(f, "/{index}"),
        }
    }
}

/// The values that JSON itself knows.
impl TemplateInput {
    pub(super) fn error(&mut self, at: Place, code: &'static str, detail: String) {
        if self.errors.len() < MAX_ERRORS {
            let pointer = at.to_string();
            self.errors.push(TemplateError {
                pointer,
                code,
                detail,
            });
        }
    }

    pub(super) fn invalid_type(&mut self, at: Place, expected: &str) {
        self.error(at, "invalid_type", format!("This must be {expected}."));
    }

    pub(super) fn invalid_length(&mut self, at: Place, have: usize, want: &str) {
        let detail = format!("This has {have} entries; it must have {want}.");
        self.error(at, "invalid_length", detail);
    }

    pub(super) fn required<'v>(
        &mut self,
        value: Option<&'v Value>,
        at: Place,
    ) -> Option<&'v Value> {
        if value.is_none() {
            self.error(at, "required", "This member is missing.".into());
        }
        value
    }

    pub(super) fn object<'v>(
        &mut self,
        value: &'v Value,
        at: Place,
        allowed: &[&str],
    ) -> Option<&'v Map<String, Value>> {
        let Some(members) = value.as_object() else {
            self.invalid_type(at, "an object");
            return None;
        };
        for name in members
            .keys()
            .filter(|name| !allowed.contains(&name.as_str()))
        {
            let detail = format!("There is no such member here; use {}.", allowed.join(", "));
            self.error(at.member(name), "unknown_field", detail);
        }
        Some(members)
    }

    /// A member that output has and input does not need: only its type is looked at.
    pub(super) fn ignored(
        &mut self,
        members: &Map<String, Value>,
        at: Place,
        name: &str,
        expected: &str,
        is_expected: impl Fn(&Value) -> bool,
    ) {
        if members.get(name).is_some_and(|value| !is_expected(value)) {
            self.invalid_type(at.member(name), expected);
        }
    }

    pub(super) fn exactly<'v, const N: usize>(
        &mut self,
        value: &'v Value,
        at: Place,
    ) -> Option<&'v [Value; N]> {
        let Some(items) = value.as_array() else {
            self.invalid_type(at, "an array");
            return None;
        };
        let exact = items.first_chunk().filter(|_| items.len() == N);
        if exact.is_none() {
            self.invalid_length(at, items.len(), &format!("exactly {N}"));
        }
        exact
    }

    /// `N` whole numbers of 0..=`max`; zeros when missing or refused.
    pub(super) fn integers<T, const N: usize>(
        &mut self,
        value: Option<&Value>,
        at: Place,
        max: T,
    ) -> [T; N]
    where
        T: Default + Copy + Display + TryFrom<u64> + PartialOrd,
    {
        let mut numbers = [T::default(); N];
        if let Some(items) = value.and_then(|value| self.exactly::<N>(value, at)) {
            for (i, (number, item)) in numbers.iter_mut().zip(items).enumerate() {
                *number = self.integer(Some(item), at.item(i), max);
            }
        }
        numbers
    }

    /// A whole number of 0..=`max`; 0 when missing or refused.
    pub(super) fn integer<T>(&mut self, value: Option<&Value>, at: Place, max: T) -> T
    where
        T: Default + Copy + Display + TryFrom<u64> + PartialOrd,
    {
        let Some(value) = value else {
            return T::default();
        };
        // JSON Schema counts 1.0 as a whole number, and serde_json reads those past 64 bits as floats.
        let Some(float) = value.as_f64().filter(|number| number.fract() == 0.0) else {
            self.invalid_type(at, "a whole number");
            return T::default();
        };
        let range = 0.0..=f64::from(u32::MAX);
        // Checked to be whole and within u32 just before.
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
        let number = range.contains(&float).then_some(float as u64);
        let number = number.and_then(|number| T::try_from(number).ok());
        number.filter(|number| *number <= max).unwrap_or_else(|| {
            self.error(at, "out_of_range", format!("This must be 0 to {max}."));
            T::default()
        })
    }

    /// Exactly as many bytes as `bytes` has, in hexadecimal.
    pub(super) fn hex(&mut self, value: &Value, at: Place, bytes: &mut [u8]) {
        let Some(text) = value.as_str() else {
            self.invalid_type(at, "a string");
            return;
        };
        match hex::decode(text) {
            Some(read) if read.len() == bytes.len() => bytes.copy_from_slice(&read),
            _ => {
                let detail = format!("This must be {} hexadecimal digits.", 2 * bytes.len());
                self.error(at, "invalid_hex", detail);
            }
        }
    }
}

pub(super) fn is_string_or_null(value: &Value) -> bool {
    value.is_string() || value.is_null()
}
