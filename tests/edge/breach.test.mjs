// The list of breached passwords, asked over the real runtime's fetch: what leaves, redirects, and a list that hangs or drips.
// tests/api/breached_passwords.rs has what counts as an answer.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { after, before, test } from "node:test";
import { listen, request } from "./client.mjs";
import { eventually, startWorker } from "./harness.mjs";

const BREACHED = "correct horse battery staple";
const HASH = createHash("sha1").update(BREACHED).digest("hex").toUpperCase();
const asked = [];
let answer;
let server;
let worker;

before(async () => {
  server = await listen(({ url, headers }, response) => {
    asked.push({ url, padding: headers["add-padding"] });
    answer(response);
  });
  worker = await startWorker({ vars: { BREACH_RANGE_URL: `${server.url}range/` }, network: true });
});
after(async () => {
  await worker?.dispose();
  server.close();
});

const register = (name) => request(worker, "POST", "/auth/register", { body: { email: `${name}@players.guild.gg`, password: BREACHED, display_name: "Player" } });
const warned = () => worker.lines({ event: "breach_check_unavailable" }).length;

test("a breached password is refused, and only five digits of its hash leave", async () => {
  answer = (response) => response.end(`${"0".repeat(35)}:0\r\n${HASH.slice(5)}:123\r\n`);
  const refused = await register("found");
  assert.equal(refused.status, 422);
  assert.equal((await refused.json()).errors[0].code, "password_breached");
  assert.deepEqual(asked.at(-1), { url: `/range/${HASH.slice(0, 5)}`, padding: "true" });
});

test("a list that does not have it lets it through", async () => {
  answer = (response) => response.end(`${"A".repeat(35)}:5\r\n`);
  assert.equal((await register("absent")).status, 201);
});

for (const [name, handle] of [
  ["hangs", () => {}],
  ["drips", (response) => response.on("close", () => clearInterval(timer)) && startDripping(response)],
  ["redirects", (response) => response.writeHead(302, { location: "/range/elsewhere" }).end()],
  ["breaks", (response) => response.destroy()],
]) {
  test(`a list that ${name} is told of in the log, and costs three seconds at most`, async () => {
    answer = handle;
    const [before, count] = [warned(), asked.length];
    const begun = performance.now();
    assert.equal((await register(name)).status, 201);
    assert.ok(performance.now() - begun < 3_000);
    assert.equal(asked.length, count + 1);
    assert.ok(await eventually(() => warned() === before + 1));
  });
}

let timer;
function startDripping(response) {
  response.writeHead(200);
  timer = setInterval(() => response.write("0"), 200);
}
