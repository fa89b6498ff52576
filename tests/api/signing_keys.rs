//! What administrators do with signing keys, and the effect of a rotation on issued tokens. A revoked key
//! is refused here at once and elsewhere within five minutes. `tests/simulation` has the keys' lifetimes.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use testing::prelude::*;

const KEYS: &str = "/api/v1/admin/signing-keys";
const ROTATE: &str = "/api/v1/admin/signing-keys/rotate";
const FIVE_MINUTES_MS: i64 = 300_000;

fn administered() -> (TestApp, Player) {
    let app = TestApp::new();
    let admin = app.administrator("admin");
    (app, admin)
}

fn rotate(app: &TestApp, player: &Player, body: &Value) -> Value {
    app.post_as(player, ROTATE, body).created()
}

fn states(app: &TestApp, player: &Player) -> Vec<String> {
    let list = app.get_as(player, KEYS).ok();
    texts_of(array(&list["data"]), "state")
}

fn me(app: &TestApp, token: &str) -> u16 {
    app.get(ME).token(token).send().status
}

fn published(app: &TestApp) -> usize {
    let set = app.get(JWKS).send().ok();
    array(&set["keys"]).len()
}

fn kid(token: &str) -> Value {
    let header = token.split('.').next().expect("a header");
    let header = URL_SAFE_NO_PAD.decode(header).expect("base64url");
    let header: Value = serde_json::from_slice(&header).expect("JSON");
    header["kid"].clone()
}

#[test]
fn the_body_of_a_rotation_is_checked() {
    let (app, admin) = administered();
    let rows = r#"
        { "revoke_current": "yes" } | /revoke_current invalid_type
        { "revoke": true } | /revoke unknown_field
    "#;
    refuse_each(rows, |body| app.post_as(&admin, ROTATE, body));
    assert_eq!(app.rows("signing_keys"), 1);
}

#[test]
fn a_rotation_signs_with_another_key_at_once_and_goes_on_verifying_with_the_old_one() {
    let (app, admin) = administered();
    let elsewhere = app.isolate(2);
    assert_eq!(me(&elsewhere, &admin.token), 200);
    app.wait_ms(1_000);
    let fresh = rotate(&app, &admin, &json!({}));
    assert_eq!(fresh["state"], "active");
    assert_eq!(states(&app, &admin), ["active", "retired"]);
    let token = app.new_token(&admin);
    // Nobody could have had the fresh key in a cache: it is asked for at once.
    for app in [&app, &elsewhere, &app.isolate(3)] {
        assert_eq!(me(app, &token), 200);
        assert_eq!(me(app, &admin.token), 200);
        assert_eq!(published(app), 2);
    }
    app.wait_ms(DAY_MS);
    for app in [&app, &elsewhere] {
        assert_eq!(published(app), 1);
    }
    let audit = format!(
        "audit_log WHERE action = 'signing_key.created' AND actor = '{}'",
        admin.id
    );
    assert_eq!(app.rows(&audit), 1);
}

#[test]
fn a_revoked_key_is_refused_here_at_once_and_elsewhere_within_five_minutes() {
    let (app, admin) = administered();
    let player = app.player("player");
    let elsewhere = app.isolate(2);
    for app in [&app, &elsewhere] {
        assert_eq!(me(app, &player.token), 200);
    }
    app.wait_ms(1_000);
    rotate(&app, &admin, &json!({ "revoke_current": true }));
    // Remembered a second ago, and refused all the same.
    assert_eq!(me(&app, &player.token), 401);
    assert_eq!(me(&app.isolate(3), &player.token), 401);
    assert_eq!(published(&app), 1);
    let fresh = app.new_token(&player);
    for app in [&app, &elsewhere] {
        assert_eq!(me(app, &fresh), 200);
    }
    app.wait_ms(FIVE_MINUTES_MS);
    assert_eq!(me(&elsewhere, &player.token), 401);
    let admin = elsewhere.logged_in_again(&admin);
    assert_eq!(states(&elsewhere, &admin), ["active", "revoked"]);
    assert_eq!(app.rows("signing_keys WHERE sealed_private_key IS NULL"), 1);
    assert_eq!(app.logged("signing_key.revoked"), 1);
}

#[test]
fn a_token_that_is_remembered_is_refused_when_its_key_is_gone() {
    let (app, admin) = administered();
    let player = app.player("player");
    let elsewhere = app.isolate(2);
    assert_eq!(me(&elsewhere, &player.token), 200);
    rotate(&app, &admin, &json!({ "revoke_current": true }));
    // Asked for all the time: it is remembered, and its session stands.
    for _ in 0..31 {
        app.wait_ms(10_000);
        me(&elsewhere, &player.token);
    }
    assert_eq!(app.rows("sessions WHERE ended_at IS NULL"), 3);
    assert_eq!(me(&elsewhere, &player.token), 401);
}

#[test]
fn a_key_that_was_to_come_next_is_revoked_with_the_current_one() {
    for revoke_current in [false, true] {
        let (app, mut admin) = administered();
        app.wait_ms(29 * DAY_MS);
        app.hourly();
        admin.token = app.new_token(&admin);
        assert_eq!(states(&app, &admin), ["published", "active"]);
        rotate(&app, &admin, &json!({ "revoke_current": revoke_current }));
        admin.token = app.new_token(&admin);
        let current = if revoke_current { "revoked" } else { "retired" };
        assert_eq!(states(&app, &admin), ["active", "revoked", current]);
        // The life of the new key begins now.
        app.wait_ms(2 * DAY_MS);
        app.hourly();
        admin.token = app.new_token(&admin);
        assert_eq!(states(&app, &admin), ["active"]);
    }
}

/// The next key is too near to be revoked: an isolate whose clock is ahead may have signed with it.
#[test]
fn a_rotation_just_before_the_next_key_is_to_sign_is_what_signs() {
    let (app, mut admin) = administered();
    app.wait_ms(29 * DAY_MS);
    app.hourly();
    app.wait_ms(DAY_MS - 10_000);
    admin.token = app.new_token(&admin);
    let key = rotate(&app, &admin, &json!({}));
    assert_eq!(states(&app, &admin), ["active", "published", "retired"]);
    app.wait_ms(20_000);
    for isolate in [&app, &app.isolate(2)] {
        let token = isolate.new_token(&admin);
        assert_eq!(kid(&token), key["kid"]);
        assert_eq!(me(isolate, &token), 200);
    }
    assert_eq!(states(&app, &admin), ["active", "retired", "retired"]);
}

#[test]
fn two_rotations_at_once_make_one_key_or_two_in_a_row() {
    let (app, admin) = administered();
    let isolates = [2, 3].map(|seed| app.slow_isolate(seed));
    let request = app.post(ROTATE, &json!({})).by(&admin).request();
    let answers = all_together(isolates.iter().map(|isolate| isolate.app.handle(&request)));
    let statuses: BTreeSet<u16> = answers.iter().map(|answer| answer.status).collect();
    assert_eq!(statuses, BTreeSet::from([201, 503]));
    assert_eq!(app.rows("signing_keys WHERE retires_at IS NULL"), 1);
}

#[test]
fn two_crons_and_a_rotation_at_once_leave_one_active_key() {
    let (app, mut admin) = administered();
    app.wait_ms(29 * DAY_MS);
    admin.token = app.new_token(&admin);
    let isolate = |seed| app.slow_isolate(seed);
    let (one, two, three) = (isolate(2), isolate(3), isolate(4));
    let cron = |isolate: &'static App| isolate.tick("17 * * * *", 0);
    let [one, two] = [one, two].map(|isolate| &*Box::leak(Box::new(isolate.app)));
    let crons = async { together(cron(one), cron(two)) };
    let request = app.post(ROTATE, &json!({})).by(&admin).request();
    let (_, answer) = together(crons, three.app.handle(&request));
    assert!([201, 503].contains(&answer.status));
    for hours in [0, 1, 24, 30, 48] {
        let now = app.test_now() + hours * 3_600_000;
        let active = format!(
            "signing_keys WHERE revoked_at IS NULL \
             AND activates_at <= {now} AND coalesce(retires_at > {now}, TRUE)"
        );
        assert_eq!(app.rows(&active), 1, "in {hours} hours");
    }
}
