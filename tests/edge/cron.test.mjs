// The cron trigger on the real runtime: keys rotate, and what it does is logged. Tests move the keys' times back instead of waiting.
// tests/simulation has every other way in which a cron may come, kills.test.mjs kills.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { eventually, freshSecret, logIn, startWorker } from "./harness.mjs";

const CRON = "17 * * * *";
const DAY_MS = 86_400_000;
let worker;

before(async () => (worker = await startWorker()));
after(() => worker?.dispose());

const keys = async () => (await worker.d1.prepare("SELECT * FROM signing_keys ORDER BY generation").all()).results;
const published = async () => (await (await worker.fetch("/.well-known/jwks.json")).json()).keys.map(({ kid }) => kid);

async function pass(days) {
  const times = ["created_at", "activates_at", "retires_at", "removed_at"].map((name) => `${name} = ${name} - ${days * DAY_MS}`);
  await worker.d1.prepare(`UPDATE signing_keys SET ${times}`).run();
}

const tick = (scheduledTime = new Date()) => worker.scheduled({ cron: CRON, scheduledTime });

test("a cron that has nothing to do does nothing, and says nothing", async () => {
  await logIn(worker, "cron@guild.gg");
  const { outcome } = await tick();
  assert.equal(outcome, "ok");
  assert.equal((await keys()).length, 1);
  assert.deepEqual(worker.lines({ event: "tick" }), []);
});

test("a cron that is not in the table of crons runs nothing, and says so", async () => {
  await pass(29);
  await worker.scheduled({ cron: "18 * * * *" });
  const line = await eventually(() => worker.lines({ event: "tick", code: "unknown_trigger" })[0]);
  assert.deepEqual([line.level, line.cron], ["error", "18 * * * *"]);
  assert.equal((await keys()).length, 1);
  await pass(-29);
});

test("crons at once publish one next key, a day before it is to sign", async () => {
  await pass(29);
  await Promise.all([tick(), tick(), tick(new Date(Date.now() - 90_000))]);
  const [first, next, ...more] = await keys();
  assert.deepEqual(more, []);
  assert.equal(next.generation, first.generation + 1);
  assert.ok(next.activates_at - next.created_at >= DAY_MS);
  assert.equal(first.retires_at, next.activates_at);
  assert.equal(first.removed_at, next.activates_at + DAY_MS);
  assert.equal(next.sealed_private_key.length, 5 + 24 + 32 + 16);
  const line = await eventually(() => worker.lines({ event: "tick", step: "signing_keys.publish_next" })[0]);
  assert.deepEqual([line.level, line.cron, line.count], ["info", CRON, 1]);
  assert.deepEqual(await published(), [next.kid, first.kid]);
});

test("the next key signs when its time has come; the old one is wiped, then deleted", async () => {
  const [first, next] = await keys();
  await pass(1.5);
  await (await worker.kv()).delete("signing-keys/v3");
  await tick();
  const [wiped] = await keys();
  assert.equal(wiped.kid, first.kid);
  assert.equal(wiped.sealed_private_key, null);
  await pass(1);
  await tick();
  assert.deepEqual((await keys()).map(({ kid }) => kid), [next.kid]);
});

test("a cron under another master key makes nothing and says why", async () => {
  const other = await startWorker();
  try {
    await logIn(other, "other@guild.gg");
    const sealed = new Uint8Array(5 + 24 + 32 + 16);
    await other.d1.prepare(`UPDATE signing_keys SET sealed_private_key = ?, activates_at = activates_at - ${29 * DAY_MS}`).bind(sealed).run();
    await other.scheduled({ cron: CRON });
    const line = await eventually(() => other.lines({ event: "tick", step: "signing_keys.publish_next" })[0]);
    assert.equal(line.level, "error");
    assert.match(line.cause, /does not open under MASTER_KEY/);
    const left = await eventually(() => other.lines({ event: "tick", step: "reseal" })[0]);
    assert.deepEqual([left.count, left.left], [0, 1]);
  } finally {
    await other.dispose();
  }
});

test("a Worker that is not configured says so when its cron comes", async () => {
  const bare = await startWorker({ vars: { MASTER_KEY: undefined, PASSWORD_PEPPER: freshSecret() } });
  try {
    await bare.scheduled({ cron: CRON });
    const line = await eventually(() => bare.lines({ event: "tick", level: "error" })[0]);
    assert.match(line.cause, /MASTER_KEY is missing/);
  } finally {
    await bare.dispose();
  }
});

test("a cron that an abort has taken with it ends as a failure, and the next one works", async () => {
  const faulty = await startWorker({ bundle: "faulty", slowDatabaseMs: 300 });
  try {
    await logIn(faulty, "faulty@guild.gg");
    const cut = faulty.scheduled({ cron: CRON });
    await new Promise((resolve) => setTimeout(resolve, 100));
    assert.equal((await faulty.send({ method: "POST", path: "/faults/abort" })).status, 500);
    assert.equal((await cut).outcome, "exception");
    assert.equal((await faulty.scheduled({ cron: CRON })).outcome, "ok");
  } finally {
    await faulty.dispose();
  }
});
