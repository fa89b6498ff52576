//! The cases that every webhook system must pass, on the native platform. The clock is controlled, so
//! schedules of days take no time. `tests/edge` has killed processes and hostile receivers.

use testing::prelude::*;
use testing::webhooks::{answer_of, header};
use wvw_builder::events::outbox::Event;
use wvw_builder::http::trace::Trace;
use wvw_builder::ids::UserId;

/// An application, a player, and what receivers answer by their URL: 200 unless said otherwise.
pub struct Scene {
    pub app: TestApp,
    pub player: Player,
    pub answers: Rc<RefCell<Vec<(String, u16)>>>,
}

impl Scene {
    pub fn new() -> Self {
        Self::with(None)
    }

    pub fn with(schedule: Option<&'static str>) -> Self {
        let schedule = schedule.map(|seconds| ("WEBHOOK_RETRY_SECONDS", seconds));
        let app = TestApp::configured(schedule.as_slice());
        let player = app.player("commander");
        let answers: Rc<RefCell<Vec<(String, u16)>>> = Rc::default();
        let known = Rc::clone(&answers);
        app.test.web.answer_with(move |request| {
            let known = known.borrow();
            let found = known.iter().rev().find(|(url, _)| *url == request.url);
            MemoryWeb::status(found.map_or(200, |(_, status)| *status))
        });
        Self {
            app,
            player,
            answers,
        }
    }

    pub fn answer(&self, endpoint: &Endpoint, status: u16) {
        self.answers
            .borrow_mut()
            .push((endpoint.url.clone(), status));
    }

    pub fn endpoint(&self, name: &str) -> Endpoint {
        let url = format!("https://{name}.guild.gg/hook");
        self.app.endpoint(&self.player, &url)
    }

    /// Something happens.
    pub fn event(&self) {
        self.raise("build.created", "build_x", r#"{"id":"build_x"}"#);
    }

    pub fn events(&self, count: usize) {
        (0..count).for_each(|_| self.event());
    }

    /// Something happens whose data are these bytes.
    pub fn raise(&self, kind: &str, subject: &str, data: &str) {
        let seed = 1 + self.app.test.database.calls() as u64;
        let platform = self.app.test.platform(seed);
        let trace = Trace::from_header(None, &platform);
        let user = UserId::parse(&self.player.id).expect("an id");
        let kind = wvw_builder::catalogue::ALL.find(kind).expect("a type");
        let event = Event::new(&platform, &trace, (&user).into(), kind, subject, data);
        let written = block_on(platform.database.batch(vec![event.insert()]));
        if written.expect("written") == [1] {
            event.wake(&platform);
        }
    }

    pub fn states(&self) -> Vec<(String, i64)> {
        let sql = "SELECT state, attempts FROM webhook_deliveries ORDER BY webhook_id, event_id";
        let read = |row: &Row| (row.text(0).unwrap().to_owned(), row.integer(1).unwrap());
        self.app.execute(sql).iter().map(read).collect()
    }

    pub fn reconcile(&self) {
        self.app.reconcile();
    }

    /// Writes the deliveries of all events, and takes away what would wake those who send them.
    pub fn fan_out(&self) {
        let messages = self.app.test.queue.take_all();
        let bodies: Vec<String> = messages.into_iter().map(|each| each.body).collect();
        self.app.consume("wvw-builder-webhooks", &bodies);
        self.app.test.queue.take_all();
    }

    /// On another platform, which is made of the test's.
    pub fn on(self, platform: impl FnOnce(&TestPlatform) -> Platform) -> Self {
        Self {
            app: self.app.isolate_on(platform(&self.app.test)),
            ..self
        }
    }
}

/// An answer that asks to be left alone for so many seconds.
pub fn asks_to_wait(status: u16, seconds: &str) -> HttpAnswer {
    HttpAnswer {
        retry_after: Some(seconds.to_owned()),
        ..answer_of(status, Vec::new())
    }
}

pub fn body(request: &HttpRequest) -> &str {
    request.body.as_ref().expect("a body").as_str()
}

#[test]
fn case_1_three_receivers_get_the_same_bytes_and_the_failed_one_a_retry() {
    let scene = Scene::new();
    let [a, b, c] = ["a", "b", "c"].map(|name| scene.endpoint(name));
    scene.answer(&b, 500);
    scene.event();
    let first = scene.app.deliver();
    assert_eq!(first.len(), 3);
    assert!(first.iter().all(|request| body(request) == body(&first[0])));
    scene.answer(&b, 200);
    let again = scene.app.deliver_after(6);
    assert_eq!(again.len(), 1);
    let before = first.iter().find(|request| request.url == b.url).unwrap();
    assert_eq!(again[0].url, b.url);
    assert_eq!(body(&again[0]), body(before));
    let id = header(before, "webhook-id");
    assert_eq!(header(&again[0], "webhook-id"), id);
    for name in ["webhook-timestamp", "webhook-signature"] {
        assert_ne!(header(&again[0], name), header(before, name), "{name}");
    }
    for request in first.iter().chain(&again) {
        let mut endpoints = [&a, &b, &c].into_iter();
        let endpoint = endpoints.find(|each| each.url == request.url);
        let signature = endpoint.unwrap().signature(request);
        assert_eq!(header(request, "webhook-signature"), signature);
    }
    let delivered = |attempts| ("delivered".to_owned(), attempts);
    let mut states = scene.states();
    states.sort();
    assert_eq!(states, [delivered(1), delivered(1), delivered(2)]);
}

#[test]
fn case_2_a_redirect_is_a_failure_and_not_followed() {
    let scene = Scene::new();
    let endpoint = scene.endpoint("moved");
    scene.answer(&endpoint, 308);
    scene.event();
    assert_eq!(scene.app.deliver().len(), 1);
    let logged = "webhook_attempts WHERE error = 'redirect_not_followed' AND status = 308";
    assert_eq!(scene.app.rows(logged), 1);
}

#[test]
fn case_5_a_schedule_of_two_makes_three_attempts() {
    let scene = Scene::with(Some("5,300"));
    let endpoint = scene.endpoint("down");
    scene.answer(&endpoint, 503);
    scene.event();
    assert_eq!(scene.app.deliver().len(), 1);
    // Woken before its time, it waits.
    let early = std::slice::from_ref(&endpoint.id);
    scene.app.consume("wvw-builder-webhooks-slow", early);
    assert_eq!(scene.app.deliver_after(3).len(), 0);
    assert_eq!(scene.app.deliver_after(3).len(), 1);
    assert_eq!(scene.app.deliver_after(265).len(), 0);
    assert_eq!(scene.app.deliver_after(70).len(), 1);
    assert_eq!(scene.states(), [("dead".to_owned(), 3)]);
    assert_eq!(scene.app.deliver_after(1_000_000).len(), 0);
    let numbers = "SELECT CAST(number AS TEXT) FROM webhook_attempts";
    assert_eq!(scene.app.texts(numbers), ["1", "2", "3"]);
}

#[test]
fn case_4_every_live_secret_signs_newest_first() {
    let scene = Scene::new();
    let mut endpoint = scene.endpoint("rotated");
    let expires = scene.app.test_now() + 86_400_000;
    let secrets = [endpoint.secret, [7; 32], [9; 32]];
    for secret in &secrets[1..] {
        scene.app.wait_ms(1000);
        scene.app.add_secret(&endpoint.id, secret, Some(expires));
    }
    scene.event();
    let sent = scene.app.deliver();
    let signatures: Vec<_> = header(&sent[0], "webhook-signature").split(' ').collect();
    let signature = |secret: &[u8; 32]| {
        endpoint.secret = *secret;
        endpoint.signature(&sent[0])
    };
    let expected: Vec<_> = secrets.iter().rev().map(signature).collect();
    assert_eq!(signatures, expected);
    scene.app.wait_ms(86_400_001);
    scene.event();
    let sent = scene.app.deliver();
    assert_eq!(header(&sent[0], "webhook-signature").split(' ').count(), 1);
}

#[test]
fn case_7_a_disabled_endpoint_gets_nothing_and_goes_on_when_it_is_enabled() {
    let scene = Scene::new();
    let endpoint = scene.endpoint("paused");
    scene.answer(&endpoint, 500);
    scene.event();
    assert_eq!(scene.app.deliver().len(), 1);
    scene.app.execute("UPDATE webhooks SET disabled_at = 1");
    scene.event();
    assert_eq!(scene.app.deliver_after(10).len(), 0);
    assert_eq!(scene.states(), [("held".to_owned(), 1)]);
    scene.app.execute("UPDATE webhooks SET disabled_at = NULL");
    let pending = "UPDATE webhook_deliveries SET state = 'pending'";
    scene.app.execute(pending);
    scene.answer(&endpoint, 200);
    scene.reconcile();
    assert_eq!(scene.app.deliver().len(), 1);
    assert_eq!(scene.states(), [("delivered".to_owned(), 2)]);
}

#[test]
fn gone_disables_at_once_and_the_owners_others_are_told() {
    let scene = Scene::new();
    let (gone, other) = (scene.endpoint("gone"), scene.endpoint("other"));
    scene.answer(&gone, 410);
    scene.event();
    let sent = scene.app.deliver();
    let to_other: Vec<_> = sent.iter().filter(|each| each.url == other.url).collect();
    assert_eq!(to_other.len(), 2, "{sent:?}");
    let event = event_of(to_other[1]);
    assert_eq!(event["type"], "webhook.disabled");
    assert_eq!(event["data"]["reason"], "gone");
    assert_eq!(scene.app.rows("webhooks WHERE disabled_reason = 'gone'"), 1);
    scene.event();
    assert!(scene.app.deliver().iter().all(|each| each.url == other.url));
}

#[test]
fn case_10_five_days_of_failures_disable_and_one_success_begins_anew() {
    for has_success in [false, true] {
        let scene = Scene::new();
        let (dead, other) = (scene.endpoint("dead"), scene.endpoint("other"));
        scene.answer(&dead, 500);
        let mut told = 0;
        for hour in 0..(5 * 24 + 2) {
            match hour {
                60 if has_success => scene.answer(&dead, 200),
                62 if has_success => scene.answer(&dead, 500),
                _ => {}
            }
            scene.event();
            for _ in 0..4 {
                let sent = scene.app.deliver_after(900);
                let to_other = sent.iter().filter(|each| each.url == other.url);
                let is_told = |each: &&HttpRequest| event_of(each)["type"] == "webhook.disabled";
                told += to_other.filter(is_told).count();
            }
            scene.reconcile();
        }
        let disabled = scene.app.rows("webhooks WHERE disabled_reason = 'failing'");
        assert_eq!((told, disabled), if has_success { (0, 0) } else { (1, 1) });
    }
}

#[test]
fn an_endpoint_that_asks_for_less_is_left_alone_until_it_said() {
    let scene = Scene::new();
    let endpoint = scene.endpoint("busy");
    let known = Rc::new(Cell::new(0));
    let count = Rc::clone(&known);
    scene.app.test.web.answer_with(move |_| {
        let status = if count.replace(count.get() + 1) == 0 {
            429
        } else {
            200
        };
        Ok(asks_to_wait(status, "120"))
    });
    scene.event();
    assert_eq!(scene.app.deliver().len(), 1);
    scene.event();
    assert_eq!(scene.app.deliver_after(100).len(), 0);
    assert_eq!(scene.app.deliver_after(21).len(), 2);
    assert_eq!(known.get(), 3);
    assert_eq!(scene.states().len(), 2, "{}", endpoint.id);
}

#[test]
fn an_event_without_a_message_is_found_by_the_reconciler_and_sent_once() {
    let scene = Scene::new();
    scene.endpoint("a");
    scene.event();
    let messages = scene.app.test.queue.take_all();
    assert_eq!(messages.len(), 1);
    assert_eq!(scene.app.deliver_after(20).len(), 0);
    scene.reconcile();
    scene.reconcile();
    assert_eq!(scene.app.deliver().len(), 1);
    // And the lost one comes after all.
    let lost = [messages[0].body.clone()];
    scene.app.consume("wvw-builder-webhooks", &lost);
    assert_eq!(scene.app.deliver().len(), 0);
}

#[test]
fn nobody_listens_so_nothing_is_written() {
    let scene = Scene::new();
    scene.app.build(&scene.player, &json!({}));
    assert_eq!(scene.app.rows("webhook_events"), 0);
    assert!(scene.app.test.queue.messages().is_empty());
}

#[test]
fn updates_and_deletions_are_told_and_stale_writes_are_not() {
    let scene = Scene::new();
    scene.endpoint("a");
    let build = scene.app.build(&scene.player, &json!({}));
    let path = build_path(&build);
    let renamed = json!({ "name": "Another" });
    let (app, player) = (&scene.app, &scene.player);
    app.patch_as(player, &path, &renamed).expect(200);
    let stale = app.call("PATCH", &path).json(&renamed);
    stale.by(player).if_match("\"9\"").send().expect(412);
    app.delete_as(player, &path).expect(204);
    let sent = app.deliver();
    let kind = |each| text(&event_of(each)["type"]);
    let mut kinds: Vec<_> = sent.iter().map(kind).collect();
    kinds.sort();
    assert_eq!(kinds, ["build.created", "build.deleted", "build.updated"]);
}

#[test]
fn case_3_data_arrives_byte_for_byte_on_the_first_send_in_the_log_and_on_the_retry() {
    let scene = Scene::new();
    let endpoint = scene.endpoint("exact");
    scene.answer(&endpoint, 500);
    let data = r#"{"z":1,"a":2.50,"n":12345678901234567890,"u":"\u00e9 é \ud83d\ude00 😀"}"#;
    scene.raise("build.updated", "build_x", data);
    let first = scene.app.deliver();
    scene.answer(&endpoint, 200);
    let again = scene.app.deliver_after(6);
    let logged = scene.app.texts("SELECT payload FROM webhook_events");
    assert!(body(&first[0]).ends_with(&format!(r#","data":{data}}}"#)));
    assert_eq!(body(&again[0]), body(&first[0]));
    assert_eq!(logged, [body(&first[0])]);
}

#[test]
fn an_event_of_200_kb_is_told_of_by_its_id() {
    let scene = Scene::new();
    scene.endpoint("a");
    let data = format!(r#"{{"notes":"{}"}}"#, "x".repeat(200_000));
    scene.raise("build.updated", "build_large", &data);
    let sent = scene.app.deliver();
    assert!(body(&sent[0]).len() < 20_000);
    let data = r#""data":{"id":"build_large","is_truncated":true}}"#;
    assert!(body(&sent[0]).ends_with(data), "{}", body(&sent[0]));
}

#[test]
fn case_6_a_retry_by_hand_takes_the_place_of_the_automatic_one() {
    let scene = Scene::new();
    let endpoint = scene.endpoint("by-hand");
    scene.answer(&endpoint, 500);
    scene.event();
    assert_eq!(scene.app.deliver().len(), 1);
    scene.answer(&endpoint, 200);
    let ids = scene.app.texts("SELECT id FROM webhook_deliveries");
    let path = format!("{WEBHOOKS}/deliveries/{}/retry", ids[0]);
    scene.app.act_as(&scene.player, &path).expect(202);
    assert_eq!(scene.app.deliver().len(), 1);
    assert_eq!(scene.app.deliver_after(600).len(), 0);
    assert_eq!(scene.states(), [("delivered".to_owned(), 2)]);
}

#[test]
fn case_5_what_was_given_up_is_recovered_each_message_once() {
    let scene = Scene::with(Some("5,300"));
    let endpoint = scene.endpoint("back");
    let since = kit::time::rfc3339(scene.app.test_now());
    scene.answer(&endpoint, 500);
    scene.events(3);
    scene.app.deliver();
    for _ in 0..20 {
        scene.app.deliver_after(100);
        scene.reconcile();
    }
    scene.app.deliver_after(1);
    assert_eq!(scene.states(), vec![("dead".to_owned(), 3); 3]);
    scene.answer(&endpoint, 200);
    let path = format!("{WEBHOOKS}/{}/recover", endpoint.id);
    let recover = scene.app.post(&path, &json!({ "since": since }));
    let recover = recover.token(&scene.app.new_token(&scene.player));
    assert_eq!(recover.send().expect(202).json()["recovered"], 3);
    let mut ids: Vec<String> = Vec::new();
    for _ in 0..90 {
        let sent = scene.app.deliver_after(60);
        let id = |each| header(each, "webhook-id").to_owned();
        ids.extend(sent.iter().map(id));
        scene.reconcile();
    }
    ids.sort();
    let count = ids.len();
    ids.dedup();
    assert_eq!((count, ids.len()), (3, 3));
    assert_eq!(scene.states(), vec![("delivered".to_owned(), 4); 3]);
}

#[test]
fn a_rate_is_kept_and_everything_arrives() {
    let scene = Scene::new();
    scene.endpoint("slowly");
    scene.app.execute("UPDATE webhooks SET rate_limit = 2");
    scene.events(6);
    let mut times = Vec::new();
    for _ in 0..300 {
        let now = scene.app.test_now();
        times.extend(scene.app.deliver_after(1).iter().map(|_| now));
    }
    assert_eq!(times.len(), 6);
    let is_kept = |three: &[i64]| three[2] - three[0] >= 60_000;
    assert!(times.windows(3).all(is_kept), "{times:?}");
}
