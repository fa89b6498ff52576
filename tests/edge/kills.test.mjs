// The runtime is killed fifty times during refreshes, rotations and crons. After each kill one key with its private half is active,
// no good token is refused, and no login is lost.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { me as meOf, request, rows as rowsOf } from "./client.mjs";
import { dropState, freshSecret, makeState, startWorker } from "./harness.mjs";

const KILLS = 50;
const CLIENTS = 4;
const PASSWORD = "four words in a row";
const DAY_MS = 86_400_000;
const vars = { MASTER_KEY: freshSecret(), PASSWORD_PEPPER: freshSecret() };
let state;
let worker;

before(async () => (state = await makeState()));
after(async () => {
  await worker?.dispose();
  await dropState(state);
});

const post = (path, body, token) => request(worker, "POST", `/${path}`, { token, body });
const me = (token) => meOf(worker, token);
const rows = (sql) => rowsOf(worker, sql);

/** A client that keeps what it was last given, and tries again with it after a crash. */
class Client {
  constructor(index) {
    this.email = `client${index}@kills.guild.gg`;
    this.access = [];
  }

  async begin() {
    const made = await post("auth/register", { email: this.email, password: PASSWORD, display_name: "Client" });
    assert.equal(made.status, 201);
    if (this.email.startsWith("client0@")) await worker.d1.prepare("UPDATE users SET role = 'administrator'").run();
    await this.take(await post("auth/login", { email: this.email, password: PASSWORD }));
  }

  async refresh() {
    await this.take(await post("auth/refresh", { refresh_token: this.token }));
  }

  async take(answer) {
    assert.equal(answer.status, 200, `${this.email}: ${await answer.clone().text()}`);
    const { access_token: access, refresh_token: token } = await answer.json();
    this.access.push(access);
    this.token = token;
  }
}

/** Lets time pass for the keys: to where the next one is due, or to where it begins to sign. Access tokens are over then. */
async function pass(clients) {
  const now = Date.now();
  const [newest] = await rows("SELECT * FROM signing_keys WHERE revoked_at IS NULL ORDER BY generation DESC LIMIT 1");
  const target = newest.activates_at > now ? now + 100 : now - 29 * DAY_MS;
  const times = ["created_at", "activates_at", "retires_at", "removed_at"].map((name) => `${name} = ${name} - ${newest.activates_at - target}`);
  await worker.d1.prepare(`UPDATE signing_keys SET ${times}`).run();
  await (await worker.kv()).delete("signing-keys/v3");
  for (const client of clients) client.access = [];
}

/** What is asked for when the runtime dies; whatever is cut off throws. */
function storm(clients, round) {
  const [administrator] = clients;
  const work = clients.map((client) => client.refresh());
  work.push(worker.scheduled({ cron: "17 * * * *" }), worker.scheduled({ cron: "17 * * * *" }));
  if (round % 3 === 0) work.push(post("admin/signing-keys/rotate", {}, administrator.access[0]));
  for (const client of clients) work.push(me(client.access[0]).then((answer) => assert.equal(answer.status, 200)));
  return Promise.allSettled(work);
}

async function assertWhole(clients, round) {
  const now = Date.now();
  const keys = await rows("SELECT * FROM signing_keys");
  const live = keys.filter((key) => key.revoked_at === null && (key.retires_at === null || key.retires_at > now));
  const active = live.filter((key) => key.activates_at <= now);
  assert.equal(active.length, 1, `round ${round}: ${JSON.stringify(keys.map(({ sealed_private_key: _, public_key: __, ...key }) => key))}`);
  for (const key of live) assert.equal(key.sealed_private_key?.length, 5 + 24 + 32 + 16, `round ${round}: a key without its private half`);
  for (const client of clients) {
    for (const token of client.access) assert.equal((await me(token)).status, 200, `round ${round}: a token that should pass`);
    // What was cut off is tried again with the token that is known.
    await client.refresh();
    assert.equal((await me(client.access.at(-1))).status, 200, `round ${round}: a fresh token`);
  }
}

test(`${KILLS} kills leave every key whole and every login standing`, async (t) => {
  worker = await startWorker({ vars, state });
  const clients = Array.from({ length: CLIENTS }, (_, index) => new Client(index));
  for (const client of clients) await client.begin();
  let cut = 0;
  for (let round = 0; round < KILLS; round += 1) {
    await pass(clients);
    for (const client of clients) await client.refresh();
    const outcome = storm(clients, round);
    await sleep(Math.random() * 60);
    worker.kill();
    const settled = await outcome;
    cut += settled.some(({ status }) => status === "rejected") ? 1 : 0;
    for (const { reason } of settled) if (reason?.code === "ERR_ASSERTION") throw reason;
    await worker.dispose();
    worker = await startWorker({ vars, state });
    await assertWhole(clients, round);
  }
  t.diagnostic(`work was cut off in ${cut} of ${KILLS} rounds`);
  const made = await rows("SELECT max(generation) AS generation FROM signing_keys");
  assert.ok(made[0].generation > KILLS / 4, `keys turned: ${made[0].generation}`);
  assert.ok(cut > KILLS / 4, `work was cut off in ${cut} of ${KILLS} rounds`);
});
