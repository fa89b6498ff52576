//! Webhook endpoints for tests, and the queues' consumers: what is due is worked on when the test says so,
//! in the order of the queues.

use crypto::seal;
use pollster::block_on;
use serde_json::{Value, json};
use wvw_builder::config::Config;
use wvw_builder::events::signing::EndpointSecret;
use wvw_builder::ids::{DeliveryId, EventId, WebhookId, WebhookSecretId};
use wvw_builder::platform::native::{MemoryWeb, TestPlatform};
use wvw_builder::platform::{
    HttpAnswer, HttpClient, HttpError, HttpRequest, Lane, LocalFuture, Platform,
};
use wvw_builder::webhooks::SECRET_LABEL;

use super::databases::step_aside;
use super::{Answer, Call, Player, TestApp, config_value, hex, text};

/// An endpoint of a player.
pub struct Endpoint {
    pub id: String,
    pub url: String,
    pub secret: [u8; 32],
}

impl Endpoint {
    /// The signature of a request with one of its secrets.
    pub fn signature(&self, request: &HttpRequest) -> String {
        let secret = EndpointSecret::from_bytes(&self.secret).expect("32 bytes");
        let body = request.body.as_ref().expect("a body").as_str();
        let timestamp = header(request, "webhook-timestamp")
            .parse()
            .expect("seconds");
        let id = header(request, "webhook-id");
        wvw_builder::events::signing::signature_header(&[secret], id, timestamp, body)
    }
}

/// Answers as the test says, but not before everyone else had a turn: requests are under way side by
/// side, as they are in the real world.
pub struct SideBySide(pub MemoryWeb);

impl SideBySide {
    /// The platform of a test with it in front.
    pub fn platform(test: &TestPlatform, seed: u64) -> Platform {
        Platform {
            http: Box::new(Self(test.web.clone())),
            ..test.platform(seed)
        }
    }
}

impl HttpClient for SideBySide {
    fn send(&self, request: HttpRequest) -> LocalFuture<'_, Result<HttpAnswer, HttpError>> {
        Box::pin(async move {
            step_aside().await;
            self.0.send(request).await
        })
    }
}

/// What a receiver answers.
pub fn answer_of(status: u16, body: Vec<u8>) -> HttpAnswer {
    HttpAnswer {
        status,
        retry_after: None,
        body,
    }
}

/// A header of a request that was sent.
pub fn header<'r>(request: &'r HttpRequest, name: &str) -> &'r str {
    let found = request.headers.iter().find(|(known, _)| known == name);
    &found.unwrap_or_else(|| panic!("no {name}")).1
}

impl TestApp {
    /// Gives a player an enabled endpoint for all events, whose URL has answered a ping.
    pub fn endpoint(&self, player: &Player, url: &str) -> Endpoint {
        let seed = 77 + self.rows("webhooks").cast_unsigned();
        let platform = self.test.platform(seed);
        let id = WebhookId::fresh(&platform);
        let now = self.test_now();
        self.execute(format!(
            "INSERT INTO webhooks (id, user_id, url, description, event_types, version, \
             created_at, updated_at, is_proven) VALUES ('{id}', '{}', '{url}', '', '[\"*\"]', 1, {now}, {now}, 1)",
            player.id
        ));
        let endpoint = Endpoint {
            id: id.to_string(),
            url: url.to_owned(),
            secret: platform.random_bytes(),
        };
        self.add_secret(&endpoint.id, &endpoint.secret, None);
        endpoint
    }

    /// Puts all endpoints into the slow lane: they have let us wait, and have not answered since.
    pub fn slow_down(&self) {
        self.execute("UPDATE webhooks SET hung_until = 1");
    }

    /// As if the URL of this endpoint had answered its ping some time ago.
    pub fn prove(&self, webhook: &str) {
        self.execute(format!(
            "UPDATE webhooks SET is_proven = 1 WHERE id = '{webhook}'"
        ));
        self.execute(format!(
            "DELETE FROM webhook_deliveries WHERE webhook_id = '{webhook}'"
        ));
        self.test.queue.take_all();
    }

    /// Another secret of an endpoint; the one before it signs until `previous_expires_at`.
    pub fn add_secret(&self, webhook: &str, secret: &[u8], previous_expires_at: Option<i64>) {
        let seed = 900 + self.rows("webhook_secrets").cast_unsigned();
        let platform = self.test.platform(seed);
        let master = Config::load(config_value).expect("good").master_keys;
        let id = WebhookSecretId::fresh(&platform);
        let label = format!("{SECRET_LABEL}{id}");
        let sealed = seal::seal(&master, &label, secret, &platform).expect("sealed");
        if let Some(at) = previous_expires_at {
            self.execute(format!(
                "UPDATE webhook_secrets SET expires_at = {at} \
                 WHERE webhook_id = '{webhook}' AND expires_at IS NULL"
            ));
        }
        let sealed = hex(&sealed);
        self.execute(format!(
            "INSERT INTO webhook_secrets (id, webhook_id, sealed_secret, created_at) \
             VALUES ('{id}', '{webhook}', x'{sealed}', {})",
            self.test_now()
        ));
    }

    /// Gives one batch to a consumer.
    pub fn consume(&self, queue: &str, bodies: &[String]) {
        let settled = std::cell::Cell::new(false);
        block_on(self.app.consume(queue, bodies, &|settlements| {
            assert_eq!(settlements.len(), bodies.len(), "{queue}");
            assert!(!settled.replace(true), "settled twice");
        }));
        assert!(settled.get(), "{queue}: nobody settled {bodies:?}");
    }

    /// Lets the consumers work on all that is due, until nothing is. Gives what was sent.
    pub fn deliver(&self) -> Vec<HttpRequest> {
        self.test.web.take_requests();
        for _ in 0..200 {
            let due = [
                (
                    "wvw-builder-webhooks",
                    self.test.queue.take_due(Lane::First),
                ),
                (
                    "wvw-builder-webhooks-slow",
                    self.test.queue.take_due(Lane::Slow),
                ),
            ];
            if due.iter().all(|(_, bodies)| bodies.is_empty()) {
                return self.test.web.take_requests();
            }
            for (queue, bodies) in due.iter().filter(|(_, bodies)| !bodies.is_empty()) {
                self.consume(queue, bodies);
            }
        }
        let messages = self.test.queue.messages();
        panic!("the queues are never empty: {messages:?}");
    }

    /// Runs what is done every minute.
    pub fn reconcile(&self) {
        block_on(self.app.tick("* * * * *", self.test_now()));
    }

    /// Moves the clock and delivers.
    pub fn deliver_after(&self, seconds: i64) -> Vec<HttpRequest> {
        self.test.clock.advance_ms(seconds * 1000);
        self.deliver()
    }
}

pub const WEBHOOKS: &str = "/api/v1/webhooks";
pub const URL: &str = "https://bot.guild.gg/hooks";

/// An endpoint of this player's; `body` is laid over a plain one.
#[track_caller]
pub fn make(app: &TestApp, player: &Player, body: &Value) -> Value {
    ask(app, player, body).send().created()
}

/// A URL that no endpoint has.
pub fn fresh_url(app: &TestApp) -> String {
    let number = app.rows("webhooks");
    format!("{URL}/{number}")
}

/// As [`make`], and its URL has answered its ping.
#[track_caller]
pub fn make_proved(app: &TestApp, player: &Player, body: &Value) -> Value {
    let webhook = make(app, player, body);
    app.prove(&text(&webhook["id"]));
    webhook
}

pub fn ask<'a>(app: &'a TestApp, player: &Player, body: &Value) -> Call<'a> {
    let mut whole = json!({ "url": URL, "event_types": ["*"] });
    for (name, value) in body.as_object().expect("an object") {
        whole[name] = value.clone();
    }
    app.post(WEBHOOKS, &whole).token(&player.token)
}

/// A delivery, and its event, in this state; leased until `leased_until`, or not at all.
pub fn delivery(app: &TestApp, webhook: &str, state: &str, leased_until: i64) -> String {
    let now = app.test_now();
    let seed = 5_000 + app.rows("webhook_deliveries").cast_unsigned();
    let platform = app.test.platform(seed);
    let event = EventId::fresh(&platform);
    let id = DeliveryId::fresh(&platform);
    let reason = match state {
        "dead" => "'exhausted'",
        _ => "NULL",
    };
    let (lease, due) = match leased_until {
        0 => ("NULL", now + 5_000),
        until => ("'someone'", until),
    };
    for sql in [
        format!(
            "INSERT INTO webhook_events (id, user_id, type, scope, payload, traceparent) \
             SELECT '{event}', user_id, 'build.created', 'builds:read', \
             '{{\"type\":\"build.created\",\"data\":{{\"z\":1,\"a\":2.50,\"n\":12345678901234567890}}}}', '' \
             FROM webhooks WHERE id = '{webhook}'"
        ),
        format!(
            "INSERT INTO webhook_deliveries (id, webhook_id, event_id, state, reason, attempts, \
             step, claim, next_attempt_at) VALUES ('{id}', '{webhook}', '{event}', '{state}', \
             {reason}, 1, 3, {lease}, {due})"
        ),
        format!(
            "INSERT INTO webhook_attempts VALUES ('{id}', 1, {now}, 82, 500, 'http_status', 'Oops')"
        ),
    ] {
        app.execute(sql);
    }
    id.to_string()
}

pub fn path(webhook: &Value) -> String {
    format!("{WEBHOOKS}/{}", text(&webhook["id"]))
}

pub fn get(app: &TestApp, player: &Player, webhook: &Value) -> Answer {
    app.get_as(player, &path(webhook))
}

pub fn patch<'a>(app: &'a TestApp, player: &Player, webhook: &Value, body: &Value) -> Call<'a> {
    app.call("PATCH", &path(webhook)).json(body).by(player)
}

pub fn actions(app: &TestApp) -> Vec<String> {
    let actions = app.texts(
        "SELECT action || ' ' || coalesce(entry ->> '$.detail.members', '') FROM audit_log \
         WHERE action LIKE 'webhook.%' ORDER BY seq",
    );
    actions.iter().map(|it| it.trim().to_owned()).collect()
}
