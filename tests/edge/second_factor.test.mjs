// The second factor and the counting of guesses on the real runtime: hashes and sealed secrets in D1, a DELETE's body,
// many guesses at once. tests/api has the rules.
import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { after, before, describe, test } from "node:test";
import { ask } from "./client.mjs";
import { logIn, startWorker } from "./harness.mjs";

const EMAIL = "guarded@guild.gg";
const PASSWORD = "four words in a row";
const STEP_MS = 30_000;

/** The code of an authenticator app (RFC 6238), `steps` from now. */
function codeOf(secret, steps = 0) {
  const bits = [...secret].map((digit) => "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".indexOf(digit).toString(2).padStart(5, "0")).join("");
  const key = Buffer.from(bits.match(/.{8}/g).map((byte) => Number.parseInt(byte, 2)));
  const counter = Buffer.alloc(8);
  counter.writeBigInt64BE(BigInt(Math.floor(Date.now() / STEP_MS) + steps));
  const hash = createHmac("sha1", key).update(counter).digest();
  return String((hash.readUInt32BE(hash[19] & 15) & 0x7fffffff) % 1_000_000).padStart(6, "0");
}

describe("the second factor on D1", () => {
  let worker;
  let token;
  let secret;
  let recoveryCodes;
  before(async () => {
    worker = await startWorker();
    token = await logIn(worker, EMAIL);
  });
  after(() => worker?.dispose());

  const call = (method, path, body) => ask(worker, method, `/auth/${path}`, { token, body });

  test("it is switched on", async () => {
    const begun = await call("POST", "two-factor");
    assert.equal(begun.status, 200);
    ({ secret } = begun.body);
    const confirmed = await call("POST", "two-factor/confirm", { code: codeOf(secret) });
    assert.equal(confirmed.status, 200, JSON.stringify(confirmed.body));
    recoveryCodes = confirmed.body.recovery_codes;
    assert.equal(recoveryCodes.length, 10);
  });

  test("a login takes a code, and a recovery code once", async () => {
    const challenge = async () => {
      const answer = await call("POST", "login", { email: EMAIL, password: PASSWORD });
      assert.deepEqual([answer.status, answer.body.code], [401, "two_factor_required"]);
      return answer.body.challenge;
    };
    const give = async (code) => (await call("POST", "login/two-factor", { challenge: await challenge(), code })).status;
    // The code of now has confirmed the factor; the next one counts already.
    assert.equal(await give(codeOf(secret, 1)), 200);
    assert.equal(await give(recoveryCodes[0]), 200);
    assert.equal(await give(recoveryCodes[0]), 401);
  });

  test("a code that comes twice at once logs in once, and after a restart not at all", async () => {
    const challenge = async () => (await call("POST", "login", { email: EMAIL, password: PASSWORD })).body.challenge;
    const challenges = [await challenge(), await challenge(), await challenge()];
    const give = (number) => call("POST", "login/two-factor", { challenge: challenges[number], code: recoveryCodes[2] });
    const statuses = (await Promise.all([give(0), give(1)])).map(({ status }) => status);
    assert.deepEqual(statuses.sort(), [200, 401]);
    await worker.restart();
    assert.equal((await give(2)).body.code, "invalid_two_factor_code");
  });

  test("a DELETE has its body read, however it is sent, and one without costs nothing", async () => {
    const stream = (text) => new Blob([text]).stream();
    const json = { "content-type": "application/json" };
    const wrong = JSON.stringify({ password: "another four words", code: recoveryCodes[1] });
    assert.equal((await call("DELETE", "two-factor")).body.code, "body_required");
    assert.equal((await call("DELETE", "two-factor", wrong)).body.code, "wrong_password");
    const chunked = await worker.fetch("/api/v1/auth/two-factor", {
      method: "DELETE",
      headers: { ...json, authorization: `Bearer ${token}` },
      body: stream(wrong),
      duplex: "half",
    });
    assert.equal((await chunked.json()).code, "wrong_password");
    assert.equal((await call("DELETE", "sessions")).status, 204);
    assert.equal((await call("DELETE", "two-factor", { password: PASSWORD, code: recoveryCodes[1] })).status, 204);
    assert.equal((await call("POST", "login", { email: EMAIL, password: PASSWORD })).status, 200);
  });

  test("of 40 wrong passwords at once, five are compared", async () => {
    const attempt = () => call("POST", "login", { email: "nobody@guild.gg", password: "another four words" });
    const answers = await Promise.all(Array.from({ length: 40 }, attempt));
    const count = (status) => answers.filter((answer) => answer.status === status).length;
    // A pause of a second begins with the fifth: on a slow machine it may be over before the last one is heard.
    assert.ok(count(401) >= 5 && count(401) <= 6, `${count(401)}`);
    assert.equal(count(401) + count(429), 40);
    const refused = answers.find((answer) => answer.status === 429);
    assert.equal(refused.body.code, "too_many_attempts");
    assert.ok(Number(refused.headers.get("retry-after")) >= 1);
  });
});
