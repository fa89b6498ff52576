//! Enums whose variants are stored as fixed words: in the database, in tokens and in JSON.
//! Renaming or reordering variants does not change what is stored.

/// Declares an enum with a word for each variant.
///
/// ```
/// kit::words! {
///     /// A state of water.
///     #[derive(Debug, Clone, Copy, PartialEq, Eq)]
///     pub enum State {
///         /// Below 0 °C.
///         Ice = "ice",
///         /// Above 100 °C.
///         Steam = "steam",
///     }
/// }
/// assert_eq!(State::parse(State::Steam.as_str()), Some(State::Steam));
/// assert_eq!(State::WORDS, ["ice", "steam"]);
/// ```
#[macro_export]
macro_rules! words {
    ($(#[$about:meta])* pub enum $name:ident {
        $($(#[$doc:meta])* $variant:ident = $word:literal,)+
    }) => {
        $(#[$about])*
        pub enum $name {
            $($(#[$doc])* $variant,)+
        }

        impl $name {
            /// The words of all variants, in their order.
            pub const WORDS: &'static [&'static str] = &[$($word,)+];
            /// All variants.
            pub const ALL: [Self; Self::WORDS.len()] = [$(Self::$variant,)+];

            /// Its word.
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $word,)+
                }
            }

            /// Reads a word.
            pub fn parse(text: &str) -> Option<Self> {
                match text {
                    $($word => Some(Self::$variant),)+
                    _ => None,
                }
            }
        }
    };
}
