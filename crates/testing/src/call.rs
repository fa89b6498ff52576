//! A request in the hand of a test: put together, sent, and what came of it looked at.
//! Promises that each answer and each log line is held against what all of them must keep.

use pollster::block_on;
use serde_json::Value;
use wvw_builder::http::request::{Body, Credential, Header, MAX_BODY, Method, Request};

use super::{Answer, Player, TestApp, contract};

/// A request that is being put together.
#[derive(Clone)]
pub struct Call<'a> {
    app: &'a TestApp,
    method: Method,
    target: String,
    headers: Vec<Option<String>>,
    pub body: Vec<u8>,
    is_incomplete: bool,
}

impl<'a> Call<'a> {
    pub(crate) fn new(app: &'a TestApp, method: &str, target: &str) -> Self {
        Self {
            app,
            method: Method::parse(method),
            target: target.to_owned(),
            headers: vec![None; Header::NAMES.len()],
            body: Vec::new(),
            is_incomplete: false,
        }
    }

    pub fn header(mut self, header: Header, value: &str) -> Self {
        self.headers[header as usize] = Some(value.to_owned());
        self
    }

    /// By this player.
    pub fn by(self, player: &Player) -> Self {
        self.token(&player.token)
    }

    pub fn if_match(self, tag: &str) -> Self {
        self.header(Header::IfMatch, tag)
    }

    pub fn token(self, token: &str) -> Self {
        self.header(Header::Authorization, &format!("Bearer {token}"))
    }

    /// The credential that it carries.
    pub fn bearer(&self) -> Option<&str> {
        let value = self.headers[Header::Authorization as usize].as_deref()?;
        value.strip_prefix("Bearer ")
    }

    pub fn json(self, body: &Value) -> Self {
        self.raw("application/json", body.to_string())
    }

    pub fn raw(mut self, media_type: &str, body: impl Into<Vec<u8>>) -> Self {
        self.body = body.into();
        self.header(Header::ContentType, media_type)
    }

    /// The body breaks off on its way.
    pub fn incomplete(mut self) -> Self {
        self.is_incomplete = true;
        self
    }

    /// Where it goes.
    pub fn target(&self) -> &str {
        &self.target
    }

    /// The same, somewhere else.
    pub fn at(mut self, target: &str) -> Self {
        target.clone_into(&mut self.target);
        self
    }

    /// The request as the boundary would hand it over.
    pub fn request(&self) -> Request {
        let body = match self.body.len() {
            _ if self.is_incomplete => Body::Incomplete,
            ..=MAX_BODY => Body::Bytes(self.body.clone()),
            _ => Body::TooLarge,
        };
        Request::new(self.method, &self.target, self.headers.clone(), body)
    }

    /// Sends it, and checks the answer and the log.
    #[track_caller]
    pub fn send(self) -> Answer {
        let request = self.request();
        self.keep_secrets(&request);
        let response = block_on(self.app.app.handle(&request));
        let mut headers: Vec<(String, String)> = response
            .profile
            .headers()
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect();
        for (name, value) in &response.headers {
            headers.push(((*name).to_owned(), value.to_string()));
        }
        let answer = Answer {
            what: format!("{} {}", request.method.as_str(), shortened(&self.target)),
            status: response.status,
            headers,
            body: response.body_bytes().to_vec(),
        };
        if answer.is_json() {
            self.app.keep_members_secret(&answer.json(), answer.status);
        }
        contract::check(&request, &self.body, &answer);
        self.app.check_log(&answer);
        answer
    }

    fn keep_secrets(&self, request: &Request) {
        if let Some(text) = request.credential().map(Credential::text) {
            let token = text.strip_prefix("Bearer ").unwrap_or(text);
            self.app.keep_secret(token.trim());
        }
        self.app.keep_secret(&request.query);
        if let Some(key) = request.header(Header::IdempotencyKey) {
            self.app.keep_secret(key);
        }
        match serde_json::from_slice::<Value>(&self.body) {
            Ok(value) => self.app.keep_strings_secret(&value),
            Err(_) => self.app.keep_secret(&String::from_utf8_lossy(&self.body)),
        }
    }
}

impl TestApp {
    /// A secret that `line` has in it.
    pub fn leak(&self, line: &str) -> Option<String> {
        let secrets = self.secrets.borrow();
        secrets.iter().find(|it| line.contains(*it)).cloned()
    }

    /// One line for each request, of known members only, and none of the secrets in any line.
    #[track_caller]
    fn check_log(&self, answer: &Answer) {
        let lines = self.test.log.lines();
        let mut requests = 0;
        for (_, line) in &lines[self.seen_lines.get()..] {
            assert!(!line.contains(['\n', '\r']), "{line:?}");
            let entry: Value = serde_json::from_str(line).expect("a log line is JSON");
            if entry["event"] == "request" {
                requests += 1;
                assert_eq!(entry["status"], answer.status, "{line}");
                assert_eq!(entry["request_id"], answer.header("x-request-id").unwrap());
            }
            let members = entry.as_object().expect("a log line is an object");
            for name in members.keys() {
                let known = "time level event request_id trace_id method route status duration_ms \
                             user_id code cause cron step late_ms count admitted left";
                assert!(known.split(' ').any(|known| known == name), "{line}");
            }
            assert_eq!(self.leak(line), None, "is in the log: {line}");
        }
        assert_eq!(requests, 1, "{}: log lines", answer.what);
        self.seen_lines.set(lines.len());
    }
}

/// Long targets would bury the message.
fn shortened(text: &str) -> String {
    text.chars().take(120).collect()
}
