// The Worker as a whole on the real runtime, as a black box: it answers, it reports on itself, and one fault stays one fault.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { eventually, freshSecret, logIn, startWorker } from "./harness.mjs";

const SECURITY_HEADERS = {
  "strict-transport-security": /^max-age=63072000; includeSubDomains/,
  "x-content-type-options": /^nosniff$/,
  "referrer-policy": /./,
  "content-security-policy": /default-src 'none'/,
  "permissions-policy": /./,
  "cross-origin-opener-policy": /^same-origin$/,
  "cross-origin-resource-policy": /./,
  "x-frame-options": /^DENY$/,
};

function assertProblem(answer, status, code) {
  assert.equal(answer.status, status, answer.body.toString());
  assert.equal(answer.headers["content-type"], "application/problem+json");
  const problem = answer.json();
  assert.equal(problem.code, code);
  assert.equal(problem.status, status);
  assert.equal(problem.request_id, answer.headers["x-request-id"]);
  assert.match(problem.type, new RegExp(`/docs/problems/${code}$`));
  for (const [name, form] of Object.entries(SECURITY_HEADERS)) assert.match(answer.headers[name] ?? "", form, name);
  return problem;
}

describe("a healthy Worker", () => {
  let worker;
  before(async () => (worker = await startWorker()));
  after(() => worker?.dispose());

  test("is live", async () => {
    const answer = await worker.send({ path: "/health/live" });
    assert.equal(answer.status, 200);
  });

  test("is ready, and names D1 and KV", async () => {
    const answer = await worker.send({ path: "/health/ready" });
    assert.equal(answer.status, 200, answer.body.toString());
    const text = answer.body.toString().toLowerCase();
    for (const name of ["d1", "kv"]) assert.ok(text.includes(name), `${name} in ${text}`);
  });

  test("answers an unknown path with a problem, a request id and all security headers", async () => {
    const answer = await worker.send({ path: "/nowhere" });
    assertProblem(answer, 404, "not_found");
    assert.match(answer.headers["x-request-id"], /^[\w.-]{8,}$/);
  });

  test("writes one JSON log line for a request", async () => {
    const answer = await worker.send({ path: "/health/live" });
    const id = answer.headers["x-request-id"];
    await eventually(() => worker.lines({ request_id: id }).length > 0);
    const lines = worker.lines({ request_id: id });
    assert.equal(lines.length, 1, JSON.stringify(worker.logs.slice(-5)));
    assert.equal(lines[0].status, 200);
    assert.equal(lines[0].method, "GET");
  });
});

describe("a panic", () => {
  let worker;
  before(async () => (worker = await startWorker({ bundle: "faulty", slowDatabaseMs: 500 })));
  after(() => worker?.dispose());

  const panic = (path) => worker.send({ method: "POST", path });

  async function assertPanicked(answer) {
    assertProblem(answer, 500, "internal");
    assert.ok(!/panick|fault on demand/.test(answer.body), "the client is not told what went wrong inside");
    const id = answer.headers["x-request-id"];
    const line = await eventually(() => worker.lines({ request_id: id, level: "error" })[0]);
    assert.ok(line, "a log line with the level and the request id");
    assert.match(JSON.stringify(line), /a fault on demand/);
  }

  test("ends its own request with 500, and no other that is in flight", async () => {
    await worker.send({ path: "/health/live" });
    let answered = 0;
    const ready = () => worker.send({ path: "/health/ready" }).finally(() => (answered += 1));

    const early = Array.from({ length: 10 }, ready);
    const later = panic("/faults/panic-later");
    const late = Array.from({ length: 10 }, ready);
    const others = Promise.allSettled([...early, ...late]);
    await new Promise((resolve) => setTimeout(resolve, 100));
    const now = await panic("/faults/panic");
    assert.equal(answered, 0, "all twenty were still waiting for the database when the first panic was answered");

    await assertPanicked(now);
    await assertPanicked(await later);
    const statuses = (await others).map(({ value, reason }) => value?.status ?? reason.message);
    assert.deepEqual(statuses, Array(20).fill(200));
  });

  test("that is an abort takes the requests in flight with it, but answers all of them, and the next ones work", async () => {
    const tokens = { "one@guild.gg": await logIn(worker, "one@guild.gg"), "two@guild.gg": await logIn(worker, "two@guild.gg") };
    const me = (token) => worker.send({ path: "/api/v1/users/me", headers: { authorization: `Bearer ${token}` } });
    const who = async (token) => (await me(token)).json().email;
    for (const [email, token] of Object.entries(tokens)) assert.equal(await who(token), email);
    const lost = Object.values(tokens).map(me);
    await new Promise((resolve) => setTimeout(resolve, 100));
    assertProblem(await panic("/faults/abort"), 500, "internal");
    // Answers that come late for the lost ones find requests of others waiting for theirs.
    const next = Object.entries(tokens).reverse().map(async ([email, token]) => assert.equal(await who(token), email));
    for (const answer of await Promise.all(lost)) assertProblem(answer, 500, "internal");
    await Promise.all(next);
  });

  test("leaves the instance working, again and again", async () => {
    for (let round = 0; round < 3; round += 1) {
      assert.equal((await panic("/faults/panic")).status, 500);
      assert.equal((await panic("/faults/panic-later")).status, 500);
      assert.equal((await worker.send({ path: "/health/ready" })).status, 200);
    }
  });
});

test("the deployed Worker has no way to be made to panic, or to send what a caller wrote", async () => {
  const worker = await startWorker();
  try {
    for (const path of ["/faults/panic", "/faults/mail"]) assertProblem(await worker.send({ method: "POST", path }), 404, "not_found");
  } finally {
    await worker.dispose();
  }
});

const PRODUCTION = { ENVIRONMENT: "production", ISSUER: "https://builds.guild.gg", WEBHOOK_ALLOW_LOCAL: undefined };

describe("a misconfigured Worker", () => {
  const short = freshSecret().slice(0, 20);
  const cases = {
    "MASTER_KEY missing": { name: "MASTER_KEY", vars: { MASTER_KEY: undefined } },
    "MASTER_KEY short": { name: "MASTER_KEY", vars: { MASTER_KEY: short }, secret: short },
    "PASSWORD_PEPPER missing": { name: "PASSWORD_PEPPER", vars: { PASSWORD_PEPPER: undefined } },
    "ISSUER not a URL": { name: "ISSUER", vars: { ISSUER: "no-url-at-all" }, secret: "no-url-at-all" },
    "MAIL_TRANSPORT missing in production": { name: "MAIL_TRANSPORT", vars: { ...PRODUCTION, MAIL_TRANSPORT: undefined } },
    "MAIL_FROM missing": { name: "MAIL_FROM", vars: { MAIL_FROM: undefined } },
    "SMTP_PASSWORD missing": { name: "SMTP_PASSWORD", vars: { ...PRODUCTION, MAIL_TRANSPORT: "smtp", SMTP_HOST: "smtp.guild.gg", SMTP_USER: "wren" } },
  };
  for (const [title, { name, vars, secret }] of Object.entries(cases)) {
    test(`${title}: 503, and the log names it`, async () => {
      const worker = await startWorker({ vars });
      try {
        const answer = await worker.send({ path: "/api/v1/game/professions" });
        assert.equal(answer.status, 503, answer.body.toString());
        assert.equal(answer.json().code, "misconfigured");
        assert.ok(answer.headers["retry-after"]);
        const logged = () => worker.logs.map(({ message }) => message).join("\n");
        assert.ok(await eventually(() => logged().includes(name)), `${name} in: ${logged()}`);
        if (secret) assert.ok(!logged().includes(secret), "the value is not logged");
        if (secret) assert.ok(!answer.body.includes(secret), "the value is not sent");
      } finally {
        await worker.dispose();
      }
    });
  }
});
