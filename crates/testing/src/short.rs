//! Calls that many tests make, and looks at what came back, in one line each.

use pollster::block_on;
use serde_json::Value;
use wvw_builder::platform::HttpRequest;
use wvw_builder::platform::native::MemoryWeb;

use super::databases::at_once;
use super::departures::Scene;
use super::guild::{CSV, Guild, done};
use super::webhooks::Endpoint;
use super::{Answer, Call, Player, TestApp, array, text};

impl TestApp {
    /// A POST without a body.
    #[track_caller]
    pub fn act_as(&self, player: &Player, path: &str) -> Answer {
        self.call("POST", path).by(player).send()
    }

    /// Calls that come at once to this isolate, which is a slow one; in their order.
    pub fn at_once(&self, calls: &[Call<'_>]) -> Vec<Answer> {
        let responses = at_once(std::slice::from_ref(self), calls.iter().cloned());
        let answers = responses.iter().zip(calls).map(|(response, call)| Answer {
            what: call.target().to_owned(),
            status: response.status,
            headers: Vec::new(),
            body: response.body_bytes().to_vec(),
        });
        answers.collect()
    }

    /// Moves the clock.
    pub fn wait_ms(&self, ms: i64) {
        self.test.clock.advance_ms(ms);
    }

    /// Runs what is done every hour.
    pub fn hourly(&self) {
        block_on(self.app.tick("17 * * * *", self.test_now()));
    }

    /// The access token of another login.
    #[track_caller]
    pub fn new_token(&self, player: &Player) -> String {
        text(&self.log_in(&player.email)["access_token"])
    }

    /// An endpoint as [`TestApp::endpoint`] makes them, for a team.
    pub fn team_endpoint(&self, player: &Player, url: &str, team: &str) -> Endpoint {
        let endpoint = self.endpoint(player, url);
        let id = &endpoint.id;
        self.execute(format!(
            "UPDATE webhooks SET team_id = '{team}' WHERE id = '{id}'"
        ));
        endpoint
    }

    /// Has all receivers of webhooks answer so.
    pub fn receivers_answer(&self, status: u16) {
        self.test
            .web
            .answer_with(move |_| MemoryWeb::status(status));
    }
}

/// The statuses of answers, sorted.
pub fn statuses(answers: &[Answer]) -> Vec<u16> {
    let mut statuses: Vec<u16> = answers.iter().map(|answer| answer.status).collect();
    statuses.sort_unstable();
    statuses
}

/// What a request to a receiver tells.
#[track_caller]
pub fn event_of(request: &HttpRequest) -> Value {
    let body = request.body.as_ref().expect("a body").as_str();
    serde_json::from_str(body).expect("JSON")
}

/// A member of each item, as text.
#[track_caller]
pub fn texts_of(items: &[Value], member: &str) -> Vec<String> {
    items.iter().map(|item| text(&item[member])).collect()
}

/// Checks that a JSON object has these members, whatever else it has.
#[macro_export]
macro_rules! assert_has {
    ($value:expr, $members:tt) => {
        $crate::short::check_members(&$value, &serde_json::json!($members))
    };
}

#[track_caller]
pub fn check_members(value: &Value, members: &Value) {
    for (name, expected) in members.as_object().expect("members") {
        assert_eq!(&value[name], expected, "{name}: {value}");
    }
}

/// Mistakes of an input as [`Answer::mistakes`] gives them, from a text: pointer and code of each in
/// their order, with a comma or a line's end between two. The whole body's has a code alone.
fn mistakes(rows: &str) -> Vec<(String, String)> {
    let rows = rows.trim().split([',', '\n']).map(str::trim);
    let rows = rows.map(|row| row.rsplit_once(' ').unwrap_or(("", row)));
    rows.map(|(pointer, code)| (pointer.to_owned(), code.to_owned()))
        .collect()
}

impl Scene {
    /// A list of the team's, as its leader reads it.
    #[track_caller]
    pub fn list(&self, path: &str) -> Vec<Value> {
        let list = self.read(&self.leader, &self.at(path));
        array(&list["data"]).to_vec()
    }
}

impl Guild {
    /// Imports a file that has these mistakes: nothing of it is taken.
    #[track_caller]
    pub fn refuses(&self, query: &str, file: &str, rows: &str) {
        let before = self.rows();
        self.import(query, CSV, file).expect_mistakes(rows);
        assert_eq!(self.rows(), before, "something was imported");
    }

    /// Imports a file: so many players are added, updated and removed.
    #[track_caller]
    pub fn imports(
        &self,
        query: &str,
        media_type: &str,
        file: impl Into<Vec<u8>>,
        counts: [u32; 3],
    ) {
        let [added, updated, removed] = counts;
        let answer = self.import(query, media_type, file).ok();
        assert_eq!(answer, done(added, updated, removed));
    }
}

impl Answer {
    /// The body as text.
    #[track_caller]
    pub fn text(&self) -> String {
        String::from_utf8(self.body.clone()).expect("UTF-8")
    }

    /// Expects these mistakes of the input, and no others: `/pointer code`, in order of pointers, with a
    /// comma or a line's end between two.
    #[track_caller]
    pub fn expect_mistakes(self, rows: &str) -> Self {
        let answer = self.expect_problem(422, "invalid_input");
        assert_eq!(answer.mistakes(), mistakes(rows), "{}", answer.what);
        answer
    }

    /// Expects a header with this value.
    #[track_caller]
    pub fn expect_header(&self, name: &str, value: &str) {
        assert_eq!(self.header(name), Some(value), "{}: {name}", self.what);
    }
}

/// Sends each body of a table, whose rows are the body and its mistakes: the input is refused with
/// these, and no others.
#[track_caller]
pub fn refuse_each(rows: &str, send: impl Fn(&Value) -> Answer) {
    for row in rows.trim().lines() {
        let (body, mistakes) = row.rsplit_once(" | ").expect("a body and its mistakes");
        let body = serde_json::from_str(body.trim()).expect("JSON");
        send(&body).expect_mistakes(mistakes);
    }
}
