//! Prints the `OpenAPI` document, so that validators and client generators need no running service.
//! Takes the service's own URL as its one argument and writes JSON to standard output.
//! Leaves what is in it to `openapi`.

use std::process::ExitCode;

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    let (Some(base), None) = (arguments.next(), arguments.next()) else {
        eprintln!("usage: openapi <base URL, such as http://127.0.0.1:8787>");
        return ExitCode::from(2);
    };
    let base = base.trim_end_matches('/');
    println!("{:#}", wvw_builder::openapi::document(base));
    ExitCode::SUCCESS
}
