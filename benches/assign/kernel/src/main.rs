//! Requests on standard input, one a line; answers on standard output, one a line.

use std::io::{BufRead, Write};

fn main() {
    let mut out = std::io::stdout().lock();
    for line in std::io::stdin().lock().lines() {
        let request = serde_json::from_str(&line.expect("a line")).expect("JSON");
        writeln!(out, "{}", assignment_bench::solve(&request)).expect("somewhere to write");
    }
}
