//! Deliveries leased for an endpoint that asks to stop while they are sent. Only requests already under
//! way arrive, and the rest cost no attempt. `webhook_delivery` has pauses between invocations.

use testing::prelude::*;
use testing::webhooks::header;

use crate::webhook_delivery::{Scene, asks_to_wait};

/// Connections that an endpoint has.
const UNDER_WAY: usize = 3;
const COUNT: usize = 40;

/// A scene whose requests are under way side by side.
fn scene() -> Scene {
    Scene::new().on(|test| SideBySide::platform(test, 5))
}

/// Given up, and recovered: all of it is due at once, in the slow lane.
fn recovered(scene: &Scene, endpoint: &Endpoint) {
    scene.app.slow_down();
    scene.events(COUNT);
    scene.fan_out();
    let dead = "UPDATE webhook_deliveries SET state = 'dead', reason = 'exhausted', step = 9";
    scene.app.execute(dead);
    let path = format!("{WEBHOOKS}/{}/recover", endpoint.id);
    let body = json!({ "since": "2026-11-22T00:00:00Z" });
    let answer = scene.app.post_as(&scene.player, &path, &body).expect(202);
    assert_eq!(answer.json()["recovered"], COUNT);
}

/// Lets the first request be answered so, and all others with 200.
fn first_answer(scene: &Scene, answer: impl Fn() -> Result<HttpAnswer, HttpError> + 'static) {
    let is_first = Cell::new(true);
    scene.app.test.web.answer_with(move |_| {
        if is_first.replace(false) {
            answer()
        } else {
            MemoryWeb::status(200)
        }
    });
}

/// Those that were not sent are as if nobody had leased them.
fn check_the_rest(scene: &Scene, state: &str, sent: usize) {
    let rest = scene.app.rows(&format!(
        "webhook_deliveries WHERE state = '{state}' AND attempts = 0 \
         AND step = 0 AND claims = 0 AND claim IS NULL"
    ));
    assert_eq!(usize::try_from(rest).expect("few"), COUNT - sent);
}

#[test]
fn an_endpoint_that_asks_for_less_gets_what_was_under_way_and_the_rest_when_it_said() {
    for status in [429, 502, 504] {
        let scene = scene();
        let endpoint = scene.endpoint("busy");
        recovered(&scene, &endpoint);
        first_answer(&scene, move || Ok(asks_to_wait(status, "3600")));
        let first = scene.app.deliver();
        assert_eq!(first.len(), UNDER_WAY, "{status}");
        check_the_rest(&scene, "pending", UNDER_WAY);
        // The successes beside it do not end what it asked for.
        let until = scene.app.test_now() + 3_600_000;
        assert_eq!(scene.app.count("SELECT paused_until FROM webhooks"), until);
        scene.reconcile();
        assert_eq!(scene.app.deliver_after(3_599).len(), 0, "{status}");
        let mut sent = scene.app.deliver_after(2);
        sent.extend(first);
        sent.extend(scene.app.deliver_after(600));
        let mut ids: Vec<_> = sent.iter().map(|each| header(each, "webhook-id")).collect();
        ids.sort_unstable();
        let all = ids.len();
        ids.dedup();
        // One of them twice: the one that was put off.
        assert_eq!((all, ids.len()), (COUNT + 1, COUNT), "{status}");
    }
}

#[test]
fn an_endpoint_that_is_gone_gets_what_was_under_way_whatever_that_is_answered() {
    let scene = scene();
    let endpoint = scene.endpoint("gone");
    recovered(&scene, &endpoint);
    first_answer(&scene, || MemoryWeb::status(410));
    assert_eq!(scene.app.deliver().len(), UNDER_WAY);
    assert_eq!(scene.app.rows("webhooks WHERE disabled_reason = 'gone'"), 1);
    check_the_rest(&scene, "held", UNDER_WAY);
    assert_eq!(scene.app.deliver_after(600).len(), 0);
}

#[test]
fn five_failures_in_a_row_are_enough() {
    let scene = scene();
    let endpoint = scene.endpoint("down");
    recovered(&scene, &endpoint);
    scene.app.receivers_answer(500);
    assert_eq!(scene.app.deliver().len(), 5);
    check_the_rest(&scene, "pending", 5);
    assert_eq!(scene.app.deliver_after(29).len(), 0);
    // The breaker's probe.
    assert_eq!(scene.app.deliver_after(2).len(), 1);
}

#[test]
fn the_fast_lane_stops_too() {
    let scene = scene();
    let (busy, other) = (scene.endpoint("busy"), scene.endpoint("other"));
    scene.event();
    scene.app.deliver();
    let url = busy.url.clone();
    scene.app.test.web.answer_with(move |request| {
        if request.url == url {
            Ok(asks_to_wait(429, "3600"))
        } else {
            MemoryWeb::status(200)
        }
    });
    scene.events(COUNT);
    let sent = scene.app.deliver();
    let count = |url: &str| sent.iter().filter(|each| each.url == url).count();
    assert_eq!((count(&busy.url), count(&other.url)), (UNDER_WAY, COUNT));
}

#[test]
fn an_owner_who_disables_it_is_heard_while_it_is_being_sent() {
    let disables = "UPDATE webhooks SET disabled_at = 1, version = version + 1";
    for (sql, is_held) in [(disables, true), ("DELETE FROM webhooks", false)] {
        let scene = scene();
        let endpoint = scene.endpoint("stopped");
        recovered(&scene, &endpoint);
        let database = scene.app.test.database.clone();
        first_answer(&scene, move || {
            database.execute(sql);
            MemoryWeb::status(200)
        });
        // It is looked at before each attempt.
        let sent = scene.app.deliver().len();
        assert_eq!(sent, UNDER_WAY, "{sql}");
        if is_held {
            check_the_rest(&scene, "held", sent);
        }
    }
}

#[test]
fn a_success_ends_a_pause_for_failures_and_none_that_was_asked_for() {
    for (failures, is_kept) in [(1, true), (5, false)] {
        let scene = scene();
        scene.endpoint("elsewhere");
        scene.event();
        let until = scene.app.test_now() + 3_600_000;
        let database = scene.app.test.database.clone();
        // Another invocation hears of it while this one is under way.
        first_answer(&scene, move || {
            database.execute(&format!(
                "UPDATE webhooks SET failures = {failures}, paused_until = {until}"
            ));
            MemoryWeb::status(200)
        });
        assert_eq!(scene.app.deliver().len(), 1);
        let paused = "SELECT paused_until FROM webhooks";
        assert_eq!(scene.app.count(paused) == until, is_kept, "{failures}");
        assert_eq!(scene.app.count("SELECT failures FROM webhooks"), 0);
    }
}

#[test]
fn owners_are_told_by_their_webhooks_of_teams_too_when_one_is_disabled() {
    let scene = scene();
    let gone = scene.endpoint("gone");
    let leader = scene.app.player("leader");
    let app = &scene.app;
    let team = app.team(&[(&leader, "leader"), (&scene.player, "officer")]);
    let of_team = app.team_endpoint(&scene.player, "https://team.guild.gg/h", &team);
    let others = app.team_endpoint(&leader, "https://leader.guild.gg/h", &team);
    scene.answer(&gone, 410);
    scene.event();
    let sent = app.deliver();
    let told = |request: &&HttpRequest| event_of(request)["type"] == "webhook.disabled";
    let told: Vec<_> = sent.iter().filter(told).map(|each| &each.url).collect();
    assert_eq!(told, [&of_team.url]);
    assert!(!sent.iter().any(|each| each.url == others.url));
}
