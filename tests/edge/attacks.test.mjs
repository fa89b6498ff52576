// Attacks on the wire, byte by byte where a client library would object: what a runtime may join, unfold or decode in its own way.
// tests/api/attacks_*.rs has what can be shown on values, http.test.mjs plain HTTP.
import assert from "node:assert/strict";
import { connect } from "node:net";
import { after, before, describe, test } from "node:test";
import { gzipSync } from "node:zlib";
import { logIn, startWorker } from "./harness.mjs";

const ORIGIN = "https://guild.gg";
const PASSWORD = "four words in a row";
const BUILD = JSON.stringify({ name: "A build", chat_code: "[&DQEqJS4aPio6AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=]" });
const JSON_TYPE = { "content-type": "application/json" };

/** Sends these bytes and gives what comes back: until the other side is done, has gone silent, or has said nothing for `patienceMs`. */
function raw({ hostname, port }, bytes, patienceMs = 5_000) {
  return new Promise((resolve) => {
    let text = "";
    const socket = connect({ host: hostname, port: Number(port) }, () => socket.write(bytes));
    const end = () => {
      socket.destroy();
      resolve(text);
    };
    socket.setTimeout(patienceMs, end);
    socket.on("data", (data) => {
      text += data.toString("latin1");
      socket.setTimeout(200);
    });
    socket.on("error", end);
    socket.on("end", end);
  });
}

/** The status of each answer in what came back. */
const statusesOf = (text) => [...text.matchAll(/^HTTP\/1\.1 (\d{3})/gm)].map(([, status]) => Number(status));

/** Whether it was refused: by us, or as no HTTP by the runtime, whose 5xx has no request id. Silence is a refusal too. */
const isRefusal = (text) => statusesOf(text).every((status) => (status >= 400 && status < 500) || (status >= 500 && !/x-request-id/i.test(text)));

describe("attacks on the wire", () => {
  let worker;
  let token;
  let admin;
  before(async () => {
    worker = await startWorker({ vars: { ALLOWED_ORIGINS: ORIGIN } });
    token = await logIn(worker, "player@guild.gg");
    await logIn(worker, "boss@guild.gg");
    await worker.d1.prepare("UPDATE users SET role = 'administrator' WHERE email_key = 'boss@guild.gg'").run();
    admin = await logIn(worker, "boss@guild.gg");
  });
  after(() => worker?.dispose());

  const bearer = (value) => ({ authorization: `Bearer ${value}` });
  const builds = async () => (await worker.d1.prepare("SELECT count(*) AS n FROM builds").first()).n;
  const request = (line, headers, body = "") => `${line} HTTP/1.1\r\nHost: ${worker.url.host}\r\n${headers.map((each) => `${each}\r\n`).join("")}\r\n${body}`;
  const isAlive = async () => assert.equal((await worker.send({ path: "/health/live" })).status, 200);

  const LOG = "/api/v1/admin/audit-log";
  // The runtime itself takes plain dots out of a path: what is left is the path, with its guard.
  const spellings = [
    ["as it is", LOG, 200],
    ["with a slash after", `${LOG}/`, 404],
    ["with two slashes", LOG.replace("/admin", "//admin"), 404],
    ["with two slashes before", `/${LOG}`, 404],
    ["in another case", LOG.replace("admin", "Admin"), 404],
    ["with an encoded slash", LOG.replace("/admin/", "/admin%2f"), 404],
    ["with an encoded letter", LOG.replace("admin", "%61dmin"), 404],
    ["with a semicolon", `${LOG};x=1`, 404],
    ["with an encoded NUL", `${LOG}%00`, 404],
    ["with dots", LOG.replace("/admin", "/x/../admin"), 200],
    ["with encoded dots", LOG.replace("/admin", "/x/%2e%2e/admin"), 404],
    ["with a dot", LOG.replace("/admin", "/./admin"), 200],
    ["with a backslash", LOG.replace("/admin", "\\admin"), 404],
  ];
  for (const [name, path, status] of spellings) {
    test(`an administrator's path, ${name}: ${status}, and closed to others`, async () => {
      assert.equal((await worker.send({ path, headers: bearer(admin) })).status, status);
      assert.equal((await worker.send({ path, headers: bearer(token) })).status, status === 200 ? 403 : 404);
      assert.equal((await worker.send({ path })).status, status === 200 ? 401 : 404);
    });
  }

  const twice = [
    ["Content-Type", "application/json", "text/plain", 415],
    ["Content-Encoding", "identity", "gzip", 415],
    ["Idempotency-Key", "one", "two words", 400],
    ["Authorization", "Bearer TOKEN", "Basic eDp5", 401],
    ["If-Match", '"1-x"', '"2-x"', 201],
  ];
  for (const [name, first, second, status] of twice) {
    test(`${name} twice: ${status}`, async () => {
      const others = [["Content-Type", "application/json"], ["Authorization", `Bearer ${token}`]].filter(([each]) => each !== name);
      const pairs = [["Host", worker.url.host], ["Content-Length", BUILD.length], ...others, [name, first.replace("TOKEN", token)], [name, second]];
      const answer = await worker.send({ method: "POST", path: "/api/v1/builds", headers: pairs.flat().map(String), body: BUILD });
      assert.equal(answer.status, status, answer.body.toString());
    });
  }

  test("an origin that is allowed does not let one beside it in", async () => {
    const headers = ["Host", worker.url.host, "Origin", ORIGIN, "Origin", "https://evil.example"];
    const answer = await worker.send({ path: "/api/v1/builds", headers });
    assert.equal(answer.headers["access-control-allow-origin"], undefined);
  });

  const framings = [
    ["a length and chunks", ["Content-Length: 4", "Transfer-Encoding: chunked"], "0\r\n\r\nGET /api/v1/builds HTTP/1.1\r\nHost: x\r\n\r\n"],
    ["two lengths", ["Content-Length: 4", "Content-Length: 40"], "{}{}"],
    ["a length below nothing", ["Content-Length: -1"], "{}"],
    ["a length in words", ["Content-Length: two"], "{}"],
    ["a length past all numbers", ["Content-Length: 99999999999999999999999"], "{}"],
    ["chunks of no size", ["Transfer-Encoding: chunked"], "zz\r\n{}\r\n0\r\n\r\n"],
    ["a coding that nobody knows", ["Transfer-Encoding: chunked, identity"], "{}"],
    ["less than announced", ["Content-Length: 4000"], BUILD],
    ["chunks without an end", ["Transfer-Encoding: chunked"], `${BUILD.length.toString(16)}\r\n${BUILD}\r\n`],
  ];
  for (const [name, headers, body] of framings) {
    test(`a body with ${name} makes nothing, and hurts nobody`, async () => {
      const earlier = await builds();
      const all = ["Content-Type: application/json", `Authorization: Bearer ${token}`, ...headers];
      const text = await raw(worker.url, request("POST /api/v1/builds", all, body), 400);
      const statuses = statusesOf(text);
      assert.ok(statuses.length <= 1, `${statuses}: one request, one answer`);
      assert.ok(isRefusal(text), text);
      assert.equal(await builds(), earlier);
      assert.deepEqual(worker.lines({ event: "panic" }), []);
      await isAlive();
    });
  }

  test("a header that goes on in the next line stays one header", async () => {
    // Were the fold handed on as a line break, what follows would be read as Origin.
    const text = await raw(worker.url, request("GET /api/v1/builds", [`If-None-Match: "x"\r\n ${ORIGIN}`, "Connection: close"]));
    assert.ok(!text.toLowerCase().includes("access-control-allow-origin"), text);
    await isAlive();
  });

  const lines = [
    ["TRACE", "TRACE /api/v1/builds"],
    ["a method in small letters", "delete /api/v1/builds"],
    ["a whole URL of another host", "GET http://evil.example/api/v1/nothing"],
    ["no path", "GET *"],
    ["a NUL in the path", "GET /api/v1/builds/\0"],
    ["bytes that are no text", "GET /api/v1/builds/\xff\xfe"],
    ["a line break in the path", "GET /api/v1/builds/%0d%0aSet-Cookie:%20a=b"],
  ];
  for (const [name, line] of lines) {
    test(`${name}: refused, and nothing is reflected`, async () => {
      const sent = Buffer.from(request(line, ["X-Canary: canary-canary", `Authorization: Bearer ${token}`, "Connection: close"]), "latin1");
      const text = await raw(worker.url, sent);
      assert.ok(statusesOf(text).length === 1 && isRefusal(text), text);
      for (const part of ["canary", "evil.example", "set-cookie", token]) assert.ok(!text.toLowerCase().includes(part.toLowerCase()), part);
      await isAlive();
    });
  }

  test("what a request calls itself is in no link", async () => {
    const headers = { host: "evil.example", "x-forwarded-host": "evil.example", "x-forwarded-proto": "http" };
    for (const path of ["/nothing", "/openapi.json", "/.well-known/jwks.json"]) {
      const answer = await worker.send({ path, headers });
      assert.ok(answer.status === 200 || answer.status === 404, `${answer.status}`);
      assert.ok(!(answer.body.toString() + JSON.stringify(answer.headers)).includes("evil.example"), path);
    }
  });

  test("a gzip bomb is refused unread", async () => {
    const bomb = gzipSync(Buffer.alloc(64 * 1024 * 1024));
    const headers = { ...JSON_TYPE, "content-encoding": "gzip" };
    const answer = await worker.send({ method: "POST", path: "/api/v1/chat-codes/decode", headers, body: bomb });
    assert.equal(answer.status, 415);
  });

  test("a token that brings a key, or says where one is, makes no call to anywhere", async () => {
    const [, payload, signature] = token.split(".");
    const { kid } = JSON.parse(Buffer.from(token.split(".")[0], "base64url"));
    const url = "https://evil.example/jwks.json";
    for (const more of [{ jku: url }, { x5u: url }, { kid: url }, { jwk: { kty: "OKP", crv: "Ed25519", x: "AA", use: url } }, { iss: url }]) {
      const header = Buffer.from(JSON.stringify({ alg: "EdDSA", typ: "at+jwt", kid, ...more })).toString("base64url");
      const answer = await worker.send({ path: "/api/v1/users/me", headers: bearer(`${header}.${payload}.${signature}`) });
      assert.equal(answer.status, 401, JSON.stringify(more));
    }
    assert.deepEqual(worker.outbound, []);
  });

  test("SQL is data to D1 too", async () => {
    const earlier = await builds();
    for (const payload of ["'", "' OR '1'='1", "'; DROP TABLE builds; --", "\") UNION SELECT password_hash FROM users --"]) {
      const part = encodeURIComponent(payload);
      for (const query of [`q=${part}`, `tag=${part}`, `cursor=${part}`, `owner=${part}`, `${part}=1`]) {
        const answer = await worker.send({ path: `/api/v1/builds?${query}`, headers: bearer(token) });
        assert.ok([200, 422].includes(answer.status), query);
        if (answer.status === 200) assert.deepEqual(answer.json().data, [], query);
      }
      assert.equal((await worker.send({ path: `/api/v1/builds/${part}`, headers: bearer(token) })).status, 404);
      const login = await worker.fetch("/api/v1/auth/login", { method: "POST", headers: JSON_TYPE, body: JSON.stringify({ email: payload, password: payload }) });
      assert.equal(login.status, 401);
      const audit = await worker.send({ path: `${LOG}?actor=${part}`, headers: bearer(admin) });
      assert.ok([200, 422].includes(audit.status), `${audit.status}`);
    }
    assert.equal(await builds(), earlier);
  });

  test("what has ended stays ended when the runtime begins anew", async () => {
    const email = "restart@guild.gg";
    await logIn(worker, email);
    const post = async (path, body) => {
      const answer = await worker.fetch(`/api/v1/auth/${path}`, { method: "POST", headers: JSON_TYPE, body: JSON.stringify(body) });
      return { status: answer.status, body: answer.status === 204 ? {} : await answer.json() };
    };
    const login = async () => (await post("login", { email, password: PASSWORD })).body;
    const [ended, spent] = [await login(), await login()];
    const me = (value) => worker.send({ path: "/api/v1/users/me", headers: bearer(value) });
    assert.equal((await post("logout", { refresh_token: ended.refresh_token })).status, 204);
    const second = (await post("refresh", { refresh_token: spent.refresh_token })).body;
    await post("refresh", { refresh_token: second.refresh_token });
    await worker.restart();
    assert.equal((await me(ended.access_token)).status, 401);
    assert.equal((await post("refresh", { refresh_token: ended.refresh_token })).body.code, "invalid_refresh_token");
    assert.equal((await me(spent.access_token)).status, 200);
    assert.equal((await post("refresh", { refresh_token: spent.refresh_token })).body.code, "refresh_token_reused");
    assert.equal((await me(spent.access_token)).status, 401);
  });
});
