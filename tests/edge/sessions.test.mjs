// Logins on the real runtime: many refreshes at once make one successor. tests/api/sessions.rs has the rules.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { me as meOf, request, rows } from "./client.mjs";
import { startWorker } from "./harness.mjs";

const EMAIL = "edge@sessions.guild.gg";
const PASSWORD = "four words in a row";
let worker;

before(async () => {
  worker = await startWorker();
  const made = await post("register", { email: EMAIL, password: PASSWORD, display_name: "Edge" });
  assert.equal(made.status, 201);
});
after(() => worker.dispose());

const post = (path, body) => request(worker, "POST", `/auth/${path}`, { body });
const logIn = async () => (await post("login", { email: EMAIL, password: PASSWORD })).json();
const refresh = (token) => post("refresh", { refresh_token: token });
const me = (token) => meOf(worker, token);

test("fifty refreshes at once make one successor", async () => {
  const { refresh_token: first } = await logIn();
  const answers = await Promise.all(Array.from({ length: 50 }, () => refresh(first)));
  assert.deepEqual([...new Set(answers.map(({ status }) => status))], [200]);
  const bodies = await Promise.all(answers.map((answer) => answer.json()));
  const successors = new Set(bodies.map(({ refresh_token: token }) => token));
  assert.equal(successors.size, 1);
  assert.deepEqual(await rows(worker, "SELECT counter FROM sessions"), [{ counter: 1 }]);
  for (const { access_token: token } of bodies) assert.equal((await me(token)).status, 200);
  const [successor] = successors;
  assert.equal((await refresh(successor)).status, 200);
  const reused = await refresh(first);
  assert.equal(reused.status, 401);
  assert.equal((await reused.json()).code, "refresh_token_reused");
  assert.equal((await refresh(successor)).status, 401);
  assert.equal((await me(bodies[0].access_token)).status, 401);
});

test("logins at once leave an audit log without a gap", async () => {
  const logins = await Promise.all(Array.from({ length: 8 }, () => logIn()));
  assert.ok(logins.every(({ access_token: token }) => token));
  const results = await rows(worker, "SELECT seq, previous_hash, hash FROM audit_log ORDER BY seq");
  assert.ok(results.length >= 8);
  results.forEach(({ seq, previous_hash: previous }, index) => {
    assert.equal(seq, index + 1);
    assert.equal(previous, index === 0 ? "0".repeat(64) : results[index - 1].hash);
  });
});
