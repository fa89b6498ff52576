//! Labels in Punycode (RFC 3492): one passes only if it is the one spelling of some text with a letter
//! beyond ASCII in it.

const BASE: u32 = 36;
const T_MIN: u32 = 1;
const T_MAX: u32 = 26;
const SKEW: u32 = 38;
const DAMP: u32 = 700;

/// Whether a label in lower case is no Punycode, or good Punycode.
pub fn is_valid(label: &str) -> bool {
    let Some(encoded) = label.strip_prefix("xn--") else {
        // Two hyphens there are reserved for what is yet to come (RFC 5891, section 4.2.3.1).
        return label.as_bytes().get(2..4) != Some(b"--");
    };
    let Some(text) = decode(encoded) else {
        return false;
    };
    let is_needed = text.iter().any(|letter| !letter.is_ascii());
    is_needed && text.iter().all(|letter| is_letter(*letter)) && encode(&text) == encoded
}

/// Not what browsers would read as something else: controls, blanks, dots of other scripts, letters
/// that fold into ASCII, and capitals.
fn is_letter(letter: char) -> bool {
    let is_lower = letter.to_lowercase().eq(std::iter::once(letter));
    let is_folded = matches!(u32::from(letter),
        0x80..=0xb6 | 0x2000..=0x206f | 0x2070..=0x20cf | 0x2100..=0x24ff | 0x3000..=0x3004
        | 0xfe00..=0xfe0f | 0xfe50..=0xfe6f | 0xff00..=0xffef | 0x1d400..=0x1d7ff
        | 0x1f100..=0x1f1ff | 0xe0000..);
    is_lower && !is_folded && !letter.is_control() && !letter.is_whitespace()
}

fn decode(encoded: &str) -> Option<Vec<char>> {
    let (basic, extended) = encoded.rsplit_once('-').unwrap_or(("", encoded));
    let mut text: Vec<char> = basic.chars().collect();
    let (mut n, mut i, mut bias) = (128_u32, 0_u32, 72_u32);
    let mut digits = extended.bytes();
    while digits.len() > 0 {
        let (old, mut weight, mut k) = (i, 1_u32, BASE);
        loop {
            let digit = digit_of(digits.next()?)?;
            i = i.checked_add(digit.checked_mul(weight)?)?;
            let t = threshold(k, bias);
            if digit < t {
                break;
            }
            weight = weight.checked_mul(BASE - t)?;
            k += BASE;
        }
        let length = u32::try_from(text.len()).ok()? + 1;
        bias = adapt(i - old, length, old == 0);
        n = n.checked_add(i / length)?;
        i %= length;
        text.insert(usize::try_from(i).ok()?, char::from_u32(n)?);
        i += 1;
    }
    Some(text)
}

/// The label of `text`, without its prefix. Labels are short: no sum runs over.
fn encode(text: &[char]) -> String {
    let mut encoded: String = text.iter().filter(|letter| letter.is_ascii()).collect();
    let basic = u32::try_from(encoded.len()).unwrap_or(u32::MAX);
    let mut handled = basic;
    if basic > 0 {
        encoded.push('-');
    }
    let (mut n, mut delta, mut bias) = (128_u32, 0_u32, 72_u32);
    while let Some(next) = text
        .iter()
        .map(|it| u32::from(*it))
        .filter(|it| *it >= n)
        .min()
    {
        delta = delta.saturating_add((next - n).saturating_mul(handled + 1));
        n = next;
        for letter in text.iter().map(|letter| u32::from(*letter)) {
            if letter < n {
                delta = delta.saturating_add(1);
            }
            if letter == n {
                let (mut q, mut k) = (delta, BASE);
                loop {
                    let t = threshold(k, bias);
                    if q < t {
                        break;
                    }
                    encoded.push(digit(t + (q - t) % (BASE - t)));
                    q = (q - t) / (BASE - t);
                    k += BASE;
                }
                encoded.push(digit(q));
                bias = adapt(delta, handled + 1, handled == basic);
                delta = 0;
                handled += 1;
            }
        }
        delta = delta.saturating_add(1);
        n += 1;
    }
    encoded
}

fn threshold(k: u32, bias: u32) -> u32 {
    k.saturating_sub(bias).clamp(T_MIN, T_MAX)
}

fn adapt(delta: u32, points: u32, is_first: bool) -> u32 {
    let mut delta = if is_first { delta / DAMP } else { delta / 2 };
    delta += delta / points;
    let mut k = 0;
    while delta > ((BASE - T_MIN) * T_MAX) / 2 {
        delta /= BASE - T_MIN;
        k += BASE;
    }
    k + (BASE - T_MIN + 1) * delta / (delta + SKEW)
}

fn digit_of(byte: u8) -> Option<u32> {
    match byte {
        b'a'..=b'z' => Some(u32::from(byte - b'a')),
        b'0'..=b'9' => Some(u32::from(byte - b'0') + 26),
        _ => None,
    }
}

fn digit(value: u32) -> char {
    const DIGITS: &[u8; 36] = b"abcdefghijklmnopqrstuvwxyz0123456789";
    char::from(DIGITS[value as usize % DIGITS.len()])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_samples_of_the_rfc_come_back() {
        // RFC 3492, section 7.1, in lower case.
        for (text, encoded) in [
            ("bücher", "bcher-kva"),
            ("他们为什么不说中文", "ihqwcrb4cv8a8dqg056pqjye"),
            ("למההםפשוטלאמדבריםעברית", "4dbcagdahymbxekheh6e0a7fei0b"),
            (
                "почемужеонинеговорятпорусски",
                "b1abfaaepdrnnbgefbadotcwatmq2g4l",
            ),
            ("ひとつ屋根の下2", "2-u9tlzr9756bt3uc0v"),
            ("-> $1.00 <-", "-> $1.00 <--"),
        ] {
            let letters: Vec<char> = text.chars().collect();
            assert_eq!(encode(&letters), encoded, "{text}");
            assert_eq!(decode(encoded), Some(letters), "{encoded}");
        }
    }

    #[test]
    fn labels() {
        for (label, expected) in [
            ("guild", true),
            ("xn--bcher-kva", true),
            ("xn--p1ai", true),
            ("xn--fiqs8s", true),
            ("xn--a", false),
            ("xn--", false),
            ("xn---", false),
            ("xn--guild-", false),
            ("xn--bcher-kva1", false),
            ("xn--99999999", false),
            ("xn--0000000000000000000000", false),
            ("ab--cd", false),
            ("a--b", true),
        ] {
            assert_eq!(is_valid(label), expected, "{label}");
        }
        // Fullwidth and circled digits, a dot of another script, a letter that folds into k.
        for text in ["１２７", "①", "a。b", "\u{212a}a", "a\u{200b}b", "Ä"] {
            let letters: Vec<char> = text.chars().collect();
            assert!(!is_valid(&format!("xn--{}", encode(&letters))), "{text}");
        }
    }
}
