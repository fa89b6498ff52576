//! Checks a configuration before it is deployed, with the very rules the Worker starts with.
//! Reads a JSON object of names and values on standard input; prints what is missing or weak by
//! name, never a value, and exits with 1. Leaves gathering the values to `scripts/check-config.mjs`.

use std::collections::HashMap;
use std::io::Read as _;
use std::process::ExitCode;

use wvw_builder::config::{Config, NAMES};

fn main() -> ExitCode {
    let mut text = String::new();
    let read = std::io::stdin().read_to_string(&mut text);
    let parsed = read.ok().and_then(|_| serde_json::from_str(&text).ok());
    let Some(values): Option<HashMap<String, String>> = parsed else {
        eprintln!("standard input must be a JSON object of names and texts");
        return ExitCode::from(2);
    };
    match Config::load(|name| values.get(name).cloned()) {
        Ok(_) => {
            println!("{} variables checked: all good", NAMES.len());
            ExitCode::SUCCESS
        }
        Err(errors) => {
            for error in errors {
                println!("{error}");
            }
            ExitCode::FAILURE
        }
    }
}
