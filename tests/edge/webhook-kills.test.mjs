// The runtime is killed during commits, messages, attempts and records. Every event whose change was committed arrives; whatever
// arrives twice has one webhook-id, one body and a cause. tests/simulation has faults that replay. KILLS=200 for more than CI takes.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { receive, request, rows as rowsOf } from "./client.mjs";
import { dropState, eventually, freshSecret, logIn, makeState, startWorker } from "./harness.mjs";

const KILLS = Number(process.env.KILLS ?? 25);
const CODE = "[&DQEqJS4aPio6AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=]";
const vars = { MASTER_KEY: freshSecret(), PASSWORD_PEPPER: freshSecret(), WEBHOOK_ALLOW_LOCAL: "true", WEBHOOK_RETRY_SECONDS: "1,1,1,1,1" };
/** By webhook-id: what arrived, when, and how many kills there had been. */
const arrived = new Map();
let kills = 0;
let state;
let worker;
let server;

before(async () => {
  state = await makeState();
  server = await receive(({ headers, body }, response) => {
    const id = headers["webhook-id"];
    const arrival = { body, at: Date.now(), second: Number(headers["webhook-timestamp"]), kills };
    arrived.set(id, [...(arrived.get(id) ?? []), arrival]);
    // Now and then slowly, so that the kill comes between sending and writing it down.
    setTimeout(() => response.end(), Math.random() < 0.3 ? 40 : 0);
  });
});
after(async () => {
  server.close();
  await worker?.dispose();
  await dropState(state);
});

const rows = (sql) => rowsOf(worker, sql);

/** Which of an event's arrivals the log knows: an attempt is in it with the time at which it began. */
function matchLog(arrivals, attempts) {
  const known = new Map();
  for (const attempt of attempts) {
    const found = arrivals.find((arrival) => !known.has(arrival) && arrival.second === Math.floor(attempt.at / 1_000) && arrival.at >= attempt.at - 5);
    if (found) known.set(found, attempt);
  }
  return known;
}

/** Why there was another attempt after `first`, of which the log says `logged`. */
function causeOf(first, next, logged) {
  if (logged?.status >= 200 && logged.status < 300) return "sent again although it was written down as arrived";
  if (logged) return "the answer was lost, and that was written down";
  return next.kills > first.kills ? "killed after sending, before it was written down" : "the claim lapsed while an attempt was under way";
}

test(`${KILLS} kills lose no event`, async (context) => {
  worker = await startWorker({ vars, state, network: true });
  const token = await logIn(worker, "killed@players.guild.gg");
  const post = (path, body) => request(worker, "POST", path, { token, body });
  assert.equal((await post("/webhooks", { url: server.url, event_types: ["*"] })).status, 201);
  const acknowledged = new Set();
  let cutOff = 0;
  for (let kill = 0; kill < KILLS; kill += 1) {
    const storm = Array.from({ length: 4 }, async (_, index) => {
      await sleep(index * 8);
      try {
        const answer = await post("/builds", { name: `Build ${kill}.${index}`, chat_code: CODE });
        if (answer.status === 201) acknowledged.add((await answer.json()).id);
      } catch {
        cutOff += 1;
      }
    });
    if (kill % 4 === 0) storm.push(worker.scheduled({ cron: "* * * * *" }));
    // Half of them while builds are made, half of them while the first one is on its way.
    if (kill % 2 === 1) await Promise.race(storm.slice(0, 4));
    await sleep(Math.random() * 120);
    kills += 1;
    worker.kill();
    await Promise.allSettled(storm);
    await worker.restart();
  }
  // A minute passes, once: the leases of those that were killed expire, and the reconciler looks for what no message woke.
  await sleep(10_500);
  const { meta } = await worker.d1.prepare("UPDATE webhook_deliveries SET next_attempt_at = 0 WHERE state = 'pending' AND claim IS NOT NULL").run();
  await worker.scheduled({ cron: "* * * * *" });
  let swept = Date.now();
  const isOver = async () => {
    await sleep(1_000);
    if (Date.now() - swept > 60_000) {
      swept = Date.now();
      await worker.scheduled({ cron: "* * * * *" });
    }
    const [{ open }] = await rows("SELECT (SELECT count(*) FROM webhook_events WHERE fanned_out_at IS NULL) + (SELECT count(*) FROM webhook_deliveries WHERE state = 'pending') AS open");
    return open === 0;
  };
  assert.ok(await eventually(isOver, 150_000), JSON.stringify(await rows("SELECT state, count(*) AS count FROM webhook_deliveries GROUP BY state")));

  const told = new Set([...arrived.values()].map(([first]) => JSON.parse(first.body).data.id));
  const builds = await rows("SELECT id FROM builds");
  assert.ok(builds.length >= KILLS / 2 && acknowledged.size > 0, `${builds.length} builds, ${acknowledged.size} of them acknowledged`);
  assert.ok(cutOff > 0, "no kill came while a request was under way");
  const lost = builds.filter(({ id }) => !told.has(id));
  assert.deepEqual(lost, [], `${lost.length} of ${builds.length} events were lost`);
  for (const id of acknowledged) assert.ok(told.has(id), id);
  for (const [id, arrivals] of arrived) assert.equal(new Set(arrivals.map(({ body }) => body)).size, 1, id);
  assert.equal(told.size, arrived.size, "an event has one webhook-id");

  const log = await rows("SELECT d.event_id, a.at, a.status FROM webhook_attempts a JOIN webhook_deliveries d ON d.id = a.delivery_id ORDER BY a.at");
  const causes = {};
  for (const [id, arrivals] of arrived) {
    const known = matchLog(arrivals, log.filter(({ event_id }) => event_id === id));
    arrivals.slice(1).forEach((next, place) => {
      const cause = causeOf(arrivals[place], next, known.get(arrivals[place]));
      causes[cause] = (causes[cause] ?? 0) + 1;
    });
  }
  const states = await rows("SELECT state, reason, count(*) AS count FROM webhook_deliveries GROUP BY state, reason");
  context.diagnostic(`${builds.length} events (${acknowledged.size} acknowledged, ${cutOff} requests cut off), 0 lost; ${meta.changes} claims lapsed; ${JSON.stringify(states)}`);
  context.diagnostic(`arrived once more, by cause: ${JSON.stringify(causes)}`);
  assert.equal(causes["sent again although it was written down as arrived"] ?? 0, 0);
});
