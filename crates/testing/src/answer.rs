//! A response, and the assertions that tests make about it; each failure names the request. `contract`
//! has what holds for every response.

use serde_json::Value;

use super::text;

/// A response.
#[derive(Debug, Clone)]
pub struct Answer {
    /// The request, for messages.
    pub what: String,
    pub status: u16,
    /// The fixed ones of the profile, then the further ones; names in lower case.
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl Answer {
    #[track_caller]
    pub fn expect(self, status: u16) -> Self {
        let body = String::from_utf8_lossy(&self.body);
        assert_eq!(self.status, status, "{}: {body}", self.what);
        self
    }

    /// Expects a problem with this code.
    #[track_caller]
    pub fn expect_problem(self, status: u16, code: &str) -> Self {
        let answer = self.expect(status);
        assert_eq!(answer.json()["code"], code, "{}", answer.what);
        answer
    }

    /// The document of a 200.
    #[track_caller]
    pub fn ok(self) -> Value {
        self.expect(200).json()
    }

    /// The document of a 201.
    #[track_caller]
    pub fn created(self) -> Value {
        self.expect(201).json()
    }

    /// The mistakes of an input that is refused.
    #[track_caller]
    pub fn invalid(self) -> Vec<(String, String)> {
        self.expect_problem(422, "invalid_input").mistakes()
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(known, _)| known == name);
        found.map(|(_, value)| value.as_str())
    }

    pub fn is_json(&self) -> bool {
        self.header("content-type")
            .is_some_and(|kind| kind.contains("json"))
            && !self.body.is_empty()
    }

    #[track_caller]
    pub fn json(&self) -> Value {
        let body = String::from_utf8_lossy(&self.body);
        serde_json::from_slice(&self.body)
            .unwrap_or_else(|error| panic!("{}: {error}: {body}", self.what))
    }

    #[track_caller]
    pub fn etag(&self) -> String {
        self.header("etag").expect("an ETag").to_owned()
    }

    /// Pointer and code of each mistake, in order of pointers.
    #[track_caller]
    pub fn mistakes(&self) -> Vec<(String, String)> {
        let body = self.json();
        let errors = body["errors"].as_array().cloned().unwrap_or_default();
        let mut mistakes: Vec<_> = errors
            .iter()
            .map(|error| (text(&error["pointer"]), text(&error["code"])))
            .collect();
        mistakes.sort();
        mistakes
    }

    /// Everything that tells two answers apart but the request id and how many are left.
    #[track_caller]
    pub fn without_request_id(&self) -> (u16, Vec<(String, String)>, Value) {
        let mut headers = self.headers.clone();
        headers.retain(|(name, _)| name != "x-request-id" && name != "ratelimit");
        headers.sort();
        let mut body = self.json();
        body["request_id"] = Value::Null;
        (self.status, headers, body)
    }
}
