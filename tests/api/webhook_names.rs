//! Targets that are not called: names that resolve to internal addresses, resolvers that are down,
//! secrets that cannot be opened. Each is found before the attempt, delays nobody else, and our own
//! faults do not count against the receiver. The tests of `webhooks::target` have spellings of targets.

use testing::prelude::*;
use testing::webhooks::answer_of;
use wvw_builder::platform::native::TestClock;
use wvw_builder::platform::{HttpFailure, Lane};

use crate::webhook_delivery::Scene;

pub const RESOLVER: &str = "https://dns.guild.gg/dns-query";

fn config(name: &str) -> Option<String> {
    match name {
        "DNS_RESOLVER_URL" => Some(RESOLVER.to_owned()),
        _ => config_value(name),
    }
}

fn is_question(request: &HttpRequest) -> bool {
    request.url.starts_with(RESOLVER)
}

/// The resolver's answer to a question for addresses of this kind.
pub fn addresses(request: &HttpRequest, of_v4: &str) -> HttpAnswer {
    let is_v4 = request.url.ends_with("type=A");
    let answers = if is_v4 { of_v4 } else { "" };
    let body = format!("{{\"Status\":0,\"Answer\":[{answers}]}}");
    answer_of(200, body.into_bytes())
}

pub const PUBLIC: &str = r#"{"type":1,"data":"93.184.216.34"}"#;
pub const MIXED: &str = r#"{"type":1,"data":"93.184.216.34"},{"type":1,"data":"10.0.0.1"}"#;

/// A scene with a resolver, which finds these addresses; receivers answer 200.
fn scene(found: &'static str) -> Scene {
    let app = TestApp::with(config);
    let player = app.player("commander");
    let answers = Rc::default();
    let scene = Scene {
        app,
        player,
        answers,
    };
    answer(&scene, move |request| Ok(addresses(request, found)));
    scene
}

fn answer(
    scene: &Scene,
    resolve: impl Fn(&HttpRequest) -> Result<HttpAnswer, HttpError> + 'static,
) {
    scene.app.test.web.answer_with(move |request| {
        if is_question(request) {
            resolve(request)
        } else {
            MemoryWeb::status(200)
        }
    });
}

/// How many of what was sent went to receivers.
fn posts(sent: &[HttpRequest]) -> usize {
    sent.iter().filter(|request| !is_question(request)).count()
}

fn errors(scene: &Scene) -> Vec<String> {
    let errors = "SELECT coalesce(error, '') FROM webhook_attempts ORDER BY at";
    scene.app.texts(errors)
}

const BLAME: &str =
    "SELECT failures + (failing_since IS NOT NULL) + (paused_until > 0) FROM webhooks";

#[test]
fn a_name_with_one_public_and_one_private_address_is_refused_at_delivery() {
    let scene = scene(MIXED);
    scene.endpoint("rebound");
    scene.event();
    assert_eq!(posts(&scene.app.deliver()), 0);
    assert_eq!(errors(&scene), ["target_refused"]);
    assert!(scene.app.count(BLAME) > 0);
    // And reached once all of its addresses are public.
    answer(&scene, |request| Ok(addresses(request, PUBLIC)));
    assert_eq!(posts(&scene.app.deliver_after(6)), 1);
    assert_eq!(errors(&scene), ["target_refused", ""]);
}

#[test]
fn a_target_that_is_refused_by_now_is_not_called() {
    for url in "https://10.0.0.1/h https://[1::1]/h http://bot.guild.gg/h".split(' ') {
        let scene = Scene::new();
        scene.app.endpoint(&scene.player, url);
        scene.event();
        assert_eq!(scene.app.deliver().len(), 0, "{url}");
        assert_eq!(errors(&scene), ["target_refused"], "{url}");
    }
}

#[test]
fn a_name_that_leads_nowhere_is_the_receivers_failure() {
    let scene = scene("");
    scene.endpoint("gone");
    scene.event();
    assert_eq!(posts(&scene.app.deliver()), 0);
    assert_eq!(errors(&scene), ["name_not_found"]);
    assert!(scene.app.count(BLAME) > 0);
}

#[test]
fn nobody_is_blamed_for_a_resolver_that_is_away_or_a_secret_that_does_not_open() {
    for error in ["resolver_unavailable", "secret_unreadable"] {
        let scene = scene(PUBLIC);
        let endpoint = scene.endpoint("fine");
        let sealed = "SELECT hex(sealed_secret) FROM webhook_secrets";
        let sealed = scene.app.texts(sealed);
        let seal = |hex: &str| {
            let sql = format!("UPDATE webhook_secrets SET sealed_secret = x'{hex}'");
            scene.app.execute(&sql);
        };
        if error == "secret_unreadable" {
            seal("00");
        } else {
            answer(&scene, |_| MemoryWeb::fails(HttpFailure::Timeout));
        }
        scene.events(20);
        assert_eq!(posts(&scene.app.deliver()), 0);
        // One finds out for all: the others have lost nothing.
        assert_eq!(errors(&scene), [error]);
        let untouched = "webhook_deliveries \
             WHERE state = 'pending' AND step + attempts + claims = 0 AND claim IS NULL";
        assert_eq!(scene.app.rows(untouched), 19);
        for _ in 0..6 * 24 {
            scene.event();
            scene.app.deliver_after(3_600);
            scene.reconcile();
        }
        scene.app.deliver();
        assert_eq!(scene.app.count(BLAME), 0, "{error}");
        let disabled = "webhooks WHERE disabled_at IS NOT NULL";
        assert_eq!(scene.app.rows(disabled), 0);
        assert!(errors(&scene).iter().all(|found| found == error));
        answer(&scene, |request| Ok(addresses(request, PUBLIC)));
        seal(&sealed[0]);
        scene.event();
        assert!(posts(&scene.app.deliver_after(40)) > 0, "{}", endpoint.url);
    }
}

#[test]
fn only_names_that_are_about_to_be_called_are_looked_up_and_once_for_many() {
    let mut scene = scene(PUBLIC);
    let platform = SideBySide::platform(&scene.app.test, 5);
    scene.app = scene.app.isolate_with(platform, config);
    scene.endpoint("a");
    let deaf = scene.endpoint("deaf");
    scene.app.execute(format!(
        "UPDATE webhooks SET event_types = '[\"team.created\"]' WHERE id = '{}'",
        deaf.id
    ));
    scene.events(20);
    let sent = scene.app.deliver();
    assert_eq!((posts(&sent), sent.len()), (20, 22));
    assert!(!sent.iter().any(|request| request.url.contains("deaf")));
}

/// Lets questions for slow names wait, and writes down who was called.
struct SlowNames {
    web: MemoryWeb,
    called: Rc<RefCell<Vec<String>>>,
}

impl HttpClient for SlowNames {
    fn send(&self, request: HttpRequest) -> LocalFuture<'_, Result<HttpAnswer, HttpError>> {
        Box::pin(async move {
            if is_question(&request) && request.url.contains("name=slow") {
                for _ in 0..100 {
                    step_aside().await;
                }
            }
            let answer = self.web.send(request.clone()).await;
            if !is_question(&request) {
                self.called.borrow_mut().push(request.url);
            }
            answer
        })
    }
}

/// An isolate that calls others through `http`.
fn through(scene: &Scene, http: impl HttpClient + 'static) -> TestApp {
    let platform = Platform {
        http: Box::new(http),
        ..scene.app.test.platform(9)
    };
    scene.app.isolate_with(platform, config)
}

#[test]
fn slow_name_servers_do_not_hold_up_others() {
    let scene = scene(PUBLIC);
    for name in ["slow-1", "slow-2", "slow-3", "slow-4", "slow-5", "quick"] {
        scene.endpoint(name);
    }
    scene.event();
    scene.app.deliver();
    // All of them have answered well: the fast lane.
    scene.events(3);
    let messages = scene.app.test.queue.take_all();
    let bodies: Vec<String> = messages.into_iter().map(|each| each.body).collect();
    let called: Rc<RefCell<Vec<String>>> = Rc::default();
    let web = scene.app.test.web.clone();
    let known = Rc::clone(&called);
    let isolate = through(&scene, SlowNames { web, called: known });
    let queue = "wvw-builder-webhooks";
    all_together([isolate.app.consume(queue, &bodies, &|_| {})]);
    let called = called.borrow();
    assert_eq!(called.len(), 18);
    let is_quick = |url: &String| url.contains("quick");
    assert!(called[..3].iter().all(is_quick), "{called:?}");
}

/// Each question takes this long, in milliseconds, by the clock of the test.
const QUESTION_MS: i64 = 1_600;

/// Moves the clock to the end of each question.
struct LongQuestions(MemoryWeb, TestClock);

impl HttpClient for LongQuestions {
    fn send(&self, request: HttpRequest) -> LocalFuture<'_, Result<HttpAnswer, HttpError>> {
        let ends = self.1.now_ms() + QUESTION_MS;
        Box::pin(async move {
            if is_question(&request) {
                step_aside().await;
                self.1.set_ms(ends.max(self.1.now_ms()));
            }
            self.0.send(request).await
        })
    }
}

#[test]
fn a_rate_is_not_used_up_by_looking_names_up() {
    let scene = scene(PUBLIC);
    let endpoint = scene.endpoint("rated");
    let test = &scene.app.test;
    scene.app.execute("UPDATE webhooks SET rate_limit = 60");
    scene.event();
    let isolate = through(&scene, LongQuestions(test.web.clone(), test.clock.clone()));
    for (queue, bodies) in [
        ("wvw-builder-webhooks", test.queue.take_due(Lane::First)),
        ("wvw-builder-webhooks-slow", vec![endpoint.id]),
    ] {
        all_together([isolate.app.consume(queue, &bodies, &|_| {})]);
    }
    // What is admitted begins within three seconds, or not at all.
    assert_eq!(scene.states(), [("delivered".to_owned(), 1)]);
}
