//! Every write of the route table concurrent with the real call that ends its writer's standing, in
//! orders drawn from a seed. Nothing of the write is stored once the other call has ended the standing.
//! `INTERLEAVING_SEEDS=1000..2000` tries other seeds than the usual ones; a failure names its seed.
//! `interleavings` tries each await.

use std::future::Future;
use std::ops::Range;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use testing::prelude::*;
use wvw_builder::http::request::Request;
use wvw_builder::http::response::Response;
use wvw_builder::platform::Random as _;
use wvw_builder::platform::native::SeededRandom;

use crate::interleavings::stored;

/// A call that ends what a writer relies on, and SQL that is 1 once it has.
struct Ending {
    name: String,
    request: Request,
    has_ended: String,
}

/// What both sides see of each other.
#[derive(Default)]
struct Watch {
    has_ended: Cell<bool>,
    late: RefCell<Vec<String>>,
}

/// The database as one of the two sees it.
struct Side {
    database: TestDatabase,
    watch: Rc<Watch>,
    /// Of the call that ends the standing.
    has_ended: Option<String>,
}

impl Database for Side {
    fn query(&self, statement: Statement) -> LocalFuture<'_, Result<Vec<Row>, DatabaseError>> {
        Box::pin(async move {
            step_aside().await;
            self.database.query(statement).await
        })
    }

    fn batch(
        &self,
        statements: Vec<Statement>,
    ) -> LocalFuture<'_, Result<Vec<u64>, DatabaseError>> {
        Box::pin(async move {
            step_aside().await;
            let Some(has_ended) = &self.has_ended else {
                let before = self.watch.has_ended.get().then(|| stored(&self.database));
                let sql = statements.iter().map(|it| it.sql.to_string());
                let sql = sql.collect::<Vec<_>>().join("; ");
                let done = self.database.batch(statements).await;
                if before.is_some_and(|before| before != stored(&self.database)) {
                    self.watch.late.borrow_mut().push(sql);
                }
                return done;
            };
            let done = self.database.batch(statements).await;
            let rows = self.database.execute(has_ended);
            self.watch
                .has_ended
                .set(rows[0].integer(0).is_ok_and(|it| it == 1));
            done
        })
    }
}

/// Runs both in turns that `seed` draws.
fn in_turns(
    seed: u64,
    write: impl Future<Output = Response>,
    ending: impl Future<Output = Response>,
) -> (u16, u16) {
    let random = SeededRandom::new(seed);
    let (mut write, mut ending) = (pin!(write), pin!(ending));
    let mut context = Context::from_waker(Waker::noop());
    let (mut a, mut b) = (None, None);
    while a.is_none() || b.is_none() {
        let mut byte = [0];
        random.fill(&mut byte);
        if byte[0] % 2 == 0 && a.is_none() {
            if let Poll::Ready(response) = write.as_mut().poll(&mut context) {
                a = Some(response.status);
            }
        } else if b.is_none()
            && let Poll::Ready(response) = ending.as_mut().poll(&mut context)
        {
            b = Some(response.status);
        }
    }
    (a.unwrap_or_default(), b.unwrap_or_default())
}

/// A claim of an access token that is a text.
pub fn claim(token: &str, name: &str) -> Option<String> {
    let payload: Value = serde_json::from_str(&payload_of(token).text()).ok()?;
    payload[name].as_str().map(str::to_owned)
}

/// What can end a standing: its name, who calls, the call with its body, and the rows that it ends.
/// Leaders step down only by themselves: the one who is removed is an officer by then.
const ENDINGS: &str = r#"
    account deleted   own     DELETE  /api/v1/users/me                 {"password":"PASSWORD"}  users WHERE id = 'USER'
    account disabled  boss    PATCH   /api/v1/admin/users/USER         {"disabled":true}        users WHERE id = 'USER' AND disabled_at IS NULL
    password changed  own     POST    /api/v1/auth/password            {"current_password":"PASSWORD","new_password":"six other words stand in here"}  users WHERE id = 'USER' AND password_changed_at = created_at
    demoted           second  PATCH   /api/v1/admin/users/USER         {"role":"user"}          users WHERE id = 'USER' AND role = 'administrator'
    session ended     own     DELETE  /api/v1/auth/sessions/SESSION    -                        sessions WHERE id = 'SESSION' AND ended_at IS NULL
    stepped down      own     PATCH   /api/v1/teams/TEAM/members/USER  {"role":"officer"}       team_members WHERE team_id = 'TEAM' AND user_id = 'USER' AND role = 'leader'
    left              own     DELETE  /api/v1/teams/TEAM/members/USER  -                        team_members WHERE team_id = 'TEAM' AND user_id = 'USER'
    team deleted      boss    DELETE  /api/v1/teams/TEAM               -                        teams WHERE id = 'TEAM'
"#;

/// Everything that can end what the owner of `call` relies on.
fn endings(walk: &Walk, user: &str, call: &Call<'_>) -> Vec<Ending> {
    let (app, boss) = (&walk.app, &walk.boss);
    // Somebody else who leads every team.
    app.execute(format!(
        "INSERT OR IGNORE INTO team_members SELECT id, '{}', 'leader', 'Boss', 1 FROM teams",
        boss.id
    ));
    let token = call.bearer().expect("a token");
    let second = (user == boss.id).then(|| app.administrator("second").token);
    let boss = app.new_token(boss);
    let team = call.target().split('/').find(|it| it.starts_with("team_"));
    let mut table = ENDINGS.replace("USER", user).replace("PASSWORD", PASSWORD);
    table = table.replace("TEAM", team.unwrap_or(&walk.holder.team));
    if let Some(session) = claim(token, "sid") {
        table = table.replace("SESSION", &session);
    }
    let ending = |[name, by, method, path, body, rows]: [&str; 6]| {
        let by = match by {
            "own" => token,
            "boss" => &boss,
            _ => second.as_deref()?,
        };
        let call = app.call(method, path).token(by);
        let call = match body {
            "-" => call,
            body => call.json(&json_of(body)),
        };
        Some(Ending {
            name: name.to_owned(),
            request: call.request(),
            has_ended: format!("SELECT NOT EXISTS (SELECT 1 FROM {rows})"),
        })
    };
    let all = rows(&table).into_iter().filter_map(ending).collect();
    app.skip_log();
    all
}

/// What came of both; everything is taken back.
fn attempt(
    app: &TestApp,
    write: &Request,
    ending: &Ending,
    seed: Option<u64>,
) -> (u16, u16, Vec<String>) {
    let database = &app.test.database;
    database.undone(|| {
        let watch = Rc::new(Watch::default());
        let side = |seed: u64, has_ended: Option<String>| {
            let side = Side {
                database: database.clone(),
                watch: Rc::clone(&watch),
                has_ended,
            };
            app.isolate_on(platform_on(&app.test, seed, Box::new(side)))
        };
        let (left, right) = (side(5, None), side(6, Some(ending.has_ended.clone())));
        let (a, b) = if let Some(seed) = seed {
            let write = left.app.handle(write);
            in_turns(seed, write, right.app.handle(&ending.request))
        } else {
            let ended = all_together([right.app.handle(&ending.request)]);
            let written = all_together([left.app.handle(write)]);
            (written[0].status, ended[0].status)
        };
        (a, b, watch.late.take())
    })
}

fn seeds() -> Range<u64> {
    let given = std::env::var("INTERLEAVING_SEEDS").ok();
    let given = given.as_deref().and_then(|text| text.split_once(".."));
    let range = given.and_then(|(from, to)| Some(from.parse().ok()?..to.parse().ok()?));
    range.unwrap_or(0..2)
}

#[test]
fn nothing_of_a_write_lands_after_the_call_that_ends_its_writers_standing() {
    let (mut pairs, mut runs, mut wrong) = (0, 0, Vec::new());
    let is_write = |route: &&Route| route.method != Method::Get && route.access.rule().is_some();
    for route in ROUTES.iter().filter(is_write) {
        let walk = Walk::with(1);
        let call = walk.call(route);
        let name = format!("{} {}", route.method.as_str(), route.path);
        let user = claim(call.bearer().expect("a token"), "sub").expect("an account");
        let request = call.request();
        for ending in endings(&walk, &user, &call) {
            let (write, ended, _) = attempt(&walk.app, &request, &ending, None);
            if ended >= 300 || write < 300 {
                continue;
            }
            pairs += 1;
            for seed in seeds() {
                runs += 1;
                let (write, _, late) = attempt(&walk.app, &request, &ending, Some(seed));
                if let Some(sql) = late.first() {
                    let what = &ending.name;
                    wrong.push(format!("{name} ({write}), {what}, seed {seed}: {sql}"));
                }
            }
        }
        walk.app.skip_log();
    }
    println!("{pairs} pairs in {runs} runs");
    let wrong = wrong.join("\n");
    assert!(wrong.is_empty(), "written all the same:\n{wrong}");
}
