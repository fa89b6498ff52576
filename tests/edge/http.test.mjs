// HTTP as it arrives on the wire: what only a real runtime parses, compresses and sends. tests/api has the rest.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { gunzipSync } from "node:zlib";
import { logIn, startWorker } from "./harness.mjs";

const ORIGIN = "https://guild.gg";
const DECODE = "/api/v1/chat-codes/decode";
const JSON_TYPE = { "content-type": "application/json" };

describe("HTTP on the wire", () => {
  let worker;
  let token;
  before(async () => {
    worker = await startWorker({ vars: { ALLOWED_ORIGINS: ORIGIN } });
    token = await logIn(worker, "wire@guild.gg");
  });
  after(() => worker?.dispose());

  const paths = [
    ["a trailing slash", "/api/v1/builds/", 404],
    ["another case", "/API/v1/builds", 404],
    ["two slashes", "//api/v1/builds", 404],
    ["encoded dots", "/api/%2e%2e/nothing", 404],
    ["an encoded slash", "/api%2fv1/builds", 404],
    ["a semicolon", "/api/v1/builds;x=1", 404],
    ["an encoded NUL", "/api/v1/builds/%00", 404],
    ["an id with a quote", "/api/v1/builds/build_'%20OR%201=1", 404],
    ["a long query", `/api/v1/builds?q=${"x".repeat(9_000)}`, 414],
    ["a token in the query", "/api/v1/users/me?access_token=x", 401],
  ];
  for (const [name, path, status] of paths) {
    test(`path with ${name}: ${status}`, async () => {
      const answer = await worker.send({ path });
      assert.equal(answer.status, status, answer.body.toString());
      assert.equal(answer.json().request_id, answer.headers["x-request-id"]);
    });
  }

  const OF_ONE_ANSWER = ["date", "x-request-id", "content-length", "transfer-encoding", "ratelimit"];
  const lasting = ({ headers }) => Object.fromEntries(Object.entries(headers).filter(([name]) => !OF_ONE_ANSWER.includes(name)));
  for (const path of ["/api/v1/game/weapons", "/openapi.json", "/docs/squad.css"]) {
    for (const encoding of ["identity", "gzip"]) {
      test(`HEAD ${path} (${encoding}) is GET without the body`, async () => {
        const headers = { "accept-encoding": encoding };
        const get = await worker.send({ path, headers });
        const head = await worker.send({ method: "HEAD", path, headers });
        assert.equal(head.status, 200);
        assert.equal(head.body.length, 0);
        assert.deepEqual(lasting(head), lasting(get));
        assert.ok(get.headers.etag);
      });
    }
  }

  test("a method that nobody knows: 405 with Allow", async () => {
    const answer = await worker.send({ method: "PURGE", path: DECODE });
    assert.equal(answer.status, 405);
    assert.equal(answer.headers.allow, "POST, OPTIONS");
  });

  for (const path of ["/api/v1/game/specializations", "/openapi.json", "/docs/squad.css"]) {
    test(`${path}: gzip when it is accepted, with a tag of its own`, async () => {
      const read = (encoding, known) => worker.send({ path, headers: { "accept-encoding": encoding, ...(known && { "if-none-match": known }) } });
      const plain = await read("gzip;Q=0");
      const packed = await read("br, gzip");
      assert.equal(plain.headers["content-encoding"], undefined);
      assert.equal(packed.headers["content-encoding"], "gzip");
      assert.deepEqual(gunzipSync(packed.body), plain.body);
      assert.notEqual(packed.headers.etag, plain.headers.etag);
      for (const [encoding, known, status, etag] of [
        ["gzip", packed.headers.etag, 304, packed.headers.etag],
        ["identity", plain.headers.etag, 304, plain.headers.etag],
        ["gzip", plain.headers.etag, 200, packed.headers.etag],
        ["identity", packed.headers.etag, 200, plain.headers.etag],
      ]) {
        const again = await read(encoding, known);
        assert.deepEqual([again.status, again.headers.etag], [status, etag], `${encoding} ${known}`);
      }
    });
  }

  test("what gains nothing is not compressed", async () => {
    const small = await worker.send({ path: "/health/live", headers: { "accept-encoding": "gzip" } });
    assert.equal(small.headers["content-encoding"], undefined);
  });

  test("a body over 1 MiB is refused, announced or chunked", async () => {
    const large = `{"code":"${"x".repeat(1_100_000)}"}`;
    const announced = await worker.send({ method: "POST", path: DECODE, headers: JSON_TYPE, body: large });
    assert.equal(announced.status, 413);
    const chunked = worker.open({ method: "POST", path: DECODE, headers: { ...JSON_TYPE, "transfer-encoding": "chunked" } });
    for (let at = 0; at < large.length; at += 65_536) chunked.request.write(large.slice(at, at + 65_536));
    chunked.request.end();
    assert.equal((await chunked.answer).status, 413);
    const next = await worker.send({ path: "/health/live" });
    assert.equal(next.status, 200);
  });

  test("a chunked body within bounds is read", async () => {
    const code = JSON.stringify({ code: "[&DQEqJS4aPio6AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=]" });
    const chunked = worker.open({ method: "POST", path: DECODE, headers: { ...JSON_TYPE, "transfer-encoding": "chunked" } });
    for (const part of code.match(/.{1,7}/g)) chunked.request.write(part);
    chunked.request.end();
    assert.equal((await chunked.answer).status, 200);
  });

  const bodies = [
    ["none", {}, "", 400, "body_required"],
    ["gzip", { ...JSON_TYPE, "content-encoding": "gzip" }, "\x1f\x8b", 415, "unsupported_media_type"],
    ["form", { "content-type": "application/x-www-form-urlencoded" }, "code=x", 415, "unsupported_media_type"],
    ["plain text", { "content-type": "text/plain" }, '{"code":"x"}', 415, "unsupported_media_type"],
    ["not UTF-8", JSON_TYPE, Buffer.from([0x22, 0xff, 0x22]), 400, "invalid_json"],
    ["nested 200 deep", JSON_TYPE, `${"[".repeat(200)}${"]".repeat(200)}`, 400, "too_deep"],
    ["duplicate key", JSON_TYPE, '{"code":"a","code":"b"}', 400, "duplicate_key"],
  ];
  for (const [name, headers, body, status, code] of bodies) {
    test(`body: ${name}: ${status} ${code}`, async () => {
      const answer = await worker.send({ method: "POST", path: DECODE, headers, body });
      assert.equal(answer.status, status, answer.body.toString());
      assert.equal(answer.json().code, code);
    });
  }

  const origins = [
    ["allowed", ORIGIN, true],
    ["null", "null", false],
    ["evil", "https://evil.example", false],
    ["suffix", "https://guild.gg.evil.example", false],
    ["subdomain", "https://x.guild.gg", false],
    ["http", "http://guild.gg", false],
    ["with a port", "https://guild.gg:444", false],
  ];
  for (const [name, origin, allowed] of origins) {
    test(`origin ${name} ${allowed ? "may" : "may not"} read`, async () => {
      const get = await worker.send({ path: "/api/v1/builds", headers: { origin } });
      assert.equal(get.headers["access-control-allow-origin"], allowed ? origin : undefined);
      assert.equal(get.headers["access-control-allow-credentials"], undefined);
      assert.match(get.headers.vary, /Origin/);
      const preflight = await worker.send({ method: "OPTIONS", path: "/api/v1/builds", headers: { origin, "access-control-request-method": "POST" } });
      assert.equal(preflight.status, allowed ? 204 : 403);
      assert.equal(preflight.headers["access-control-allow-origin"], allowed ? origin : undefined);
    });
  }

  test("a token stands for its own user, however many others come between", async () => {
    const tokens = { "wire@guild.gg": token, "other@guild.gg": await logIn(worker, "other@guild.gg") };
    const who = async (authorization) => {
      const answer = await worker.fetch("/api/v1/users/me", { headers: { authorization } });
      return answer.status === 200 ? (await answer.json()).email : answer.status;
    };
    // A body that is still on its way while the values that the isolate keeps are forgotten and kept anew.
    const slow = worker.open({
      method: "POST",
      path: "/api/v1/builds",
      headers: { ...JSON_TYPE, authorization: `Bearer ${tokens["other@guild.gg"]}`, "transfer-encoding": "chunked" },
    });
    slow.request.write('{"name":"Slow",');
    for (const [email, own] of Object.entries(tokens)) assert.equal(await who(`Bearer ${own}`), email);
    for (let number = 0; number < 1_100; number += 100) {
      const strangers = Array.from({ length: 100 }, (_, index) => who(`Bearer stranger-${number + index}`));
      assert.deepEqual(new Set(await Promise.all(strangers)), new Set([401]));
    }
    for (const [email, own] of Object.entries(tokens).reverse()) assert.equal(await who(`Bearer ${own}`), email);
    slow.request.end('"chat_code":"[&DQEqJS4aPio6AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA==]"}');
    const made = await slow.answer;
    assert.equal(made.status, 201, made.body.toString());
    const owner = await worker.fetch("/api/v1/users/me", { headers: { authorization: `Bearer ${tokens["other@guild.gg"]}` } });
    assert.equal(made.json().owner_id, (await owner.json()).id);
  });

  test("authenticated answers stay out of caches", async () => {
    const answer = await worker.send({ path: "/api/v1/users/me", headers: { authorization: `Bearer ${token}` } });
    assert.equal(answer.status, 200);
    assert.equal(answer.headers["cache-control"], "private, no-store");
    assert.match(answer.headers.vary, /Authorization/);
  });

  test("a valid request id and trace are kept, in the answer and in the log", async () => {
    const trace = "4bf92f3577b34da6a3ce929d0e0e4736";
    const headers = { "x-request-id": "my-request-1", traceparent: `00-${trace}-00f067aa0ba902b7-01` };
    const answer = await worker.send({ path: "/health/live", headers });
    assert.equal(answer.headers["x-request-id"], "my-request-1");
    await new Promise((resolve) => setTimeout(resolve, 100));
    assert.equal(worker.lines({ request_id: "my-request-1" })[0].trace_id, trace);
  });

  test("no secret is in any log line", async () => {
    await worker.send({ path: `/api/v1/users/me?access_token=${token}` });
    await worker.send({ path: "/api/v1/users/me", headers: { authorization: "Bearer canary-canary-canary" } });
    await new Promise((resolve) => setTimeout(resolve, 200));
    const logged = JSON.stringify(worker.logs);
    for (const secret of [token, "four words in a row", "wire@guild.gg", "canary-canary"]) assert.ok(!logged.includes(secret), secret);
  });
});
