//! The query plans of `SQLite`: every statement of a walk through all routes, all filters of the lists,
//! both crons and the queues. None scans a table or a whole index, except those listed here with a
//! reason. `query_work` has the cost of an index search.

use testing::prelude::*;

/// Less is no walk through everything: a sentry for this test itself.
const STATEMENTS: usize = 200;

/// What may be looked through: a part of a plan's step, a part of the statement, and why.
const KNOWN: &str = "
    SCAN signing_keys |  | a handful of rows, whatever happens
    SCAN audit_log | ORDER BY seq DESC LIMIT 1 | its end
    SEARCH audit_log USING INTEGER PRIMARY KEY (rowid<?) | ORDER BY seq DESC LIMIT | a page of all of it, for administrators
    SEARCH audit_log USING INTEGER PRIMARY KEY (rowid>? AND rowid<?) | ORDER BY seq DESC LIMIT | a page of all of it in a span of time
    audit_log_by_time (at>?) | (SELECT seq FROM audit_log WHERE at >= ? | one row: where the span begins or ends
    SCAN other USING INDEX users_administrators |  | few, and the first other one ends it
    SCAN builds USING COVERING INDEX | SELECT 1 FROM builds LIMIT 1 | one row
    SCAN t USING COVERING INDEX composition_tags_by_composition | SELECT t.tag, 'c' | every tag is counted; the answer is kept
    SCAN two_factor | substr(sealed_secret, 1, 5) <> ?1 | sealed with another master key: hourly, and for administrators
    SCAN webhook_secrets | substr(sealed_secret, 1, 5) <> ?1 | the same
    SCAN webhooks | substr(sealed_headers, 1, 5) <> ?1 | the same
    SCAN mails | substr(sealed_content, 1, 5) <> ?1 | the same
    mails_by_time (next_at<?) | LIMIT 100 | what is due; what is sent is gone
    two_factor_by_removal (removal_at<?) | LIMIT 20 | what is due
    mails_sent_by_time (at<?) | LIMIT 500 | what is to go, in batches
    SCAN e USING INDEX webhook_events_waiting | 'team_deleted' | only what is not fanned out yet, hourly
    SEARCH w USING INDEX webhooks_team (team_id>?) | 'team_deleted' | the webhooks of teams, hourly
    USING COVERING INDEX builds_public (id<?) |  | all of it is public: a page is its beginning
    USING COVERING INDEX compositions_public (id<?) |  | the same
    SEARCH builds USING PRIMARY KEY (id<?) | (SELECT -number FROM builds WHERE id < ?2 ORDER BY id DESC LIMIT 1) | one row
    SEARCH compositions USING PRIMARY KEY (id<?) | (SELECT -number FROM compositions WHERE id < ?2 ORDER BY id DESC LIMIT 1) | one row
    USING INDEX webhook_events_waiting (id<?) | LIMIT 1000 | all of it is waiting
    USING COVERING INDEX webhook_deliveries_due (webhook_id>?) | WITH RECURSIVE due (id) | from one webhook to the next, a step for each
    SEARCH w USING INDEX webhooks_key (api_key_id>?) | 'key_revoked' | the webhooks that keys have made, hourly
    SEARCH api_keys USING COVERING INDEX api_keys_by_end (expires_at<?) | 'key_expired' | keys that ended in the last thirty days
    _by_end (expires_at<?) | LIMIT 500 | all of it is to go
    _end (expires_at<?) | LIMIT 500 | all of it is to go
    guesses_by_update (updated_at<?) | LIMIT 500 | most of it is to go
    SEARCH webhook_deliveries USING PRIMARY KEY (id<?) | DELETE FROM webhook_deliveries | all of it is to go, but for what is still on its way
    SEARCH e USING PRIMARY KEY (id<?) | DELETE FROM webhook_events | all of it is to go, but for events of what is still on its way
    SEARCH d USING PRIMARY KEY (id>? AND id<?) | DELETE FROM webhook_events | the deliveries of a millisecond
    webhook_dead_letters_at (at<?) | LIMIT 500 | all of it is to go
";

/// Whether a step of a plan reads what it cannot know to be wanted.
fn is_look_through(statement: &Statement, step: &str) -> bool {
    let is_named_there = |name: &str| {
        let sql = &statement.sql;
        sql.contains(&format!("{name} AS (")) || sql.contains(&format!("RECURSIVE {name} ("))
    };
    if let Some(rest) = step.strip_prefix("SCAN ") {
        let name = rest.split(' ').next().unwrap_or_default();
        let is_own = name.starts_with('(') || name == "CONSTANT" || is_named_there(name);
        return if rest.contains("VIRTUAL TABLE") {
            // Without a constraint; json_each has its text, the search index what it is to match.
            rest.ends_with("INDEX 0:")
        } else {
            !is_own
        };
    }
    if step.contains("AUTOMATIC") {
        return true;
    }
    let search = step.strip_prefix("SEARCH ");
    let bounds = search.and_then(|it| it.rsplit_once('('));
    bounds.is_some_and(|(_, bounds)| bounds.contains(['<', '>']) && !bounds.contains('='))
}

fn filter(walk: &Walk) {
    let (team, hook) = (&walk.holder.team, &walk.holder.webhook);
    let (holder, boss) = (&walk.holder.player, &walk.boss);
    let more = format!("tag=zerg q=needle q=ne q=n owner=me team_id={team}");
    let who = format!("actor={} target={}", boss.id, holder.id);
    let span = "since=2026-01-01T00:00:00Z until=2027-01-01T00:00:00Z";
    let states = "state=dead state=pending state=delivered".to_owned();
    let builds = "role=strip profession=Guardian specialization=62 game_build=190000";
    let builds = format!("{builds} {more}");
    let plans = format!("mode=zerg is_template=false {more}");
    let lists = [
        (BUILDS.to_owned(), holder, builds),
        (COMPOSITIONS.to_owned(), holder, plans),
        (format!("{WEBHOOKS}/{hook}/deliveries"), holder, states),
        (
            AUDIT_LOG.to_owned(),
            boss,
            format!("{who} action=account.registered {span}"),
        ),
    ];
    let name = |filter: &str| filter.split('=').next().map(str::to_owned);
    for (path, player, filters) in lists {
        let filters: Vec<&str> = filters.split_whitespace().collect();
        for (index, one) in filters.iter().enumerate() {
            for other in &filters[index..] {
                let query = match (one == other, name(one) == name(other)) {
                    (true, _) => (*one).to_owned(),
                    (_, true) => continue,
                    _ => format!("{one}&{other}"),
                };
                list(walk, &format!("{path}?limit=1&{query}"), &player.token);
            }
        }
    }
}

/// Two pages of a list, and the same for nobody where nobody may see it.
fn list(walk: &Walk, target: &str, token: &str) {
    let page = |target: &str| walk.app.get(target).token(token).send().ok();
    if let Some(cursor) = page(target)["next_cursor"].as_str() {
        page(&format!("{target}&cursor={cursor}"));
    }
    let is_open = target.starts_with(BUILDS) || target.starts_with(COMPOSITIONS);
    if is_open && !target.contains("owner=") && !target.contains("team_id=") {
        walk.app.get(target).send().expect(200);
    }
}

/// What the stores send, each statement once.
fn statements() -> (Vec<Statement>, TestDatabase) {
    let walk = Walk::with(3);
    for route in ROUTES {
        let answer = walk.call(route).send();
        assert!(answer.status < 400, "{}: {}", answer.what, answer.status);
    }
    filter(&walk);
    let app = &walk.app;
    let key = app.api_key(&walk.holder.player, &["builds:read", "builds:write"]);
    let key = text(&key["key"]);
    for _ in 0..2 {
        let call = app.post(BUILDS, &build_body(&json!({}))).token(&key);
        let call = call.header(Header::IdempotencyKey, "once");
        call.send().expect(201);
        app.deliver();
        app.mails();
    }
    let wrong = json!({ "email": walk.boss.email, "password": "no such words here" });
    app.post(LOGIN, &wrong).send().expect(401);
    for day in [0, 1, 30, 60, 400] {
        app.wait_ms(day * 86_400_000);
        for cron in ["* * * * *", "17 * * * *"] {
            block_on(app.app.tick(cron, app.test_now()));
        }
        app.deliver();
        app.mails();
    }
    let mut seen = BTreeSet::new();
    let mut all = app.test.database.recorded();
    all.retain(|statement| seen.insert(statement.sql.to_string()));
    (all, app.test.database.clone())
}

#[test]
fn no_statement_looks_through_a_table() {
    let (statements, database) = statements();
    assert!(statements.len() > STATEMENTS, "{}", statements.len());
    let cells = |row: &'static str| row.split('|').map(str::trim).collect();
    let known: Vec<Vec<&str>> = KNOWN.trim().lines().map(cells).collect();
    let (mut wrong, mut used) = (Vec::new(), BTreeSet::new());
    for statement in &statements {
        for step in database.plan(statement) {
            if !is_look_through(statement, &step) {
                continue;
            }
            let is_meant =
                |row: &Vec<&str>| step.contains(row[0]) && statement.sql.contains(row[1]);
            match known.iter().position(is_meant) {
                Some(row) => {
                    used.insert(row);
                }
                None => wrong.push(format!("{step}\n    in {}", statement.sql)),
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    let unused = (0..known.len()).filter(|row| !used.contains(row));
    let unused: Vec<_> = unused.map(|row| &known[row]).collect();
    assert!(unused.is_empty(), "named but not there: {unused:?}");
}

#[test]
fn what_hangs_on_a_row_is_found_by_an_index() {
    let app = testing::TestApp::new();
    let database = &app.test.database;
    let keys = database.execute(
        "SELECT t.name, k.\"from\", k.\"table\" FROM sqlite_schema t, pragma_foreign_key_list(t.name) k \
         WHERE t.type = 'table'",
    );
    assert!(keys.len() > 15, "{}", keys.len());
    for key in &keys {
        let [table, column, parent] = [0, 1, 2].map(|at| key.text(at).expect("a name"));
        let sql = format!("DELETE FROM {table} WHERE {column} = ?1");
        let cascade = Statement::new(sql, vec!["x".into()]);
        let plan = database.plan(&cascade);
        let is_found = plan.iter().any(|step| {
            step.starts_with(&format!("SEARCH {table} ")) && step.contains(&format!("({column}=?"))
        });
        assert!(is_found, "{table}.{column} of {parent}: {plan:?}");
    }
}
