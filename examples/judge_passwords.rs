//! Judges passwords: one a line on standard input, the code of its refusal or `taken` on each line
//! of the output. It is the check of a registration, for an account without a name.

use std::io::{BufRead as _, BufWriter, Write as _};

use wvw_builder::password::{self, Password, PasswordError};
use wvw_builder::platform::native::TestPlatform;

/// As configured unless an instance asks for another.
const MIN_LENGTH: usize = 15;

fn main() -> std::io::Result<()> {
    let (platform, _) = TestPlatform::new();
    let mut out = BufWriter::new(std::io::stdout().lock());
    for line in std::io::stdin().lock().lines() {
        let password = Password::new(platform.unicode.as_ref(), &line?);
        let refusal = password::check(&password, MIN_LENGTH, &[]);
        let verdict = refusal
            .as_ref()
            .map_or_else(PasswordError::code, |()| "taken");
        writeln!(out, "{verdict}")?;
    }
    Ok(())
}
