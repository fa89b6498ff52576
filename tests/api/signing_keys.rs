//! The administrators' calls on signing keys, and the effect of a rotation on issued tokens. A revoked key
//! is refused here at once and elsewhere within five minutes. `tests/simulation` has the keys' lifetimes.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use testing::prelude::*;

const KEYS: &str = "/api/v1/admin/signing-keys";
const ROTATE: &str = "/api/v1/admin/signing-keys/rotate";
const FIVE_MINUTES_MS: i64 = 300_000;

fn rotate(app: &TestApp, player: &Player, body: &Value) -> Value {
    let call = app.post(ROTATE, body).by(player);
    call.send().created()
}

fn states(app: &TestApp, player: &Player) -> Vec<String> {
    let list = app.get_as(player, KEYS).ok();
    let items = array(&list["data"]).to_vec();
    items.iter().map(|key| text(&key["state"])).collect()
}

fn me(app: &TestApp, token: &str) -> u16 {
    app.get(ME).token(token).send().status
}

fn published(app: &TestApp) -> usize {
    let set = app.get(JWKS).send().ok();
    set["keys"].as_array().expect("a list").len()
}

fn log_in(app: &TestApp, player: &Player) -> String {
    text(&app.log_in(&player.email)["access_token"])
}

fn kid(token: &str) -> Value {
    let header = token.split('.').next().expect("a header");
    let header = URL_SAFE_NO_PAD.decode(header).expect("base64url");
    let header: Value = serde_json::from_slice(&header).expect("JSON");
    header["kid"].clone()
}

fn tick(app: &TestApp) {
    block_on(app.app.tick("17 * * * *", app.test_now()));
}

#[test]
fn only_administrators_see_and_rotate_keys() {
    let app = TestApp::new();
    let player = app.player("user");
    for call in [app.get(KEYS), app.post(ROTATE, &json!({}))] {
        let answer = call.by(&player).send();
        answer.expect_problem(403, "insufficient_scope");
    }
    for call in [app.get(KEYS), app.post(ROTATE, &json!({}))] {
        call.send().expect_problem(401, "authentication_required");
    }
    assert_eq!(app.rows("signing_keys"), 1);
}

#[test]
fn a_rotation_signs_with_another_key_at_once_and_goes_on_verifying_with_the_old_one() {
    let app = TestApp::new();
    let admin = app.administrator("admin");
    let elsewhere = app.isolate(2);
    assert_eq!(me(&elsewhere, &admin.token), 200);
    app.test.clock.advance_ms(1_000);
    let fresh = rotate(&app, &admin, &json!({}));
    assert_eq!(fresh["state"], "active");
    assert_eq!(states(&app, &admin), ["active", "retired"]);
    let token = log_in(&app, &admin);
    // Nobody could have had the fresh key in a cache: it is asked for at once.
    for app in [&app, &elsewhere, &app.isolate(3)] {
        assert_eq!(me(app, &token), 200);
        assert_eq!(me(app, &admin.token), 200);
        assert_eq!(published(app), 2);
    }
    app.test.clock.advance_ms(DAY_MS);
    for app in [&app, &elsewhere] {
        assert_eq!(published(app), 1);
    }
    let audit = "SELECT count(*) FROM audit_log WHERE action = 'signing_key.created'";
    assert_eq!(app.count(&format!("{audit} AND actor = '{}'", admin.id)), 1);
}

#[test]
fn a_revoked_key_is_refused_here_at_once_and_elsewhere_within_five_minutes() {
    let app = TestApp::new();
    let admin = app.administrator("admin");
    let player = app.player("player");
    let elsewhere = app.isolate(2);
    for app in [&app, &elsewhere] {
        assert_eq!(me(app, &player.token), 200);
    }
    app.test.clock.advance_ms(1_000);
    rotate(&app, &admin, &json!({ "revoke_current": true }));
    // Remembered a second ago, and refused all the same.
    assert_eq!(me(&app, &player.token), 401);
    assert_eq!(me(&app.isolate(3), &player.token), 401);
    assert_eq!(published(&app), 1);
    let fresh = log_in(&app, &player);
    for app in [&app, &elsewhere] {
        assert_eq!(me(app, &fresh), 200);
    }
    app.test.clock.advance_ms(FIVE_MINUTES_MS);
    assert_eq!(me(&elsewhere, &player.token), 401);
    let administrator = log_in(&elsewhere, &admin);
    let admin = Player {
        token: administrator,
        ..admin
    };
    assert_eq!(states(&elsewhere, &admin), ["active", "revoked"]);
    let wiped = "SELECT count(*) FROM signing_keys WHERE sealed_private_key IS NULL";
    assert_eq!(app.count(wiped), 1);
    assert_eq!(app.logged("signing_key.revoked"), 1);
}

#[test]
fn a_token_that_is_remembered_is_refused_when_its_key_is_gone() {
    let app = TestApp::new();
    let admin = app.administrator("admin");
    let player = app.player("player");
    let elsewhere = app.isolate(2);
    assert_eq!(me(&elsewhere, &player.token), 200);
    rotate(&app, &admin, &json!({ "revoke_current": true }));
    // Asked for all the time: it is remembered, and its session stands.
    for _ in 0..31 {
        app.test.clock.advance_ms(10_000);
        me(&elsewhere, &player.token);
    }
    let session = "SELECT count(*) FROM sessions WHERE ended_at IS NULL";
    assert_eq!(app.count(session), 3);
    assert_eq!(me(&elsewhere, &player.token), 401);
}

#[test]
fn a_key_that_was_to_come_next_is_revoked_with_the_current_one() {
    for revoke_current in [false, true] {
        let app = TestApp::new();
        let mut admin = app.administrator("admin");
        app.test.clock.advance_ms(29 * DAY_MS);
        tick(&app);
        admin.token = log_in(&app, &admin);
        assert_eq!(states(&app, &admin), ["published", "active"]);
        rotate(&app, &admin, &json!({ "revoke_current": revoke_current }));
        admin.token = log_in(&app, &admin);
        let current = if revoke_current { "revoked" } else { "retired" };
        assert_eq!(states(&app, &admin), ["active", "revoked", current]);
        // The life of the new key begins now.
        app.test.clock.advance_ms(2 * DAY_MS);
        tick(&app);
        admin.token = log_in(&app, &admin);
        assert_eq!(states(&app, &admin), ["active"]);
    }
}

/// The next key is too near to be revoked: an isolate whose clock is ahead may have signed with it.
#[test]
fn a_rotation_just_before_the_next_key_is_to_sign_is_what_signs() {
    let app = TestApp::new();
    let mut admin = app.administrator("admin");
    app.test.clock.advance_ms(29 * DAY_MS);
    tick(&app);
    app.test.clock.advance_ms(DAY_MS - 10_000);
    admin.token = log_in(&app, &admin);
    let key = rotate(&app, &admin, &json!({}));
    assert_eq!(states(&app, &admin), ["active", "published", "retired"]);
    app.test.clock.advance_ms(20_000);
    for isolate in [&app, &app.isolate(2)] {
        let token = log_in(isolate, &admin);
        assert_eq!(kid(&token), key["kid"]);
        assert_eq!(me(isolate, &token), 200);
    }
    assert_eq!(states(&app, &admin), ["active", "retired", "retired"]);
}

#[test]
fn two_rotations_at_once_make_one_key_or_two_in_a_row() {
    let app = TestApp::new();
    let admin = app.administrator("admin");
    let isolate = |seed| app.slow_isolate(seed);
    let (one, two) = (isolate(2), isolate(3));
    let request = app.post(ROTATE, &json!({})).by(&admin).request();
    let (one, two) =
        block_on(async { together(one.app.handle(&request), two.app.handle(&request)) });
    let mut answers = [one.status, two.status];
    answers.sort_unstable();
    assert_eq!(answers, [201, 503]);
    let active = "SELECT count(*) FROM signing_keys WHERE retires_at IS NULL";
    assert_eq!(app.count(active), 1);
}

#[test]
fn two_crons_and_a_rotation_at_once_leave_one_active_key() {
    let app = TestApp::new();
    let mut admin = app.administrator("admin");
    app.test.clock.advance_ms(29 * DAY_MS);
    admin.token = log_in(&app, &admin);
    let isolate = |seed| app.slow_isolate(seed);
    let (one, two, three) = (isolate(2), isolate(3), isolate(4));
    let cron = |isolate: &'static App| isolate.tick("17 * * * *", 0);
    let [one, two] = [one, two].map(|isolate| &*Box::leak(Box::new(isolate.app)));
    let crons = async { together(cron(one), cron(two)) };
    let request = app.post(ROTATE, &json!({})).by(&admin).request();
    let ((), answer) = block_on(async {
        let (_, answer) = together(crons, three.app.handle(&request));
        ((), answer)
    });
    assert!([201, 503].contains(&answer.status));
    for hours in [0, 1, 24, 30, 48] {
        let now = app.test_now() + hours * 3_600_000;
        let active = format!(
            "SELECT count(*) FROM signing_keys WHERE revoked_at IS NULL \
             AND activates_at <= {now} AND coalesce(retires_at > {now}, TRUE)"
        );
        assert_eq!(app.count(&active), 1, "in {hours} hours");
    }
}

#[test]
fn the_body_of_a_rotation_is_checked() {
    let app = TestApp::new();
    let admin = app.administrator("admin");
    for (body, pointer, code) in [
        (
            json!({ "revoke_current": "yes" }),
            "/revoke_current",
            "invalid_type",
        ),
        (json!({ "revoke": true }), "/revoke", "unknown_field"),
    ] {
        let answer = app.post_as(&admin, ROTATE, &body);
        let answer = answer.expect_problem(422, "invalid_input");
        assert_eq!(answer.mistakes(), [(pointer.to_owned(), code.to_owned())]);
    }
    assert_eq!(app.rows("signing_keys"), 1);
}
