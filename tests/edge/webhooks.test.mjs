// Webhooks on the real local runtime: D1, the queues, fetch, and receivers that are real servers, some of them hostile.
// tests/simulation has schedules of days and faults, tests/api the rules.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { gzipSync } from "node:zlib";
import { Webhook } from "standardwebhooks";
import { ask, listen, receive, request } from "./client.mjs";
import { eventually, logIn, startWorker } from "./harness.mjs";

let worker;
let token;
const servers = [];

before(async () => {
  worker = await startWorker({ vars: { WEBHOOK_ALLOW_LOCAL: "true", WEBHOOK_RETRY_SECONDS: "1,2" }, network: true });
  token = await logIn(worker, "hooks@players.guild.gg");
});
after(async () => {
  for (const server of servers) server.close();
  await worker?.dispose();
});

/** A receiver that takes pings and answers all else by `handle`; gives its URL and what it got beside pings. */
async function receiver(handle = (_, response) => response.end()) {
  const got = [];
  const server = await receive((delivery, response) => {
    got.push(delivery);
    handle(delivery, response, got.length);
  });
  servers.push(server);
  return { got, url: `${server.url}hook` };
}

async function call(method, path, json, expected) {
  const { status, body } = await ask(worker, method, path, { token, body: json });
  assert.equal(status, expected, `${method} ${path}: ${JSON.stringify(body)}`);
  return body;
}

const endpoint = (url, more = {}) => call("POST", "/webhooks", { url, event_types: ["*"], ...more }, 201);
const remove = ({ id }) => call("DELETE", `/webhooks/${id}`, undefined, 204);
const CODE = "[&DQEqJS4aPio6AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=]";
const build = () => call("POST", "/builds", { name: "A build", chat_code: CODE }, 201);

test("an event arrives, and the library of the standard verifies it", async () => {
  const { got, url } = await receiver();
  const webhook = await endpoint(url, { headers: { "x-team": "red", authorization: "Bearer theirs" } });
  const made = await build();
  assert.ok(await eventually(() => got.length === 1, 5_000), JSON.stringify(worker.lines({ level: "warn" })));
  const { headers, body } = got[0];
  const verified = new Webhook(webhook.secret).verify(body, headers);
  assert.equal(verified.type, "build.created");
  assert.deepEqual(verified.data, made);
  assert.equal(headers["x-team"], "red");
  assert.equal(headers.authorization, "Bearer theirs");
  assert.match(headers["user-agent"], /^wvw-builder-webhooks\/\d/);
  assert.match(headers.traceparent, /^00-[0-9a-f]{32}-[0-9a-f]{16}-0[01]$/);
  assert.equal(headers["content-type"], "application/json");
  const deliveries = await eventually(async () => {
    const { data } = await call("GET", `/webhooks/${webhook.id}/deliveries`, undefined, 200);
    return data[0]?.state === "delivered" && data;
  });
  const delivery = await call("GET", `/webhooks/deliveries/${deliveries[0].id}`, undefined, 200);
  assert.deepEqual(delivery.payload, JSON.parse(body));
  assert.deepEqual(delivery.attempts.map(({ number, status, error }) => [number, status, error]), [[1, 200, null]]);
  await remove(webhook);
});

test("a failed delivery is tried again under the same id, with the same bytes", async () => {
  const { got, url } = await receiver((_, response, count) => response.writeHead(count < 3 ? 500 : 204).end());
  const webhook = await endpoint(url);
  await build();
  assert.ok(await eventually(() => got.length === 3, 15_000), `${got.length}`);
  assert.equal(new Set(got.map(({ body }) => body)).size, 1);
  assert.equal(new Set(got.map(({ headers }) => headers["webhook-id"])).size, 1);
  assert.ok(got[1].at - got[0].at > 850 && got[2].at - got[1].at > 1_700);
  for (const { body, headers } of got) new Webhook(webhook.secret).verify(body, headers);
  await remove(webhook);
});

test("a URL is sent a ping and nothing else until it answers one with 2xx", async () => {
  const kinds = [];
  let status = 500;
  const server = await listen(({ body }, response) => {
    kinds.push(JSON.parse(body).type);
    response.writeHead(status).end();
  });
  servers.push(server);
  const { url } = server;
  const webhook = await endpoint(url);
  await build();
  assert.ok(await eventually(() => kinds.length >= 2, 15_000));
  assert.deepEqual(new Set(kinds), new Set(["ping"]));
  assert.equal((await call("GET", `/webhooks/${webhook.id}`, undefined, 200)).health.state, "unproved");
  await call("POST", "/webhooks", { url, event_types: ["*"] }, 409);
  status = 204;
  assert.equal((await call("POST", `/webhooks/${webhook.id}/test`, {}, 200)).status, 204);
  assert.ok(await eventually(() => kinds.at(-1) === "build.created", 10_000), `${kinds}`);
  assert.equal(kinds.filter((kind) => kind === "build.created").length, 1);
  await remove(webhook);
});

test("a redirect is a failure, and not followed", async () => {
  const other = await receiver();
  const { got, url } = await receiver((_, response) => response.writeHead(308, { location: other.url }).end());
  const webhook = await endpoint(url);
  await build();
  assert.ok(await eventually(() => got.length >= 1, 5_000));
  const answered = await call("POST", `/webhooks/${webhook.id}/test`, { event_type: "build.created" }, 200);
  assert.equal(answered.status, 308);
  assert.equal(other.got.length, 0);
  await remove(webhook);
});

test("the cron finds an event whose message was lost", async () => {
  const { got, url } = await receiver();
  const webhook = await endpoint(url);
  await build();
  assert.ok(await eventually(() => got.length === 1, 5_000));
  // As if the Worker had been killed between the commit and the message.
  await worker.d1.prepare("INSERT INTO webhook_events (id, user_id, type, payload, traceparent, scope) SELECT 'event_00000000000000000000000000', user_id, type, payload, traceparent, scope FROM webhook_events WHERE type = 'build.created' LIMIT 1").run();
  await worker.scheduled({ cron: "* * * * *" });
  assert.ok(await eventually(() => got.length === 2, 5_000));
  assert.equal(got[1].headers["webhook-id"], "event_00000000000000000000000000");
  await remove(webhook);
});

test("hostile receivers are bounded, logged, and hold up nobody else", async () => {
  const bomb = gzipSync(Buffer.alloc(50_000_000));
  const hostile = {
    large: (_, response) => response.end("x".repeat(200_000)),
    bomb: (_, response) => response.writeHead(200, { "content-encoding": "gzip" }).end(bomb),
    drip: (_, response) => {
      response.writeHead(200);
      const timer = setInterval(() => response.write("x"), 500);
      response.on("close", () => clearInterval(timer));
    },
    reset: (_, response) => {
      response.writeHead(200, { "content-length": "100" });
      response.write("half");
      setTimeout(() => response.destroy(), 50);
    },
    headers: (_, response) => {
      response.socket.write("HTTP/1.1 200 OK\r\n");
      const timer = setInterval(() => response.socket.write(`x-${"y".repeat(1000)}: z\r\n`.repeat(50)), 20);
      response.socket.on("close", () => clearInterval(timer));
      response.socket.on("error", () => clearInterval(timer));
    },
  };
  const good = await receiver();
  const healthy = await endpoint(good.url);
  await build();
  assert.ok(await eventually(() => good.got.length === 1, 5_000));
  const webhooks = {};
  for (const [name, handle] of Object.entries(hostile)) webhooks[name] = await endpoint((await receiver(handle)).url);
  const times = [];
  for (let count = 0; count < 10; count += 1) {
    const begun = performance.now();
    await build();
    assert.ok(await eventually(() => good.got.length === 2 + count, 5_000), `${count}`);
    times.push(performance.now() - begun);
  }
  assert.ok(Math.max(...times) < 3_000, `${times}`);
  const first = async (webhook) => {
    const { data } = await call("GET", `/webhooks/${webhook.id}/deliveries`, undefined, 200);
    const oldest = data.filter(({ event_type }) => event_type !== "ping").at(-1);
    if (oldest === undefined || oldest.attempts_made === 0) return undefined;
    return (await call("GET", `/webhooks/deliveries/${oldest.id}`, undefined, 200)).attempts[0];
  };
  const outcomes = {};
  for (const [name, webhook] of Object.entries(webhooks)) outcomes[name] = await eventually(() => first(webhook), 40_000);
  assert.equal(outcomes.large?.status, 200);
  assert.equal(outcomes.large.error, null);
  assert.equal(outcomes.large.response.length, 4_096);
  assert.equal(outcomes.bomb?.error, null);
  assert.ok(outcomes.bomb.response.length <= 4_096);
  assert.equal(outcomes.drip?.error, "timeout");
  assert.ok(outcomes.drip.duration_ms < 20_000);
  assert.equal(outcomes.reset?.error, "connection_failed");
  assert.ok(["connection_failed", "timeout"].includes(outcomes.headers?.error), JSON.stringify(outcomes.headers));
  for (const webhook of [healthy, ...Object.values(webhooks)]) await remove(webhook);
});

test("receivers that have answered well and then hang or drip are waited for by nobody", async () => {
  const good = await receiver();
  let isWell = true;
  let ended = 0;
  const stopping = (drips) => (_, response) => {
    if (isWell) return response.end();
    response.on("close", () => (ended += 1));
    if (drips) response.writeHead(200).write("x");
    return undefined;
  };
  const others = [await receiver(stopping(false)), await receiver(stopping(true))];
  const webhooks = [];
  for (const { url } of [good, ...others]) webhooks.push(await endpoint(url));
  await build();
  assert.ok(await eventually(() => [good, ...others].every(({ got }) => got.length === 1), 5_000));
  const areWell = () => worker.d1.prepare("SELECT sum(is_proven = 1 AND hung_until = 0 AND failures = 0) AS n FROM webhooks").first("n");
  assert.ok(await eventually(async () => (await areWell()) === 3, 5_000));
  isWell = false;
  for (let count = 0; count < 30; count += 1) {
    await build();
    assert.ok(await eventually(() => good.got.length === 2 + count, 20_000), `${count}`);
    // Whoever waits for them waits until their time is over.
    assert.equal(ended, 0, `the event ${count} has waited for a receiver`);
  }
  // They are not called with every event: they have been seen to hang.
  assert.ok(await eventually(async () => (await areWell()) === 1, 5_000));
  const before = others.map(({ got }) => got.length);
  for (let count = 0; count < 5; count += 1) await build();
  assert.ok(await eventually(() => good.got.length === 36, 20_000));
  assert.equal(ended, 0);
  for (const [index, { got }] of others.entries()) assert.ok(got.length - before[index] <= 3, `${got.length} after ${before[index]}`);
  for (const webhook of webhooks) await remove(webhook);
});

test("a message that nothing can be made of is dropped, and said", async () => {
  const bodies = [{ id: "1", timestamp: new Date(), attempts: 1, body: "not an id" }];
  const { outcome, retryMessages, explicitAcks, ackAll } = await worker.queue("wvw-builder-webhooks", bodies);
  assert.deepEqual([outcome, retryMessages, ackAll || explicitAcks.length === 1], ["ok", [], true]);
  assert.ok(await eventually(() => worker.lines({ event: "webhook_message_unreadable" })[0]));
});

test("messages of a queue that was renamed in wrangler.toml alone are kept", async () => {
  const bodies = ["event_1", "event_2"].map((body, index) => ({ id: `${index}`, timestamp: new Date(), attempts: 1, body }));
  for (const queue of ["guild-webhooks", "guild-webhooks-slow", "guild-webhooks-dead", "guild-mail"]) {
    const { outcome, retryMessages, explicitAcks, ackAll } = await worker.queue(queue, bodies);
    assert.deepEqual([outcome, explicitAcks, ackAll], ["ok", [], false]);
    assert.deepEqual(retryMessages.map(({ msgId }) => msgId).sort(), ["0", "1"]);
    const line = await eventually(() => worker.lines({ event: "batch_not_consumed", queue })[0]);
    assert.deepEqual([line.level, line.code], ["error", "unknown_trigger"]);
  }
});

test("a message that no consumer could take is retried, ends in the dead letters, and its event arrives all the same", async () => {
  const other = await startWorker({ vars: { WEBHOOK_ALLOW_LOCAL: "true" }, network: true, queueRetries: 1 });
  try {
    const { got, url } = await receiver();
    const post = async (path, body, bearer) => (await request(other, "POST", path, { token: bearer, body })).status;
    const bearer = await logIn(other, "dead@players.guild.gg");
    assert.equal(await post("/webhooks", { url, event_types: ["*"] }, bearer), 201);
    assert.ok(await eventually(async () => (await other.d1.prepare("SELECT is_proven FROM webhooks").first("is_proven")) === 1, 10_000));
    // Events are written, but no consumer can write their deliveries.
    await other.d1.prepare("ALTER TABLE webhook_deliveries RENAME TO mislaid").run();
    assert.equal(await post("/builds", { name: "A build", chat_code: CODE }, bearer), 201);
    const letters = async () => (await other.d1.prepare("SELECT body FROM webhook_dead_letters").all()).results;
    assert.ok(await eventually(async () => (await letters()).length > 0, 40_000), JSON.stringify(other.lines({ level: "warn" })));
    const [{ id }] = (await other.d1.prepare("SELECT id FROM webhook_events WHERE type <> 'ping'").all()).results;
    assert.deepEqual(await letters(), [{ body: id }]);
    assert.equal(other.lines({ event: "webhook_batch_retried" }).length, 2);
    assert.equal(got.length, 0);
    await other.d1.prepare("ALTER TABLE mislaid RENAME TO webhook_deliveries").run();
    await other.scheduled({ cron: "* * * * *" });
    assert.ok(await eventually(() => got.length === 1, 10_000));
    assert.equal(got[0].headers["webhook-id"], id);
  } finally {
    await other.dispose();
  }
});
