// Rate limits on the real runtime: Durable Objects, their storage, and requests that run at once.
// tests/limits.rs has the arithmetic, tests/api/limits.rs whose quota it is.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { eventually, logIn, startWorker } from "./harness.mjs";

const ROLES = "/api/v1/game/roles";
const ME = "/api/v1/users/me";

async function withWorker(options, act) {
  const worker = await startWorker(options);
  try {
    return await act(worker);
  } finally {
    await worker.dispose();
  }
}

/** Sends from `clients` clients at once, each one request after the other, `count` in all. Gives how many passed. */
async function flood(worker, { clients, count, request }) {
  let left = count;
  const statuses = new Map();
  const client = async () => {
    while (left > 0) {
      left -= 1;
      const { status } = await worker.send(request);
      statuses.set(status, (statuses.get(status) ?? 0) + 1);
    }
  };
  const begun = performance.now();
  await Promise.all(Array.from({ length: clients }, client));
  const seconds = (performance.now() - begun) / 1000;
  return { seconds, admitted: statuses.get(200) ?? 0, refused: statuses.get(429) ?? 0, count };
}

function assertExactly(quota, window, { seconds, admitted, refused, count }) {
  assert.equal(admitted + refused, count, "every request is let in or refused");
  const allowed = quota + Math.floor((seconds * quota) / window);
  assert.ok(count > allowed * 1.2, `${count} sent are enough to spend ${allowed}`);
  assert.ok(admitted <= allowed, `${admitted} admitted of ${allowed} allowed`);
  assert.ok(admitted >= quota && admitted >= 0.99 * allowed, `${admitted} admitted of ${allowed} allowed`);
}

describe("twenty clients at once against one quota", () => {
  test("of an address: exactly the quota, one question each", () =>
    withWorker({ vars: { LIMIT_ANONYMOUS: "500/600" } }, async (worker) => {
      const request = { path: ROLES, headers: { "cf-connecting-ip": "192.0.2.7" } };
      assertExactly(500, 600, await flood(worker, { clients: 20, count: 1_000, request }));
    }));

  test("of an account, with leases: exactly the quota", () =>
    withWorker({ vars: { LIMIT_USER: "1000/60" } }, async (worker) => {
      const token = await logIn(worker, "flood@guild.gg");
      const request = { path: ME, headers: { authorization: `Bearer ${token}` } };
      assertExactly(1_000, 60, await flood(worker, { clients: 20, count: 3_000, request }));
    }));
});

test("6,000 requests a minute cost at most 0.15 questions each", () =>
  withWorker({ vars: { LIMIT_ANONYMOUS: "6000/60" }, countLimiter: true }, async (worker) => {
    const begun = performance.now();
    const sent = [];
    for (let request = 0; request < 600; request += 1) {
      await sleep(Math.max(0, begun + request * 10 - performance.now()));
      sent.push(worker.send({ path: ROLES, headers: { "cf-connecting-ip": "192.0.2.7" } }));
    }
    const answers = await Promise.all(sent);
    assert.deepEqual(new Set(answers.map(({ status }) => status)), new Set([200]));
    const questions = () => worker.lines({ event: "limiter_question" }).length;
    assert.ok(await eventually(() => questions() > 0), "the objects are asked");
    assert.ok(questions() <= 0.15 * sent.length, `${questions()} questions for ${sent.length} requests`);
  }));

test("no header of the client changes whose quota it is", () =>
  withWorker({ vars: { LIMIT_ANONYMOUS: "10/600" } }, async (worker) => {
    const names = ["X-Forwarded-For", "X-Real-IP", "True-Client-IP", "Forwarded", "X-Client-IP", "CF-Connecting-IPv6", "X-Forwarded-Host", "Via"];
    const send = (headers) => worker.send({ path: ROLES, headers: { "cf-connecting-ip": "192.0.2.7", ...headers } });
    for (let request = 0; request < 10; request += 1) assert.equal((await send({})).status, 200);
    for (const [index, name] of names.entries()) {
      const answer = await send({ [name]: name === "Forwarded" ? "for=192.0.2.99" : `192.0.2.${100 + index}` });
      assert.equal(answer.status, 429, name);
      assert.equal(answer.json().code, "quota_exceeded");
      assert.deepEqual(answer.json()["violated-policies"], ["anonymous"]);
      assert.ok(Number(answer.headers["retry-after"]) >= 1);
      assert.equal(answer.headers["ratelimit-policy"], '"anonymous";q=10;w=600');
      assert.match(answer.headers.ratelimit, /^"anonymous";r=0;t=\d+$/);
    }
    assert.equal((await send({ "cf-connecting-ip": "192.0.2.8" })).status, 200);
  }));

test("killing the runtime does not forget a refusal", () =>
  withWorker({ vars: { LIMIT_ANONYMOUS: "20/600", LIMIT_LOGIN: "3/600" } }, async (worker) => {
    const headers = { "cf-connecting-ip": "2001:db8:1:2::1", "content-type": "application/json" };
    const read = () => worker.send({ path: ROLES, headers });
    const body = JSON.stringify({ email: "nobody@guild.gg", password: "not the right words" });
    const guess = () => worker.send({ method: "POST", path: "/api/v1/auth/login", headers, body });
    for (let request = 0; request < 20; request += 1) assert.equal((await read()).status, 200);
    for (let request = 0; request < 2; request += 1) assert.equal((await guess()).status, 401);
    assert.equal((await read()).status, 429);
    await worker.restart();
    assert.equal((await read()).status, 429);
    // What was spent of a quota that was not yet refused is remembered too.
    assert.equal((await guess()).status, 401);
    assert.equal((await guess()).status, 429);
  }));
