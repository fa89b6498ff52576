//! A type of events, with an example of its `data` and the scope that reading it takes. What only the
//! document needs, descriptions and schemas, is not in the Wasm.

use auth::model::Scope;

/// A type of events. Its name never changes its meaning.
pub struct EventType {
    /// `type` of the payload.
    pub name: &'static str,
    /// What a credential needs to read the same through the API; `None`: there is nothing in it.
    pub scope: Option<Scope>,
    /// An example of `data`, as JSON.
    pub example: &'static str,
    /// What it is about.
    #[cfg(not(target_arch = "wasm32"))]
    pub about: &'static str,
    /// What `data` looks like.
    #[cfg(not(target_arch = "wasm32"))]
    pub data: super::Data,
}

impl EventType {
    /// The word of its scope; empty when it needs none.
    pub fn scope_word(&self) -> &'static str {
        self.scope.map_or("", Scope::as_str)
    }
}

/// Event types of one scope: name, example, description, and `Whole` or `Exact` with the schema of `data`.
#[macro_export]
macro_rules! event_types {
    ($scope:expr; $($type:ident = $name:expr, $example:expr, $about:literal, $data:ident($schema:path);)*) => {
        $(
            #[doc = $about]
            pub static $type: $crate::EventType = $crate::EventType {
                name: {
                    // Without this the schema would be unused in the Wasm, and be warned of.
                    const _: () = _ = &$schema;
                    $name
                },
                scope: $scope,
                example: $example,
                #[cfg(not(target_arch = "wasm32"))]
                about: $about,
                #[cfg(not(target_arch = "wasm32"))]
                data: $crate::Data::$data(&$schema),
            };
        )*
    };
}

/// All types of events.
#[derive(Clone, Copy)]
pub struct Catalogue(pub &'static [&'static EventType]);

impl Catalogue {
    /// In the order of the document.
    pub fn iter(self) -> impl Iterator<Item = &'static EventType> {
        self.0.iter().copied()
    }

    /// The type of this name.
    pub fn find(self, name: &str) -> Option<&'static EventType> {
        self.iter().find(|kind| kind.name == name)
    }
}
