//! Checks a configuration before it is deployed, with the very rules the Worker starts with. Reads
//! JSON on standard input: variables and secrets, queues and triggers; prints what is missing or
//! weak by name, never a value, and exits with 1.

use std::collections::HashMap;
use std::io::Read as _;
use std::process::ExitCode;

use serde::Deserialize;
use wvw_builder::config::Config;
use wvw_builder::triggers::check::WorkerEnvironment;

#[derive(Deserialize)]
struct Input {
    settings: HashMap<String, String>,
    environment: WorkerEnvironment,
}

fn main() -> ExitCode {
    let mut text = String::new();
    let read = std::io::stdin().read_to_string(&mut text);
    let parsed = read.ok().and_then(|_| serde_json::from_str(&text).ok());
    let Some(Input {
        settings,
        environment,
    }) = parsed
    else {
        eprintln!("standard input must be JSON: {{ settings, environment }}");
        return ExitCode::from(2);
    };
    let mut found = environment.differences();
    if let Err(errors) = Config::load(|name| settings.get(name).cloned()) {
        found.extend(errors.iter().map(ToString::to_string));
    }
    for line in &found {
        println!("{line}");
    }
    if !found.is_empty() {
        return ExitCode::FAILURE;
    }
    println!("the variables, the queues and the crons checked: all good");
    ExitCode::SUCCESS
}
