//! The table of attacks, row "SQL in every field": on every route, from every allowed caller, with ids
//! that exist, so that the input passes the look-up and reaches its statement. No input is run.
//! `attacks_input` has what becomes of it.

use testing::contract::{documented, resolved};
use testing::prelude::*;

use crate::attacks_input::SQL;

/// `value` once for each text in it, with `payload` in that text's place.
fn with_payload(value: &Value, payload: &str) -> Vec<Value> {
    let inside = |at: &str, part: &Value| -> Vec<Value> {
        let mut all = Vec::new();
        for changed in with_payload(part, payload) {
            let mut whole = value.clone();
            *whole.pointer_mut(at).expect("it is there") = changed;
            all.push(whole);
        }
        all
    };
    match value {
        Value::String(_) => vec![payload.into()],
        Value::Array(items) => {
            let at = |(index, part)| inside(&format!("/{index}"), part);
            items.iter().enumerate().flat_map(at).collect()
        }
        Value::Object(members) => {
            let at = |(name, part): (&String, _)| inside(&format!("/{name}"), part);
            members.iter().flat_map(at).collect()
        }
        _ => Vec::new(),
    }
}

/// The path of a call on `route` with `payload` in the place of each of its values.
fn paths_with_payload(route: &Route, path: &str, payload: &str) -> Vec<String> {
    let patterns: Vec<&str> = route.path.split('/').collect();
    let values: Vec<&str> = path.split('/').collect();
    assert_eq!(patterns.len(), values.len(), "{path}");
    let with = |at: usize| {
        let mut parts = values.clone();
        parts[at] = payload;
        parts.join("/")
    };
    let places = (0..patterns.len()).filter(|at| patterns[*at].starts_with('{'));
    places.map(with).collect()
}

/// What is sent, and how it was answered.
#[derive(Default)]
struct Sent {
    count: usize,
    /// Bodies, and those of them that something was there for.
    bodies: usize,
    met: usize,
}

impl Sent {
    fn send(&mut self, call: Call<'_>) -> u16 {
        let answer = call.send();
        assert!(answer.status < 500, "{}: {}", answer.what, answer.status);
        self.count += 1;
        answer.status
    }

    fn send_body(&mut self, call: Call<'_>) {
        let status = self.send(call);
        self.bodies += 1;
        self.met += usize::from(status != 404);
    }
}

/// `payload` in every place of a call that goes well otherwise.
fn attack(sent: &mut Sent, route: &Route, call: &Call<'_>, payload: &str) {
    let encoded = percent_encoded(payload);
    let path = call.target().split('?').next().unwrap_or_default();
    for path in paths_with_payload(route, path, &encoded) {
        let status = sent.send(call.clone().at(&path));
        assert!(status >= 400, "{path}: {status}");
    }
    for parameter in route.operation.query {
        let target = format!("{path}?{}={encoded}", parameter.name);
        sent.send(call.clone().at(&target));
    }
    let Some(request) = &route.operation.request else {
        return;
    };
    let own = serde_json::from_slice(&call.body).unwrap_or(Value::Null);
    let example = serde_json::from_str(request.example).expect("JSON");
    let bodies = [&own, &example].into_iter();
    let mut bodies: Vec<_> = bodies
        .flat_map(|body| with_payload(body, payload))
        .collect();
    // And in members that neither of them has.
    let schema = &documented(route)["requestBody"]["content"]["application/json"]["schema"];
    let members = resolved(schema)["properties"].as_object().cloned();
    for (name, _) in members.into_iter().flatten() {
        let mut body = if own.is_object() {
            own.clone()
        } else {
            json!({})
        };
        body[name] = payload.into();
        bodies.push(body);
    }
    for body in bodies {
        sent.send_body(call.clone().at(path).json(&body));
    }
}

/// Attacks every route of one application, and checks that nobody else has noticed.
fn attack_all(sent: &mut [Sent], payload: &str) {
    let walk = Walk::with(1);
    let app = &walk.app;
    let victim = app.player("victim");
    app.build(&victim, &json!({ "name": "Secret" }));
    let kept = || {
        let id = &victim.id;
        let tables = "SELECT group_concat(name) FROM sqlite_schema";
        let user = format!("SELECT * FROM users WHERE id = '{id}'");
        let builds = format!("SELECT * FROM builds WHERE owner_id = '{id}'");
        [tables, &user, &builds].map(|sql| format!("{:?}", app.execute(sql)))
    };
    let before = kept();
    for (route, sent) in ROUTES.iter().zip(sent) {
        // Wrong passwords and codes are counted: they must not keep the next ones out.
        app.clear("guesses");
        attack(sent, route, &walk.call(route), payload);
    }
    assert_eq!(kept(), before, "{payload}");
}

#[test]
fn sql_in_every_field_parameter_and_path_breaks_nothing() {
    let mut sent: Vec<Sent> = ROUTES.iter().map(|_| Sent::default()).collect();
    // One for each way to get out of a text, and one that is no text.
    for payload in [SQL[0], SQL[2], SQL[3], "?1"] {
        attack_all(&mut sent, payload);
    }
    for (route, sent) in ROUTES.iter().zip(&sent) {
        let (method, path) = (route.method.as_str(), route.path);
        let (met, bodies) = (sent.met, sent.bodies);
        // What the body names is not there then; there is nothing else to be found.
        let is_named_in_body = path.ends_with("/accept");
        let is_met = met * 2 > bodies || is_named_in_body;
        assert!(bodies == 0 || is_met, "{method} {path}: {met} of {bodies}");
    }
    let count: usize = sent.iter().map(|sent| sent.count).sum();
    assert!(count > 1_000, "{count}");
}

#[test]
fn sql_in_every_header_breaks_nothing() {
    let (app, victim) = TestApp::with_player("victim");
    let users = || format!("{:?}", app.execute("SELECT * FROM users"));
    let before = users();
    let mut sent = Sent::default();
    for payload in SQL.into_iter().chain(["'", "\"", "?1"]) {
        for header in [
            Header::IfNoneMatch,
            Header::Origin,
            Header::ConnectingIp,
            Header::RequestId,
            Header::Traceparent,
            Header::IfMatch,
            Header::IdempotencyKey,
        ] {
            let token = victim.token.as_str();
            sent.send(app.get(BUILDS).token(token).header(header, payload));
            let call = app.post(BUILDS, &json!({})).token(token);
            sent.send(call.header(header, payload));
        }
        // Written down with the login.
        let login = json!({ "email": victim.email, "password": PASSWORD });
        let call = app.post(LOGIN, &login);
        sent.send(call.header(Header::UserAgent, payload));
    }
    assert!(sent.count > 120, "{}", sent.count);
    assert_eq!(users(), before);
}
