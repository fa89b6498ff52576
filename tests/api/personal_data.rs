//! Export and deletion of personal data. Every table of the migrations is checked: a new one that holds
//! user data fails here until the scene, the export and the deletion have it.

use testing::guild;
use testing::prelude::*;

use testing::webhooks;

const EXPORT: &str = "/api/v1/users/me/export";

/// What columns for users are called.
const NAMES: &str = "user_id former_user_id owner_id created_by changed_by";
/// Where the rows of each table with such a column are found in an export; `*` is every item. A new
/// one comes here.
const MEMBERS: &str = "
    sessions user_id /sessions
    api_keys user_id /api_keys
    builds owner_id /builds
    webhooks user_id /webhooks
    team_members user_id /teams
    team_invitations created_by /invitations
    compositions owner_id /compositions
    composition_versions changed_by /composition_authorship/*/changes
    share_links created_by /composition_authorship/*/share_links
    team_bans user_id /team_bans
    team_players user_id /players
    email_links user_id /email_links
    team_players former_user_id /players
";
/// Tables that an export leaves out. Events of webhooks are kept until they were delivered, and say
/// what builds and webhooks say. Idempotency records are sealed copies, for a day, of answers
/// that the account has got already. Mails are gone once they are sent, to the account's own mailbox;
/// the others hold nothing but secrets and times around them. Which invitations do not
/// let someone in ends with these.
const NOT_EXPORTED_TABLES: &str = "idempotency_records two_factor recovery_codes challenges \
     webhook_events mails team_invitation_exclusions";
/// Columns of `users` that an export leaves out: secrets, and what is made from other columns.
const NOT_EXPORTED: &[&str] = &["email_key", "password_hash", "version"];

fn tables(app: &TestApp) -> Vec<String> {
    app.texts("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'")
}

fn columns(app: &TestApp, table: &str) -> Vec<String> {
    app.texts(&format!("SELECT name FROM pragma_table_xinfo('{table}')"))
}

/// The columns for users: table and column.
fn user_columns(app: &TestApp) -> Vec<(String, String)> {
    let of = |table: String| {
        let found = columns(app, &table).into_iter();
        let found = found.filter(|name| NAMES.split(' ').any(|known| known == name));
        found.map(move |column| (table.clone(), column))
    };
    tables(app).into_iter().flat_map(of).collect()
}

/// How many items an export has where `path` leads.
fn items(export: &Value, path: &str) -> i64 {
    let list = |value: &Value| value.as_array().map_or(0, Vec::len);
    let count = match path.split_once("/*") {
        None => export.pointer(path).map_or(0, list),
        Some((outer, inner)) => {
            let outer = export.pointer(outer).and_then(Value::as_array);
            let each = outer.into_iter().flatten();
            each.map(|item| item.pointer(inner).map_or(0, list)).sum()
        }
    };
    i64::try_from(count).expect("few")
}

/// Where `needle` is kept, in whatever case: table, column and number of rows.
pub fn places(app: &TestApp, needle: &str) -> Vec<(String, String, i64)> {
    let mut found = Vec::new();
    for table in tables(app) {
        for column in columns(app, &table) {
            let needle = hex(needle.to_lowercase().as_bytes());
            let count = app.rows(&format!(
                "{table} WHERE instr(lower(CAST({column} AS TEXT)), CAST(x'{needle}' AS TEXT)) > 0"
            ));
            if count > 0 {
                found.push((table.clone(), column, count));
            }
        }
    }
    found
}

/// Eir of Norn.gg, who is called Stegalkin.
#[track_caller]
pub fn stegalkin(app: &TestApp) -> Player {
    let body = json!({ "email": "Eir@Norn.gg", "password": PASSWORD, "display_name": "Stegalkin" });
    let made = app.post(REGISTER, &body).send().created();
    let tokens = app.log_in("eir@norn.gg");
    Player {
        id: text(&made["user"]["id"]),
        email: "Eir@Norn.gg".to_owned(),
        token: text(&tokens["access_token"]),
        refresh_token: text(&tokens["refresh_token"]),
    }
}

/// A player who has left something in every table that can hold something on users.
fn scene(app: &TestApp) -> Player {
    let player = stegalkin(app);
    // Of two ids of one moment, either comes first.
    app.wait_ms(1);
    let login = json!({ "email": "eir@norn.gg", "password": PASSWORD });
    let call = app.post(LOGIN, &login);
    call.header(Header::UserAgent, "curl/8.5.0").send().ok();
    // Told of the builds that follow; its headers are the account's own secret.
    let webhook = json!({ "headers": { "authorization": "Bearer of Stegalkin" } });
    webhooks::make(app, &player, &webhook);
    let build = build_body(&json!({ "visibility": "public", "tags": ["zerg"] }));
    let call = app.post(BUILDS, &build).by(&player);
    let call = call.header(Header::IdempotencyKey, "once-and-no-more");
    call.send().created();
    app.api_key(&player, &["builds:read"]);
    let team = app.post_as(&player, TEAMS, &json!({ "name": "Pack" }));
    let team = text(&team.created()["id"]);
    app.invite(&player, &team, &json!({})).expect(201);
    for sql in [
        "INSERT INTO two_factor VALUES ('{id}', x'00', 1, NULL, NULL, NULL)",
        "INSERT INTO recovery_codes VALUES ('{id}', x'00')",
        "INSERT INTO challenges VALUES (x'00', '{id}', 0, x'00', 0, 1, 2)",
    ] {
        app.execute(sql.replace("{id}", &player.id));
    }
    let plan = app.composition(&player, &json!({ "notes": "Of Stegalkin" }));
    app.share_link(&player, &plan);
    let entry = json!({ "name": "Stegalkin", "user_id": player.id });
    guild::player(app, &team, &player, &entry);
    // One that they have left.
    let keeper = app.player("keeper");
    // One that keeps them out.
    let banning = app.team(&[(&keeper, "leader"), (&player, "member")]);
    app.invite(&keeper, &banning, &json!({})).expect(201);
    let path = format!("{}?ban=true", member_path(&banning, &player));
    app.delete_as(&keeper, &path).expect(200);
    let left = app.team(&[(&keeper, "leader"), (&player, "member")]);
    guild::player(app, &left, &player, &entry);
    app.delete_as(&player, &member_path(&left, &player))
        .expect(200);
    // Lists are in the order of the clock.
    app.wait_ms(1);
    let hidden = json!({ "visibility": "private", "notes": "mine" });
    app.build(&player, &hidden);
    player
}

#[test]
fn a_deletion_leaves_nothing_but_an_id_in_the_audit_log() {
    let app = TestApp::new();
    let player = scene(&app);
    let other = app.player("other");
    let kept = app.build(&other, &json!({ "visibility": "public" }));
    let own = app.get(BUILDS).send().ok()["data"].clone();
    for (table, column) in user_columns(&app) {
        let count = app.rows(&format!("{table} WHERE {column} = '{}'", player.id));
        assert!(count > 0, "the scene leaves nothing in {table}");
    }
    let personal = [player.email.as_str(), "Stegalkin"];
    for needle in personal {
        assert!(!places(&app, needle).is_empty(), "{needle} is looked for");
    }

    let second = app.isolate(2);
    second.get_as(&player, ME).expect(200);
    app.delete_account(&player).expect(204);

    for needle in personal {
        assert_eq!(places(&app, needle), [], "{needle}");
    }
    for (table, column, _) in places(&app, &player.id) {
        assert_eq!(table, "audit_log", "{column}");
    }
    let last = app.texts("SELECT entry FROM audit_log ORDER BY seq DESC LIMIT 1");
    let last: Value = serde_json::from_str(&last[0]).expect("JSON");
    assert_has!(last, { "action": "account.deleted", "target": player.id });
    let facets = "build_facets WHERE build_id NOT IN (SELECT id FROM builds)";
    assert_eq!(app.rows(facets), 0);
    // Here at once, elsewhere when the isolate looks again.
    app.get_as(&player, ME).expect_problem(401, "invalid_token");
    app.wait_ms(10_000);
    let elsewhere = second.get_as(&player, ME);
    elsewhere.expect_problem(401, "invalid_token");
    let refreshed = app.refresh(&player.refresh_token);
    refreshed.expect_problem(401, "invalid_refresh_token");
    // Public builds are gone too; those of others are not.
    for build in own.as_array().expect("a list") {
        let status = if build["id"] == kept["id"] { 200 } else { 404 };
        app.get(&build_path(build)).send().expect(status);
    }
    // The address is free again, for another account.
    assert_ne!(app.register(&player.email), player.id);
}

#[test]
fn a_deletion_takes_the_password_that_is_in_force_when_it_is_written() {
    let app = TestApp::new();
    let player = scene(&app);
    let call = || app.call("DELETE", ME).by(&player);
    let wrong = call().json(&json!({ "password": "another four words" }));
    wrong.send().expect_problem(403, "wrong_password");
    call().send().expect_problem(400, "body_required");
    let long = "a".repeat(257);
    let rows = format!(
        "{{}} | /password required
        {{ \"password\": null }} | /password invalid_type
        {{ \"password\": \"{long}\" }} | /password password_too_long
        {{ \"password\": \"{PASSWORD}\", \"id\": \"x\" }} | /id unknown_field"
    );
    refuse_each(&rows, |body| call().json(body).send());
    let (racing, sql) = app.racing_isolate("DELETE FROM users", None);
    racing.get_as(&player, ME).expect(200);
    *sql.borrow_mut() = Some("UPDATE users SET password_hash = 'another'".to_owned());
    let answer = racing.delete_account(&player);
    answer.expect_problem(403, "wrong_password");
    assert_eq!((app.rows("users"), app.rows("builds")), (2, 2));
    assert_eq!(app.logged("account.deleted"), 0);
}

#[test]
fn an_export_has_every_table_and_every_column_but_secrets() {
    let app = TestApp::new();
    let player = scene(&app);
    let answer = app.get_as(&player, EXPORT).expect(200);
    let name = "attachment; filename=\"wvw-builder-export.json\"";
    answer.expect_header("content-disposition", name);
    let export = answer.json();
    let exported = |table: &String| NOT_EXPORTED_TABLES.split(' ').all(|other| other != table);
    let members = || MEMBERS.trim().lines().map(str::trim);
    let mut kept = BTreeMap::new();
    let mut columns_of_users = user_columns(&app);
    columns_of_users.retain(|(table, _)| exported(table));
    for (table, column) in columns_of_users {
        let start = format!("{table} {column} ");
        let path = members().find_map(|row| row.strip_prefix(&start));
        let path =
            path.unwrap_or_else(|| panic!("{table}.{column} holds something on users: export it"));
        let count = app.rows(&format!("{table} WHERE {column} = '{}'", player.id));
        assert!(count > 0, "the scene leaves nothing in {table}.{column}");
        *kept.entry(path).or_insert(0) += count;
    }
    for (path, count) in kept {
        assert_eq!(items(&export, path), count, "{path}");
    }
    // Whatever a column is called: a table with the id in it is one of those.
    for (table, column, _) in places(&app, &player.id) {
        let start = format!("{table} ");
        let is_known = members().any(|row| row.starts_with(&start)) || !exported(&table);
        let is_own = table == "users" || table == "audit_log";
        assert!(is_known || is_own, "{table}.{column}: export it");
    }
    for column in columns(&app, "users") {
        let is_there = export["account"].get(&column).is_some();
        let is_left_out = NOT_EXPORTED.contains(&column.as_str());
        assert!(is_there != is_left_out, "users.{column}");
    }
    assert_eq!(export["account"]["email"], "Eir@Norn.gg");
    assert_eq!(export["two_factor"], json!({ "enabled": false }));
    assert_eq!(export["sessions"][1]["user_agent"], "curl/8.5.0");
    assert_eq!(export["builds"][1]["visibility"], "public");
    assert_eq!(
        texts_of(array(&export["audit_log"]), "action").join(" "),
        "account.registered session.created session.created webhook.created api_key.created \
         team.created team.invitation_created share_link.created team.member_removed \
         team.member_banned team.member_left"
    );
    // The whole text, not only the members: no hash of a password or of a token.
    let body = answer.text();
    for secret in ["whsec_", "Bearer", "argon2", "hash"] {
        assert!(!body.contains(secret), "{secret}: {body}");
    }
    assert_has!(export["webhooks"][0], { "hidden_headers": ["authorization"] });
    assert_eq!(app.logged("account.exported"), 1);
}

#[test]
fn an_export_has_all_pages_of_the_caller_and_nobody_else() {
    let app = TestApp::new();
    let player = scene(&app);
    let other = app.player("other");
    app.build(&other, &json!({ "visibility": "public" }));
    for _ in 0..205 {
        app.build(&player, &json!({}));
        app.wait_ms(1);
    }
    // Copies of one login, and of what was done with it, on more pages than one.
    app.execute(format!(
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 150) \
         INSERT INTO sessions (id, user_id, family_hash, refresh_hash, authenticated_at, amr, \
         created_at, refreshed_at, refresh_expires_at, expires_at, ended_at) \
         SELECT 'session_' || printf('%026d', i), user_id, family_hash, refresh_hash, \
         authenticated_at, amr, created_at, refreshed_at, refresh_expires_at, expires_at, 1 \
         FROM n, (SELECT * FROM sessions WHERE user_id = '{}' LIMIT 1)",
        player.id
    ));
    app.execute(
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 250) \
         INSERT INTO audit_log (seq, entry, previous_hash, hash) \
         SELECT seq + 100 * i, json_set(entry, '$.seq', seq + 100 * i), '', '' \
         FROM n, (SELECT * FROM audit_log WHERE seq = 1)",
    );
    let export = app.get_as(&player, EXPORT).expect(200).json();
    let lengths = ["builds", "sessions", "audit_log"].map(|name| array(&export[name]).len());
    assert_eq!(lengths, [207, 152, 261]);
    for build in array(&export["builds"]) {
        assert_eq!(build["owner_id"], json!(player.id));
    }
    let text = export.to_string();
    assert!(!text.contains(&other.id) && !text.contains(&other.email));
}

#[test]
fn an_export_says_what_others_did_to_me_but_not_with_which_login() {
    let app = TestApp::new();
    let player = scene(&app);
    // By itself: a login of mine was ended since a spent token came again.
    let spend = || app.refresh(&player.refresh_token);
    spend().expect(200);
    app.wait_ms(10_001);
    spend().expect_problem(401, "refresh_token_reused");
    let administrator = app.player("administrator");
    app.execute(format!(
        "INSERT INTO audit_log (seq, entry, previous_hash, hash) SELECT max(seq) + 1, \
         json_object('seq', max(seq) + 1, 'at', at, 'action', 'account.disabled', 'actor', '{}', \
         'via', 'session_theirs', 'target', '{}', 'detail', NULL), '', '' FROM audit_log",
        administrator.id, player.id
    ));
    let export = app.get(EXPORT).token(&app.new_token(&player));
    let export = export.send().ok();
    let entries = array(&export["audit_log"]);
    let find = |action: &str| {
        let found = entries.iter().find(|entry| entry["action"] == action);
        found.unwrap_or_else(|| panic!("{action}: {entries:?}"))
    };
    assert_eq!(find("session.refresh_token_reused")["actor"], "system");
    let disabled = find("account.disabled");
    assert_has!(disabled, { "actor": administrator.id, "via": null });
    assert_ne!(find("session.created")["via"], Value::Null);
}
