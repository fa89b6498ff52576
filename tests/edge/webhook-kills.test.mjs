// The runtime is killed at random moments of commits, messages, attempts and records, on a database that stays.
// Promises: every event whose change was committed arrives; whatever arrives twice has one webhook-id and one body.
// Leaves to others: faults in an order that replays (tests/simulation). KILLS=200 for more than CI takes.
import assert from "node:assert/strict";
import { createServer } from "node:http";
import { after, before, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { dropState, eventually, freshSecret, logIn, makeState, startWorker } from "./harness.mjs";

const KILLS = Number(process.env.KILLS ?? 25);
const CODE = "[&DQEqJS4aPio6AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=]";
const vars = { MASTER_KEY: freshSecret(), PASSWORD_PEPPER: freshSecret(), WEBHOOK_ALLOW_LOCAL: "true", WEBHOOK_RETRY_SECONDS: "1,1,1,1,1" };
const arrived = new Map();
let state;
let worker;
let server;

before(async () => {
  state = await makeState();
  server = createServer((request, response) => {
    const chunks = [];
    request.on("data", (chunk) => chunks.push(chunk));
    request.on("end", () => {
      const id = request.headers["webhook-id"];
      arrived.set(id, [...(arrived.get(id) ?? []), Buffer.concat(chunks).toString()]);
      // Now and then slowly, so that the kill comes between sending and writing it down.
      setTimeout(() => response.end(), Math.random() < 0.3 ? 40 : 0);
    });
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
});
after(async () => {
  server.closeAllConnections();
  server.close();
  await worker?.dispose();
  await dropState(state);
});

const rows = async (sql) => (await worker.d1.prepare(sql).all()).results;

test(`${KILLS} kills lose no event`, async (context) => {
  worker = await startWorker({ vars, state, network: true });
  const token = await logIn(worker, "killed@players.guild.gg");
  const post = (path, body) =>
    worker.fetch(`/api/v1${path}`, { method: "POST", headers: { authorization: `Bearer ${token}`, "content-type": "application/json" }, body: JSON.stringify(body) });
  const url = `http://127.0.0.1:${server.address().port}/`;
  assert.equal((await post("/webhooks", { url, event_types: ["*"] })).status, 201);
  const acknowledged = new Set();
  for (let kill = 0; kill < KILLS; kill += 1) {
    const storm = Array.from({ length: 4 }, async (_, index) => {
      await sleep(index * 8);
      const answer = await post("/builds", { name: `Build ${kill}.${index}`, chat_code: CODE });
      if (answer.status === 201) acknowledged.add((await answer.json()).id);
    });
    if (kill % 4 === 0) storm.push(worker.scheduled({ cron: "* * * * *" }));
    await sleep(30 + Math.random() * 120);
    worker.kill();
    await Promise.allSettled(storm);
    await worker.restart();
  }
  // A minute passes: claims lapse, and the sweep looks for what no message woke.
  await sleep(10_500);
  const isOver = async () => {
    await worker.d1.prepare("UPDATE webhook_deliveries SET next_attempt_at = 0 WHERE state = 'pending' AND claim IS NOT NULL AND next_attempt_at > 0").run();
    await worker.scheduled({ cron: "* * * * *" });
    await sleep(1_000);
    const [{ open }] = await rows("SELECT (SELECT count(*) FROM webhook_events WHERE fanned_out_at IS NULL) + (SELECT count(*) FROM webhook_deliveries WHERE state = 'pending') AS open");
    return open === 0;
  };
  assert.ok(await eventually(isOver, 60_000), JSON.stringify(await rows("SELECT state, count(*) AS count FROM webhook_deliveries GROUP BY state")));
  const bodies = [...arrived.values()];
  const told = new Set(bodies.map(([first]) => JSON.parse(first).data.id));
  const builds = await rows("SELECT id FROM builds");
  const lost = builds.filter(({ id }) => !told.has(id));
  assert.deepEqual(lost, [], `${lost.length} of ${builds.length} events were lost`);
  for (const id of acknowledged) assert.ok(told.has(id), id);
  assert.ok(bodies.every((all) => new Set(all).size === 1));
  assert.equal(told.size, arrived.size, "an event has one webhook-id");
  const twice = bodies.filter((all) => all.length > 1).length;
  context.diagnostic(`${builds.length} events, 0 lost, ${twice} arrived more than once (killed between sending and writing it down)`);
});
