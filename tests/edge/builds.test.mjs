// Accounts and builds on the real D1 and KV: values come back as they were, and tokens verify with the published key.
// tests/api has the rules.
import assert from "node:assert/strict";
import { createPublicKey, verify } from "node:crypto";
import { after, before, describe, test } from "node:test";
import { ask, rows } from "./client.mjs";
import { logIn, startWorker } from "./harness.mjs";

const CODE = "[&DQEqJS4aPio6AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=]";

describe("accounts and builds on D1", () => {
  let worker;
  let token;
  before(async () => {
    worker = await startWorker();
    token = await logIn(worker, "Owner@Guild.gg");
  });
  after(() => worker?.dispose());

  const call = (method, path, body, headers) => ask(worker, method, path, { token, body, headers });

  test("a token verifies with the published key alone", async () => {
    const { keys } = await (await worker.fetch("/.well-known/jwks.json")).json();
    const [header, payload, signature] = token.split(".");
    const { kid, alg, typ } = JSON.parse(Buffer.from(header, "base64url"));
    assert.deepEqual([alg, typ], ["EdDSA", "at+jwt"]);
    const jwk = keys.find((key) => key.kid === kid);
    const key = createPublicKey({ key: jwk, format: "jwk" });
    assert.ok(verify(null, Buffer.from(`${header}.${payload}`), key, Buffer.from(signature, "base64url")));
  });

  test("the private half lies in D1 only sealed, the password only hashed", async () => {
    const keys = await rows(worker, "SELECT * FROM signing_keys");
    assert.equal(keys.length, 1);
    assert.equal(keys[0].sealed_private_key.length, 5 + 24 + 32 + 16);
    const [user] = await rows(worker, "SELECT * FROM users");
    assert.match(user.password_hash, /^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
    assert.equal(user.email_key, "owner@guild.gg");
    const [session] = await rows(worker, "SELECT refresh_hash FROM sessions");
    assert.equal(session.refresh_hash.length, 32);
  });

  test("the public half lies in KV for the next isolate", async () => {
    const isolate = await startWorker();
    try {
      await logIn(isolate, "a@guild.gg");
      const kv = await isolate.kv();
      const [, , bytes] = (await kv.get("signing-keys/v3")).split(" ");
      assert.equal(JSON.parse(Buffer.from(bytes, "base64")).length, 1);
    } finally {
      await isolate.dispose();
    }
  });

  test("a build goes in and comes back, changed and deleted", async () => {
    const made = await call("POST", "/builds", {
      name: "Ünïcode 守护者 🐉",
      chat_code: CODE,
      notes: "line one\nline two\t'; DROP TABLE builds; --",
      tags: ["Zerg", "守护者"],
      gear: { stats: "Minstrel's", sigils: ["Sigil of Energy"] },
      game_build: 180_000,
    });
    assert.equal(made.status, 201, JSON.stringify(made.body));
    const path = `/builds/${made.body.id}`;
    assert.equal(made.headers.get("location"), `/api/v1${path}`);
    const read = await call("GET", path);
    assert.deepEqual(read.body, made.body);
    assert.deepEqual(read.body.tags, ["zerg", "守护者"]);
    assert.equal(read.headers.get("etag"), made.headers.get("etag"));
    const unchanged = await call("GET", path, undefined, { "if-none-match": read.headers.get("etag") });
    assert.equal(unchanged.status, 304);

    const patched = await call("PATCH", path, { notes: null, visibility: "public" }, { "if-match": read.headers.get("etag") });
    assert.equal(patched.status, 200, JSON.stringify(patched.body));
    assert.equal(patched.body.notes, "");
    const stale = await call("PUT", path, { name: "x", chat_code: CODE }, { "if-match": read.headers.get("etag") });
    assert.equal(stale.status, 412);
    const found = await call("GET", "/builds?owner=me&tag=ZERG&profession=Guardian&specialization=62&game_build=180000&q=%C3%BCn%C3%AF");
    assert.deepEqual(found.body.data.map(({ id }) => id), [made.body.id]);

    assert.equal((await call("DELETE", path)).status, 204);
    assert.equal((await call("GET", path)).status, 404);
    assert.deepEqual(await rows(worker, "SELECT * FROM build_facets"), []);
  });

  test("pages follow one another without a gap", async () => {
    for (let number = 0; number < 25; number += 1) {
      const made = await call("POST", "/builds", { name: `Build ${number}`, chat_code: CODE, visibility: number % 2 ? "public" : "private" });
      assert.equal(made.status, 201);
    }
    const names = [];
    let path = "/builds?limit=4";
    while (path) {
      const page = await call("GET", path);
      assert.equal(page.status, 200);
      names.push(...page.body.data.map(({ name }) => name));
      const link = page.headers.get("link");
      assert.equal(link === null, page.body.next_cursor === null);
      path = link && new URL(link.match(/^<(.+)>; rel="next"$/)[1]).href.split("/api/v1")[1];
    }
    assert.deepEqual(names, Array.from({ length: 25 }, (_, index) => `Build ${24 - index}`));
    const anonymous = await (await worker.fetch("/api/v1/builds?limit=100")).json();
    assert.equal(anonymous.data.length, 12);
  });

  test("two writers at once: one wins, the other is told", async () => {
    const made = await call("POST", "/builds", { name: "Contested", chat_code: CODE });
    const path = `/builds/${made.body.id}`;
    const etag = made.headers.get("etag");
    const writes = Array.from({ length: 10 }, (_, index) => call("PATCH", path, { name: `Writer ${index}` }, { "if-match": etag }));
    const statuses = (await Promise.all(writes)).map(({ status }) => status).sort();
    assert.deepEqual(statuses, [200, ...Array(9).fill(412)]);
  });

  test("ten registrations of one address at once make one account", async () => {
    const body = { email: "race@guild.gg", password: "four words in a row", display_name: "Race" };
    const calls = Array.from({ length: 10 }, () => ask(worker, "POST", "/auth/register", { body }));
    const statuses = (await Promise.all(calls)).map(({ status }) => status).sort();
    // Each is answered alike, so that nobody learns who has an account.
    assert.deepEqual(statuses, Array(10).fill(201));
    assert.equal((await rows(worker, "SELECT id FROM users WHERE email_key = 'race@guild.gg'")).length, 1);
  });
});
