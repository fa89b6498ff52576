//! QR codes as SVG, with sharp modules at any size and the quiet zone of the standard.

use std::fmt::Write as _;

use qrcodegen::{DataTooLong, QrCode, QrCodeEcc};

/// Light modules around the code, as the standard asks.
const QUIET_ZONE: i32 = 4;

/// `text` as a QR code. It fails above 2,331 bytes.
pub fn svg(text: &str) -> Result<String, DataTooLong> {
    let code = QrCode::encode_binary(text.as_bytes(), QrCodeEcc::Medium)?;
    let whole = code.size() + 2 * QUIET_ZONE;
    let path = path(&code);
    Ok(format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {whole} {whole}\" role=\"img\" \
         shape-rendering=\"crispEdges\"><title>QR code for an authenticator app</title>\
         <path fill=\"#fff\" d=\"M0 0h{whole}v{whole}H0z\"/><path d=\"{path}\"/></svg>"
    ))
}

/// The dark modules: a rectangle for each run in a row.
fn path(code: &QrCode) -> String {
    let mut path = String::new();
    for y in 0..code.size() {
        let mut x = 0;
        while x < code.size() {
            let begin = x;
            // Outside of the code all is light, so a run ends at its edge.
            while code.get_module(x, y) {
                x += 1;
            }
            let length = x - begin;
            if length > 0 {
                let (left, top) = (begin + QUIET_ZONE, y + QUIET_ZONE);
                // Writing to a String cannot fail.
                let _ = write!(path, "M{left} {top}h{length}v1h-{length}z");
            }
            x += 1;
        }
    }
    path
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The modules that a path draws, as rows of a grid with `size` columns.
    fn drawn(path: &str, size: usize) -> Vec<Vec<bool>> {
        let mut grid = vec![vec![false; size]; size];
        for run in path.split('M').skip(1) {
            let (at, rest) = run.split_once('h').unwrap();
            let (x, y) = at.split_once(' ').unwrap();
            let (x, y): (usize, usize) = (x.parse().unwrap(), y.parse().unwrap());
            let (length, end) = rest.split_once("v1h-").unwrap();
            assert_eq!(end, format!("{length}z"));
            for module in &mut grid[y][x..x + length.parse::<usize>().unwrap()] {
                assert!(!*module, "drawn twice");
                *module = true;
            }
        }
        grid
    }

    #[test]
    fn every_module_is_drawn_where_it_is_and_the_quiet_zone_is_light() {
        let text =
            "otpauth://totp/WvW%20Builder:a%40guild.gg?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";
        let code = QrCode::encode_binary(text.as_bytes(), QrCodeEcc::Medium).unwrap();
        let whole = usize::try_from(code.size() + 2 * QUIET_ZONE).unwrap();
        let grid = drawn(&path(&code), whole);
        for (y, row) in (0..).zip(&grid) {
            for (x, is_dark) in (0..).zip(row) {
                let expected = code.get_module(x - QUIET_ZONE, y - QUIET_ZONE);
                assert_eq!(*is_dark, expected, "{x} {y}");
            }
        }
        let svg = svg(text).unwrap();
        assert!(svg.starts_with("<svg ") && svg.ends_with("</svg>"));
        assert!(svg.contains(&format!("viewBox=\"0 0 {whole} {whole}\"")));
        for part in ["role=\"img\"", "<title>", "shape-rendering=\"crispEdges\""] {
            assert!(svg.contains(part), "{part}");
        }
    }

    #[test]
    fn what_is_too_long_is_refused_not_cut() {
        assert!(svg(&"a".repeat(2_331)).is_ok());
        assert!(svg(&"a".repeat(2_332)).is_err());
    }
}
