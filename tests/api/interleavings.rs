//! Every write of the route table against every way in which a standing ends, at every await. Nothing is
//! written once what the write relies on has ended; whether it relies on it is found by ending it before
//! the request. The other tests check the response.

use testing::points::{Points, platform_with};
use testing::prelude::*;
use wvw_builder::http::request::Request;

/// What ends, for everybody. SQL and no call: nothing but the write's own conditions helps.
const ENDINGS: &[(&str, &str)] = &[
    ("session ended", "UPDATE sessions SET ended_at = 1"),
    (
        "password changed",
        "UPDATE users SET password_changed_at = 9000000000000",
    ),
    ("account disabled", "UPDATE users SET disabled_at = 1"),
    ("account deleted", "DELETE FROM users"),
    ("administrator demoted", "UPDATE users SET role = 'user'"),
    ("API key revoked", "DELETE FROM api_keys"),
    ("member removed", "DELETE FROM team_members"),
    ("member demoted", "UPDATE team_members SET role = 'member'"),
    ("team deleted", "DELETE FROM teams"),
    ("invitation withdrawn", "DELETE FROM team_invitations"),
    ("link withdrawn", "DELETE FROM share_links"),
    ("webhook deleted", "DELETE FROM webhooks"),
    ("build deleted", "DELETE FROM builds"),
    ("composition deleted", "DELETE FROM compositions"),
];

/// Counters of attempts and reservations of an `Idempotency-Key`: they grant nothing to anybody.
const BOOKKEEPING: &[&str] = &["guesses", "challenges", "idempotency_records"];

/// Writes that only read what is deleted: a name in a list, or the source of a copy.
const ONLY_READ: &[(&str, &str)] = &[
    ("POST /api/v1/compositions", "build deleted"),
    ("POST /api/v1/compositions/{id}/copy", "composition deleted"),
    ("POST /api/v1/teams/{id}/players/import", "build deleted"),
];

/// All that is stored, but bookkeeping.
pub fn stored(database: &TestDatabase) -> String {
    let tables = database.execute(
        "SELECT name, (SELECT group_concat('quote(\"' || c.name || '\")', '||'',''||') \
         FROM pragma_table_info(s.name) c WHERE c.name <> 'last_used_at') \
         FROM sqlite_schema s WHERE type = 'table' AND sql NOT LIKE 'CREATE VIRTUAL%' \
         AND name NOT LIKE '%\\_search\\_%' ESCAPE '\\' AND name NOT LIKE 'sqlite%' ORDER BY name",
    );
    let mut all = String::new();
    for table in &tables {
        let name = table.text(0).expect("a name");
        if BOOKKEEPING.contains(&name) {
            continue;
        }
        let columns = table.text(1).expect("its columns");
        let rows = database.execute(&format!("SELECT {columns} FROM {name} ORDER BY 1"));
        for row in &rows {
            all.push_str(name);
            all.push_str(row.text(0).expect("a row's text"));
            all.push('\n');
        }
    }
    all
}

/// What came of one request.
struct Outcome {
    status: u16,
    points: usize,
    /// What was stored when the standing had just ended, and in the end.
    ended: Option<String>,
    after: String,
}

/// Sends `request` to a fresh isolate; `sql` runs before its await number `at`. All is taken back.
fn attempt(app: &TestApp, request: &Request, at: usize, sql: &'static str) -> Outcome {
    let database = app.test.database.clone();
    database.undone(|| {
        let ended = Rc::new(RefCell::new(None));
        let (note, inner) = (Rc::clone(&ended), database.clone());
        let points = Points::acting(at, move || {
            inner.execute(sql);
            *note.borrow_mut() = Some(stored(&inner));
        });
        let isolate = app.isolate_with(platform_with(&app.test, 77, &points), config_value);
        let status = block_on(isolate.app.handle(request)).status;
        Outcome {
            status,
            points: points.passed(),
            ended: ended.take(),
            after: stored(&database),
        }
    })
}

const NEVER: usize = usize::MAX;

#[derive(Default)]
struct Tally {
    pairs: usize,
    points: usize,
    wrong: Vec<String>,
}

impl Tally {
    fn try_all(&mut self, app: &TestApp, name: &str, request: &Request) {
        let whole = attempt(app, request, NEVER, "SELECT 1");
        app.skip_log();
        assert!(whole.status < 300, "{name}: {}", whole.status);
        for (ending, sql) in ENDINGS {
            let call = name.split(',').next().unwrap_or_default();
            if ONLY_READ.contains(&(call, ending)) {
                continue;
            }
            let refused = attempt(app, request, 0, sql);
            if refused.status < 300 {
                continue;
            }
            self.pairs += 1;
            for at in 0..whole.points {
                self.points += 1;
                let outcome = attempt(app, request, at, sql);
                if outcome.ended.is_none_or(|ended| ended != outcome.after) {
                    let status = outcome.status;
                    self.wrong
                        .push(format!("{name}, {ending} before await {at}: {status}"));
                }
            }
        }
        app.skip_log();
    }
}

fn is_write(route: &Route) -> bool {
    route.method != Method::Get
}

/// The same call with an API key of the same account that has every scope that a key can have.
fn with_api_key<'a>(app: &TestApp, call: &Call<'a>) -> Option<Call<'a>> {
    let token = call.bearer()?.to_owned();
    let scopes = "account:read builds:read builds:write teams:read teams:write compositions:read \
                  compositions:write webhooks:read webhooks:write";
    let scopes: Vec<&str> = scopes.split_whitespace().collect();
    let body = json!({ "name": "A bot", "scopes": scopes });
    let key = app.post(API_KEYS, &body).token(&token).created();
    Some(call.clone().token(&text(&key["key"])))
}

/// Calls whose body or target makes them rely on a team where the walk's do not.
fn of_teams(walk: &Walk) -> Vec<(String, Call<'_>)> {
    let (app, holder) = (&walk.app, &walk.holder);
    let (player, team) = (&holder.player, &holder.team);
    let with_team = json!({ "team_id": team, "visibility": "team" });
    let build = |body: &Value| build_path(&app.build(player, body));
    let planned = |body: &Value| path_of(&app.composition(player, body));
    let link = |composition: &str| {
        let made = app.act_as(player, &format!("{composition}/share-links"));
        format!("{composition}/share-links/{}", text(&made.created()["id"]))
    };
    let webhook = format!("{WEBHOOKS}/{}", holder.webhook);
    let (own, shared) = (build(&json!({})), build(&with_team));
    let team_plan = planned(&with_team);
    let team_link = link(&team_plan);
    let call = |method: &str, path: &str, body: Option<&Value>| {
        let call = app.call(method, path).by(player).if_match("*");
        let name = format!("{method} {path}, of a team");
        (name, body.map_or(call.clone(), |body| call.json(body)))
    };
    let named = json!({ "name": "Another" });
    let (build, plan) = (build_body(&with_team), composition_body(&with_team));
    vec![
        call("POST", BUILDS, Some(&build)),
        call("PUT", &own, Some(&build)),
        call("PATCH", &own, Some(&with_team)),
        call("PATCH", &shared, Some(&named)),
        call("PATCH", &team_plan, Some(&named)),
        call("PUT", &team_plan, Some(&plan)),
        call("DELETE", &team_plan, None),
        call("POST", &format!("{team_plan}/versions/1/restore"), None),
        call("POST", &format!("{team_plan}/share-links"), None),
        call("DELETE", &team_link, None),
        call("PATCH", &webhook, Some(&json!({ "team_id": team }))),
        call("PATCH", &webhook, Some(&json!({ "team_id": null }))),
    ]
}

/// A promotion, where the walk's call disables.
fn promotions(walk: &Walk) -> Vec<(String, Call<'_>)> {
    let path = format!("/api/v1/admin/users/{}", walk.holder.player.id);
    let call = walk.of(&walk.boss, "PATCH", &path);
    let call = call.json(&json!({ "role": "administrator" }));
    vec![("PATCH /api/v1/admin/users/{id}, of a role".to_owned(), call)]
}

/// Tries the routes whose path `is_meant`, and the calls of `more`.
fn try_routes(is_meant: fn(&str) -> bool, more: fn(&Walk) -> Vec<(String, Call<'_>)>) {
    let mut tally = Tally::default();
    let mut try_both = |walk: &Walk, name: &str, call: &Call<'_>, takes_api_keys: bool| {
        tally.try_all(&walk.app, name, &call.request());
        if let Some(call) = with_api_key(&walk.app, call).filter(|_| takes_api_keys) {
            tally.try_all(&walk.app, &format!("{name}, API key"), &call.request());
        }
    };
    for route in ROUTES.iter().filter(|it| is_write(it) && is_meant(it.path)) {
        let walk = Walk::with(1);
        let name = format!("{} {}", route.method.as_str(), route.path);
        let takes_api_keys = route.access.rule().is_some_and(|rule| rule.takes_api_keys);
        try_both(&walk, &name, &walk.call(route), takes_api_keys);
    }
    let walk = Walk::with(1);
    for (name, call) in more(&walk) {
        try_both(&walk, &name, &call, !name.contains("/admin/"));
    }
    println!("{} pairs at {} awaits", tally.pairs, tally.points);
    let wrong = tally.wrong.join("\n");
    assert!(wrong.is_empty(), "written all the same:\n{wrong}");
}

fn is_of_teams(path: &str) -> bool {
    path.starts_with(TEAMS) || path.starts_with(WEBHOOKS)
}

#[test]
fn nothing_is_written_once_the_standing_of_its_writer_has_ended() {
    try_routes(|path| !is_of_teams(path), promotions);
}

#[test]
fn nothing_is_written_in_a_team_once_the_standing_of_its_writer_has_ended() {
    try_routes(is_of_teams, of_teams);
}
