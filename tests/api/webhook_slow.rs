//! Slow webhook receivers. They delay nobody else, and get no more deliveries meanwhile than they have
//! begun. `tests/edge` has time limits and bodies, on real connections.

use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::task::{Context, Poll, Waker};

use testing::prelude::*;
use wvw_builder::platform::{HttpFailure, Lane};

use crate::webhook_delivery::Scene;

const QUEUE: &str = "wvw-builder-webhooks";

/// Receivers whose URL says `hangs` do not answer before they are let.
struct Hanging {
    web: MemoryWeb,
    answer: Rc<Cell<Option<bool>>>,
}

impl HttpClient for Hanging {
    fn send(&self, request: HttpRequest) -> LocalFuture<'_, Result<HttpAnswer, HttpError>> {
        let hangs = request.url.contains("hangs");
        // It has arrived.
        let answered = self.web.send(request);
        Box::pin(async move {
            let answered = answered.await;
            if !hangs {
                return answered;
            }
            // The test is not to hang with it.
            let mut patience = 10_000;
            let is_well = poll_fn(|cx| {
                cx.waker().wake_by_ref();
                patience -= 1;
                let answer = self.answer.get().or((patience == 0).then_some(false));
                answer.map_or(Poll::Pending, Poll::Ready)
            });
            if is_well.await {
                return answered;
            }
            Err(HttpError {
                failure: HttpFailure::Timeout,
                begun: None,
                cause: "no answer".to_owned(),
            })
        })
    }
}

/// A scene, and what lets its receivers answer: well, or too late.
fn scene() -> (Scene, Rc<Cell<Option<bool>>>) {
    let answer = Rc::new(Cell::new(Some(true)));
    let scene = Scene::new().on(|test| Platform {
        http: Box::new(Hanging {
            web: test.web.clone(),
            answer: Rc::clone(&answer),
        }),
        ..test.platform(5)
    });
    (scene, answer)
}

/// Lets work go on for longer than anyone looks away.
fn go_on(work: &mut Pin<&mut impl Future<Output = ()>>) -> bool {
    let mut context = Context::from_waker(Waker::noop());
    (0..200).any(|_| work.as_mut().poll(&mut context).is_ready())
}

/// What was sent to each endpoint: those that hang, and the others.
fn sent(scene: &Scene) -> (usize, usize) {
    counted(&scene.app.test.web.take_requests())
}

fn counted(requests: &[HttpRequest]) -> (usize, usize) {
    let hanging = requests.iter().filter(|each| each.url.contains("hangs"));
    let hanging = hanging.count();
    (hanging, requests.len() - hanging)
}

/// How the endpoints do, those that hang last.
fn states(scene: &Scene) -> Vec<String> {
    let page = scene.app.get_as(&scene.player, WEBHOOKS).ok();
    let data = array(&page["data"]).iter();
    let states = data.map(|each| (text(&each["url"]), text(&each["health"]["state"])));
    states.collect::<BTreeMap<_, _>>().into_values().collect()
}

fn messages(scene: &Scene) -> Vec<String> {
    scene.app.test.queue.take_due(Lane::First)
}

#[test]
fn nobody_waits_for_a_receiver_that_hangs_and_it_gets_nothing_more_until_it_answers() {
    for is_well in [true, false] {
        let (scene, answer) = scene();
        scene.endpoint("hangs");
        scene.endpoint("good");
        scene.event();
        scene.app.deliver();
        answer.set(None);

        scene.event();
        let bodies = messages(&scene);
        let is_settled = Cell::new(false);
        let settle = |_: &[_]| is_settled.set(true);
        let app = &scene.app.app;
        let mut batch = pin!(app.consume(QUEUE, &bodies, &settle));
        assert!(!go_on(&mut batch));
        assert!(is_settled.get(), "the next batch waits for a receiver");
        assert_eq!(sent(&scene), (1, 1));
        // Nobody has waited for long.
        scene.event();
        let next = messages(&scene);
        {
            let mut batch = pin!(app.consume(QUEUE, &next, &|_| ()));
            assert!(!go_on(&mut batch));
            assert_eq!(sent(&scene), (1, 1));
            scene.app.wait_ms(1_000);
            assert!(!go_on(&mut batch));
        }
        assert!(!go_on(&mut batch));
        scene.events(5);
        // They wake nobody for it.
        scene.app.consume(QUEUE, &messages(&scene));
        let woken = scene.app.test.queue.take_due(Lane::Slow);
        assert_eq!(woken.len(), 0, "{woken:?}");
        let mut requests = scene.app.test.web.take_requests();
        requests.extend(scene.app.deliver());
        scene.reconcile();
        requests.extend(scene.app.deliver());
        assert_eq!(counted(&requests), (0, 5), "after a second");

        assert_eq!(states(&scene), ["healthy", "slow"]);
        scene.app.wait_ms(1_000);
        answer.set(Some(is_well));
        assert!(go_on(&mut batch));
        let free = "webhooks WHERE url LIKE '%hangs%' AND is_proven AND hung_until = 0";
        assert_eq!(scene.app.rows(free) == 1, is_well);
        if is_well {
            // What it has been spared comes at once.
            assert_eq!(counted(&scene.app.deliver()), (5, 0));
        }
        let state = if is_well { "healthy" } else { "failing" };
        assert_eq!(states(&scene), ["healthy", state]);
        // What it has been spared comes, and what was lost with the second batch.
        answer.set(Some(true));
        scene.app.deliver_after(5);
        scene.app.deliver_after(60);
        scene.reconcile();
        scene.app.deliver_after(600);
        let states = scene.states();
        let delivered = states.iter().filter(|(state, _)| state == "delivered");
        assert_eq!((delivered.count(), states.len()), (16, 16), "{states:?}");
    }
}

#[test]
fn what_cannot_begin_beside_it_is_given_back_and_does_not_hold_the_batch() {
    let (scene, answer) = scene();
    scene.endpoint("hangs");
    scene.event();
    scene.app.deliver();
    answer.set(None);
    scene.events(10);
    scene.app.test.web.take_requests();
    let bodies = messages(&scene);
    let is_settled = Cell::new(false);
    let settle = |_: &[_]| is_settled.set(true);
    let mut batch = pin!(scene.app.app.consume(QUEUE, &bodies, &settle));
    assert!(!go_on(&mut batch));
    assert_eq!(sent(&scene), (3, 0));
    assert!(!is_settled.get());
    scene.app.wait_ms(2_100);
    assert!(!go_on(&mut batch));
    assert!(is_settled.get());
    let free = "webhook_deliveries WHERE claim IS NULL AND claims = 0 AND attempts = 0 \
                AND state = 'pending'";
    assert_eq!(scene.app.rows(free), 7);
    let until = scene.app.test_now() + 5_000;
    assert_eq!(scene.app.count("SELECT hung_until FROM webhooks"), until);
    assert_eq!(scene.app.deliver().len(), 0);
    // Its answer ends that, and the wait of those that were given back ends in five seconds at most.
    answer.set(Some(true));
    assert!(go_on(&mut batch));
    assert_eq!(scene.app.deliver_after(5).len(), 7);
}

#[test]
fn a_receiver_that_hangs_is_a_failure_and_loses_the_fast_lane() {
    let scene = Scene::new();
    scene.endpoint("hangs");
    scene.event();
    scene.app.deliver();
    let hangs = |_: &HttpRequest| MemoryWeb::fails(HttpFailure::Timeout);
    scene.app.test.web.answer_with(hangs);
    scene.event();
    scene.app.deliver();
    scene.event();
    scene.app.test.web.take_requests();
    scene.app.consume(QUEUE, &messages(&scene));
    assert_eq!(scene.app.test.web.take_requests().len(), 0);
    let timeouts = "webhook_attempts WHERE error = 'timeout'";
    assert_eq!(scene.app.rows(timeouts), 1);
}
