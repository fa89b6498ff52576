//! Validates the headers that an owner adds to requests to an endpoint: none replaces ours, changes how
//! a request is read, or ends a line.

use serde_json::{Map, Value};

use crate::http::problem::FieldError;

/// Custom headers that an endpoint may have.
pub const MAX_HEADERS: usize = 10;
const MAX_NAME: usize = 100;
const MAX_VALUE: usize = 1_000;

/// Names that an owner may not give, by whom they belong to.
const REFUSED: [&str; 5] = [
    // Ours, and those of a trace.
    "user-agent traceparent tracestate date",
    // The connection's and the message's.
    "accept-encoding alt-used connection early-data expect host http2-settings if-range keep-alive \
     max-forwards range te trailer transfer-encoding upgrade",
    // A browser's.
    "cookie cookie2 dnt origin referer set-cookie set-cookie2",
    // Proxies', which say where a request is from.
    "cdn-loop client-ip fastly-client-ip forwarded true-client-ip via x-client-ip x-cluster-client-ip \
     x-host x-originating-ip x-real-ip x-remote-addr x-remote-ip",
    // Those that change the method or the target that a server reads.
    "x-accel-redirect x-http-method x-http-method-override x-method x-method-override \
     x-original-host x-original-method x-original-uri x-original-url x-override-url x-rewrite-uri \
     x-rewrite-url x-sendfile",
];
/// And all names that begin like this.
const REFUSED_PREFIXES: &str = "content- webhook- proxy- x-middleware- cf- sec- x-forwarded x-envoy- \
     x-amz- x-appengine- x-arr- access-control-";
/// A header whose name contains one of these is never shown again.
const SECRET_WORDS: &str = "auth token key secret password signature session credential";

/// Whether the value of this header is never shown again.
pub(crate) fn is_hidden(name: &str) -> bool {
    SECRET_WORDS.split(' ').any(|word| name.contains(word))
}

/// Reads an object of names and texts; names come out in lower case.
pub(crate) fn check(
    headers: &Map<String, Value>,
) -> Result<Vec<(String, String)>, Vec<FieldError>> {
    let mut errors = Vec::new();
    let mut read: Vec<(String, String)> = Vec::new();
    if headers.len() > MAX_HEADERS {
        let detail = "Give at most 10 headers.";
        errors.push(FieldError::new("/headers", "too_many_headers", detail));
    }
    for (name, value) in headers {
        let lower = name.to_ascii_lowercase();
        let refusal = judge(&lower, value.as_str(), &read);
        match (refusal, value.as_str()) {
            (None, Some(value)) => read.push((lower, value.to_owned())),
            (refusal, _) => {
                let (code, detail) = refusal.unwrap_or(NO_TEXT);
                let pointer = format!("/headers/{}", name.replace('~', "~0").replace('/', "~1"));
                errors.push(FieldError::new(pointer.as_str(), code, detail));
            }
        }
    }
    if errors.is_empty() {
        Ok(read)
    } else {
        Err(errors)
    }
}

type HeaderError = (&'static str, &'static str);
const NO_TEXT: HeaderError = ("invalid_type", "Must be a string.");

fn judge(name: &str, value: Option<&str>, others: &[(String, String)]) -> Option<HeaderError> {
    let is_token = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    if name.is_empty() || name.len() > MAX_NAME || !name.bytes().all(is_token) {
        let detail = "Use a token of RFC 9110, of at most 100 characters.";
        return Some(("invalid_header_name", detail));
    }
    let mut refused = REFUSED.iter().flat_map(|names| names.split(' '));
    let mut prefixes = REFUSED_PREFIXES.split(' ');
    let is_reserved =
        refused.any(|refused| refused == name) || prefixes.any(|prefix| name.starts_with(prefix));
    if is_reserved {
        let detail = "Choose another name: this one is set by us or by the connection.";
        return Some(("header_not_allowed", detail));
    }
    if others.iter().any(|(known, _)| known == name) {
        let detail = "Name each header once: case does not matter.";
        return Some(("duplicate_header", detail));
    }
    let Some(value) = value else {
        return Some(NO_TEXT);
    };
    let is_plain = |byte: u8| byte == b' ' || byte.is_ascii_graphic();
    let is_trimmed = value.trim() == value;
    if value.is_empty() || value.len() > MAX_VALUE || !is_trimmed || !value.bytes().all(is_plain) {
        let detail = "Use 1 to 1000 visible ASCII characters, with spaces only between them.";
        return Some(("invalid_header_value", detail));
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn code(headers: &Value) -> String {
        match check(headers.as_object().unwrap()) {
            Ok(_) => "taken".to_owned(),
            Err(errors) => errors[0].code.to_owned(),
        }
    }

    #[test]
    fn names_and_values() {
        let refused = "Host CONTENT-LENGTH content-encoding transfer-encoding webhook-signature \
             traceparent user-agent cookie x-forwarded-for X-Forwarded-Host x-forwarded forwarded \
             x-original-url X-Rewrite-URL x-method-override x-http-method x-http-method-override \
             x-real-ip true-client-ip cdn-loop cf-worker CF-RAY connection keep-alive te trailer \
             upgrade sec-fetch-site webhook-id cf-connecting-ip proxy-authorization";
        for (names, expected) in [
            ("x-team|Authorization|x-hub-signature", "taken"),
            (&refused.replace(' ', "|"), "header_not_allowed"),
            ("x team|x:team|x\r\ny||é", "invalid_header_name"),
        ] {
            for name in names.split('|') {
                let mut headers = json!({});
                headers[name] = "v".into();
                assert_eq!(code(&headers), expected, "{name}");
            }
        }
        let refused = ["", " x", "a\r\nx: y", "a\u{0}", "é", &"x".repeat(1_001)];
        for (values, expected) in [
            (json!(["Bearer a b"]), "taken"),
            (json!(refused), "invalid_header_value"),
            (json!([5, null]), "invalid_type"),
        ] {
            for value in values.as_array().unwrap() {
                assert_eq!(code(&json!({ "x-team": value })), expected, "{value}");
            }
        }
        assert_eq!(code(&json!({ "x-a": "1", "X-A": "2" })), "duplicate_header");
        let many: Map<_, _> = (0..11).map(|n| (format!("x-{n}"), json!("v"))).collect();
        assert_eq!(code(&Value::from(many)), "too_many_headers");
    }

    #[test]
    fn what_lets_someone_in_is_hidden() {
        for name in ["authorization", "x-api-key", "x-auth", "x-hub-signature"] {
            assert!(is_hidden(name), "{name}");
        }
        assert!(!is_hidden("x-team"));
    }
}
