//! A request that a test builds and sends. Each response and each log line is checked against what
//! holds for all of them.

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

    /// By this player, or by nobody.
    pub fn by<'p>(self, player: impl Into<Option<&'p Player>>) -> Self {
        match player.into() {
            Some(player) => self.token(&player.token),
            None => self,
        }
    }

    /// From this address.
    pub fn from_address(self, address: &str) -> Self {
        self.header(Header::ConnectingIp, address)
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

    /// With this body, or without one where it is null.
    pub fn json_or_none(self, body: &Value) -> Self {
        match body {
            Value::Null => self,
            body => self.json(body),
        }
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

    /// The same, with another method.
    pub fn method(mut self, method: Method) -> Self {
        self.method = method;
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
            what: [
                request.method.as_str(),
                &shortened(&self.target),
                &shortened(&String::from_utf8_lossy(&self.body)),
            ]
            .join(" "),
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

    #[track_caller]
    pub fn status(self) -> u16 {
        self.send().status
    }

    #[track_caller]
    pub fn expect(self, status: u16) -> Answer {
        self.send().expect(status)
    }

    #[track_caller]
    pub fn expect_problem(self, status: u16, code: &str) -> Answer {
        self.send().expect_problem(status, code)
    }

    #[track_caller]
    pub fn expect_mistakes(self, expected: &str) -> Answer {
        self.send().expect_mistakes(expected)
    }

    /// The document of a 200.
    #[track_caller]
    pub fn ok(self) -> Value {
        self.send().ok()
    }

    /// The document of a 201.
    #[track_caller]
    pub fn created(self) -> Value {
        self.send().created()
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
