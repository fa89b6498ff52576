//! What compositions record of accounts: who made, changed and shared them, and who fills their slots.
//! Deleting an account removes it from the compositions of teams and leaves these whole. Personal
//! compositions are deleted with the account, by `compositions`.

pub mod schemas;
pub mod store;
