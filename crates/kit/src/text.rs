//! Text written by one user and shown to others.

pub mod characters;
pub mod names;

/// Unicode rules that the platform already has.
pub trait Unicode {
    /// Normalization Form C (Unicode Standard Annex 15).
    fn nfc(&self, text: &str) -> String;
    /// Normalization Form KD: letters without style, and marks by themselves.
    fn nfkd(&self, text: &str) -> String;
}
