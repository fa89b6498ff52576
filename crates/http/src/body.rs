//! Objects of JSON by their members. A member is named once: [`object!`](crate::object) makes the schema
//! of it, [`body!`](crate::body!) the type too that a checked body is read into.

use serde_json::Map;
#[doc(hidden)]
pub use serde_json::Value;

use super::operation::RequestBody;
use super::schema::Schema;

/// Members of an object, or parameters: `required id: ID, "What it is for.";`, or `..FIELD;` for a
/// [`Field`](crate::schema::Field) that several lists have.
#[macro_export]
macro_rules! fields {
    ($($($kind:ident $member:ident: $schema:expr, $about:tt)? $(..$shared:expr)?;)*) => {
        &[$(
            $($crate::schema::Field::$kind(stringify!($member), &$schema, $about))?
            $($shared)?
        ),*]
    };
}

/// The schema of an object with these [`fields!`](crate::fields). `"Name":` before them gives it a name of
/// its own in the OpenAPI document.
#[macro_export]
macro_rules! object {
    ($name:literal: $($members:tt)*) => {
        $crate::schema::Schema::Named($name, &$crate::object!($($members)*))
    };
    ($($members:tt)*) => {
        $crate::schema::Schema::Object($crate::fields!($($members)*))
    };
}

/// The type of an object that is taken, with what [`Body`] says of it:
/// `pub struct Input = "Name", r#"{"an":"example"}"# { required id: String = ID, "What it is for."; }`.
#[macro_export]
macro_rules! body {
    ($(#[$meta:meta])* $vis:vis struct $type:ident = $name:literal $(, $example:literal)? {
        $($kind:ident $member:ident: $value:ty = $schema:expr, $about:tt;)*
    }) => {
        $(#[$meta])*
        #[allow(missing_docs, reason = "the schema says it")]
        $vis struct $type {
            $(pub $member: $value,)*
        }

        impl $crate::body::Body for $type {
            const SCHEMA: $crate::schema::Schema =
                $crate::object! { $name: $($kind $member: $schema, $about;)* };
            const EXAMPLE: &'static str = concat!($($example)?);

            fn read(body: $crate::body::Value) -> Self {
                let mut members = $crate::body::Members::of(body);
                Self { $($member: members.take(stringify!($member)),)* }
            }
        }

        impl $crate::body::Member for $type {
            fn read(value: $crate::body::Value) -> Option<Self> {
                value.is_object().then(|| $crate::body::Body::read(value))
            }
        }
    };
}

/// The type of an object that is answered, with its schema as `SCHEMA`:
/// `pub struct Answer<'a> = "Name" { id: &'a str = ID, "What it is for."; }`.
#[macro_export]
macro_rules! answer {
    ($(#[$meta:meta])* $vis:vis struct $type:ident $(<$life:lifetime>)? = $name:literal {
        $($member:ident: $value:ty = $schema:expr, $about:tt;)*
    }) => {
        $(#[$meta])*
        $vis struct $type $(<$life>)? {
            $(#[doc = $about] pub $member: $value,)*
        }

        impl $(<$life>)? $type $(<$life>)? {
            /// Its form.
            pub const SCHEMA: $crate::schema::Schema =
                $crate::object! { $name: $(required $member: $schema, $about;)* };
        }
    };
}

/// A body that a call takes, made by [`body!`](crate::body!).
pub trait Body: Sized {
    /// What it is checked by.
    const SCHEMA: Schema;
    /// A JSON text that can be sent as it is.
    const EXAMPLE: &'static str;
    /// For the call's [`Operation`](crate::operation::Operation).
    const TAKEN: Option<RequestBody> = RequestBody::json(&Self::SCHEMA, Self::EXAMPLE);

    /// Takes a body that was checked; what the schema has refused is read as if it were not there.
    fn read(body: Value) -> Self;
}

/// The members of a body, for [`body!`](crate::body!).
pub struct Members(Map<String, Value>);

impl Members {
    /// Those of an object; else none.
    pub fn of(body: Value) -> Self {
        Self(match body {
            Value::Object(members) => members,
            _ => Map::new(),
        })
    }

    /// The value of a member.
    pub fn take<T: Member + Default>(&mut self, name: &str) -> T {
        self.0.remove(name).and_then(T::read).unwrap_or_default()
    }
}

/// A value of a member of a body.
pub trait Member: Sized {
    /// Nothing where the value has another form.
    fn read(value: Value) -> Option<Self>;
}

impl Member for Value {
    fn read(value: Value) -> Option<Self> {
        Some(value)
    }
}

impl Member for String {
    fn read(value: Value) -> Option<Self> {
        match value {
            Value::String(text) => Some(text),
            _ => None,
        }
    }
}

impl Member for bool {
    fn read(value: Value) -> Option<Self> {
        value.as_bool()
    }
}

impl Member for i64 {
    fn read(value: Value) -> Option<Self> {
        value.as_i64()
    }
}

impl<T: Member> Member for Option<T> {
    fn read(value: Value) -> Option<Self> {
        T::read(value).map(Some)
    }
}

impl<T: Member> Member for Vec<T> {
    fn read(value: Value) -> Option<Self> {
        match value {
            Value::Array(items) => Some(items.into_iter().filter_map(T::read).collect()),
            _ => None,
        }
    }
}
