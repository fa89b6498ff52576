// Idempotency-Key and API keys on the real runtime: many equal requests at once, and a runtime that is killed.
// tests/api/idempotency.rs and tests/api/api_keys.rs have the rules.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { request } from "./client.mjs";
import { startWorker } from "./harness.mjs";

const EMAIL = "edge@keys.guild.gg";
const PASSWORD = "four words in a row";
const BUILD = { name: "A build", chat_code: "[&DQEqJS4aPio6AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=]" };
let worker;
let token;

before(async () => {
  worker = await startWorker({ slowDatabaseMs: 40 });
  const made = await post("/auth/register", { email: EMAIL, password: PASSWORD, display_name: "Edge" }, { key: "register" });
  assert.equal(made.status, 201);
  const login = await post("/auth/login", { email: EMAIL, password: PASSWORD });
  token = (await login.json()).access_token;
});
after(() => worker.dispose());

const post = (path, body, { key, bearer } = {}) => request(worker, "POST", path, { token: bearer, body, headers: key && { "idempotency-key": key } });
const build = (key) => post("/builds", BUILD, { key, bearer: token });
const builds = async () => (await worker.d1.prepare("SELECT count(*) AS n FROM builds").first()).n;

test("of twenty equal requests at once one acts, and all later ones get its answer", async () => {
  const answers = await Promise.all(Array.from({ length: 20 }, () => build("at-once")));
  const made = answers.filter(({ status }) => status === 201);
  const waiting = answers.filter(({ status }) => status === 409);
  assert.ok(made.length >= 1);
  assert.equal(made.length + waiting.length, 20);
  for (const answer of waiting) {
    assert.equal(answer.headers.get("retry-after"), "2");
    assert.equal((await answer.json()).code, "idempotency_key_in_use");
  }
  assert.equal(await builds(), 1);
  const bodies = new Set(await Promise.all(made.map((answer) => answer.text())));
  const again = await build('"at-once"');
  assert.equal(again.status, 201);
  assert.equal(again.headers.get("idempotency-replayed"), "true");
  assert.equal(again.headers.get("location"), made[0].headers.get("location"));
  bodies.add(await again.text());
  assert.equal(bodies.size, 1);
  const other = await post("/builds", { ...BUILD, name: "Another" }, { key: "at-once", bearer: token });
  assert.equal(other.status, 422);
  assert.equal((await other.json()).code, "idempotency_key_reused");
  const invalid = await build("two words");
  assert.equal(invalid.status, 400);
  assert.equal(await builds(), 1);
});

test("a runtime that is killed anywhere leaves one build to whoever sends again", async () => {
  const seen = new Set();
  for (const [index, ms] of [10, 50, 70, 90, 110, 130, 150, 200].entries()) {
    const key = `killed-${index}`;
    const before = await builds();
    const answer = build(key).then(({ status }) => status, () => "cut off");
    await new Promise((resolve) => setTimeout(resolve, ms));
    await worker.restart();
    const status = await answer;
    const left = (await builds()) - before;
    seen.add(`${status} ${left}`);
    // A claim without an answer is given up after a minute.
    await worker.d1.prepare("UPDATE idempotency_records SET started_at = started_at - 60000 WHERE answer IS NULL").run();
    const again = await build(key);
    assert.equal(again.status, 201, key);
    assert.equal(again.headers.get("idempotency-replayed"), left === 1 ? "true" : null, key);
    assert.equal(await builds(), before + 1, key);
  }
  assert.ok(seen.size > 1, [...seen].join(", "));
});

test("an API key is made, found by its hash, noted as used, and revoked", async () => {
  const body = { name: "A bot", scopes: ["builds:read"] };
  const made = await post("/auth/api-keys", body, { bearer: token, key: "a-key" });
  assert.equal(made.status, 201);
  const { id, key } = await made.json();
  const replayed = await (await post("/auth/api-keys", body, { bearer: token, key: "a-key" })).json();
  assert.equal(replayed.key, key);
  const list = (bearer) => request(worker, "GET", "/builds?owner=me", { token: bearer });
  assert.equal((await (await list(key)).json()).data.length > 0, true);
  const refused = await post("/builds", BUILD, { bearer: key });
  assert.equal(refused.status, 403);
  const [listed] = (await (await request(worker, "GET", "/auth/api-keys", { token })).json()).data;
  assert.equal(listed.id, id);
  assert.ok(Date.parse(listed.last_used_at) > Date.now() - 60_000);
  const revoked = await request(worker, "DELETE", `/auth/api-keys/${id}`, { token });
  assert.equal(revoked.status, 204);
  assert.equal((await list(key)).status, 401);
  assert.ok(!worker.lines({}).some((line) => JSON.stringify(line).includes(key)));
});
