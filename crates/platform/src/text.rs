//! Text from the database. What is only passed on to a client never enters Wasm memory.

#[cfg(target_arch = "wasm32")]
use std::cell::OnceCell;

/// Text that may still be on the other side of the boundary.
#[derive(Debug, Clone, PartialEq)]
pub enum Text {
    /// On this side.
    Owned(String),
    /// A JavaScript string, and its copy on this side once it was read.
    #[cfg(target_arch = "wasm32")]
    Foreign(worker::js_sys::JsString, OnceCell<String>),
}

impl Text {
    /// The text; the first call fetches it over the boundary.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Owned(text) => text,
            #[cfg(target_arch = "wasm32")]
            Self::Foreign(foreign, copy) => copy.get_or_init(|| foreign.into()),
        }
    }

    /// Its length in the units of the side it is on: bytes here, UTF-16 code units there.
    pub fn length(&self) -> usize {
        match self {
            Self::Owned(text) => text.len(),
            #[cfg(target_arch = "wasm32")]
            Self::Foreign(foreign, _) => foreign.length() as usize,
        }
    }
}

impl From<String> for Text {
    fn from(text: String) -> Self {
        Self::Owned(text)
    }
}
