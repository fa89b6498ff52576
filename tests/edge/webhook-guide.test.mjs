// The guide to webhooks, run as it is written: its walk, and its receivers in JavaScript and Python, which refuse what was changed,
// is old or another's. tests/webhook_guide.rs has the guide's Rust, webhooks.test.mjs failures.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { randomBytes, randomInt } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { Webhook } from "standardwebhooks";
import { freePort } from "./client.mjs";
import { eventually, startWorker } from "./harness.mjs";

const root = (path) => fileURLToPath(new URL(`../../${path}`, import.meta.url));
const GUIDE = readFileSync(root("docs/WEBHOOKS.md"), "utf8");
const blocks = (language) => [...GUIDE.matchAll(/^```(.+)\n([\s\S]*?)^```$/gm)].filter(([, is]) => is === language).map(([, , text]) => text);
const PYTHON = process.env.INTEROP_PYTHON ?? "";
const skip = PYTHON !== "" && existsSync(PYTHON) ? false : "standardwebhooks for Python is not installed (INTEROP_PYTHON names a Python that has it; .ci/run installs it)";

const freshSecret = () => `whsec_${randomBytes(32).toString("base64")}`;

let folder;
const children = [];
before(async () => {
  folder = await mkdtemp(join(tmpdir(), "wvw-guide-"));
  await symlink(root("node_modules"), join(folder, "node_modules"));
  await writeFile(join(folder, "receiver.mjs"), blocks("js")[0]);
  await writeFile(join(folder, "receiver.py"), blocks("python")[0]);
});
after(async () => {
  // Each leads a group of its own, so that what it has started ends with it.
  for (const { pid, exitCode } of children) if (pid !== undefined && exitCode === null) process.kill(-pid);
  await rm(folder, { recursive: true, force: true });
});

/** Starts a program in the folder; `said` is all it has printed so far. */
function start(program, args, env) {
  const child = spawn(program, args, { cwd: folder, env: { ...process.env, ...env }, detached: true, stdio: ["ignore", "pipe", "pipe"] });
  children.push(child);
  const output = { said: "", warned: "" };
  child.stdout.setEncoding("utf8").on("data", (text) => (output.said += text));
  child.stderr.setEncoding("utf8").on("data", (text) => (output.warned += text));
  return output;
}

/** Any text but half a surrogate pair. */
function randomText(length) {
  const any = () => (randomInt(2) === 0 ? randomInt(0x80) : randomInt(0x110000 - 0x800));
  return Array.from({ length }, any).map((code) => String.fromCodePoint(code < 0xd800 ? code : code + 0x800)).join("");
}

const DATA = {
  "no data": {},
  "Unicode": { name: "Ünïcødé 守護者 👩‍👩‍👧 \u0000\u2028\uffff\"\\" },
  "100 kB": { name: "ä".repeat(50_000) },
  ...Object.fromEntries(Array.from({ length: 20 }, (_, index) => [`random ${index}`, { [randomText(3)]: randomText(randomInt(500)), n: randomInt(2 ** 40) }])),
};

test("the guide has one receiver in each language", () => {
  for (const language of ["js", "python", "rust"]) assert.equal(blocks(language).length, 1, language);
});

test("the guide names the types that there are", () => {
  const section = GUIDE.slice(GUIDE.indexOf("| type | when |"), GUIDE.indexOf("- **Answer"));
  const named = [...section.matchAll(/^\| (`.+?) \|/gm)].flatMap(([, cell]) => [...cell.matchAll(/`(.+?)`/g)].map(([, type]) => type));
  const { data } = JSON.parse(readFileSync(root("docs/webhook-event-types.json"), "utf8"));
  assert.deepEqual(named, data.map(({ name }) => name));
});

for (const [name, receiver] of Object.entries({
  JavaScript: { program: process.execPath, file: "receiver.mjs", skip: false },
  Python: { program: PYTHON, file: "receiver.py", skip },
})) {
  test(`the receiver in ${name} takes what the library of the standard signs, and nothing else`, { skip: receiver.skip }, async () => {
    const [secret, older] = [freshSecret(), freshSecret()];
    const port = await freePort();
    const output = start(receiver.program, [receiver.file], { WEBHOOK_SECRET: secret, PORT: String(port) });
    const send = async (body, headers) => (await fetch(`http://127.0.0.1:${port}/hooks`, { method: "POST", body, headers })).status;
    assert.ok(await eventually(() => send("{}", {}).catch(() => false), 10_000), output.warned);

    const sign = (id, body, { by = secret, at = new Date() } = {}) => ({
      "webhook-id": id,
      "webhook-timestamp": String(Math.floor(at.getTime() / 1000)),
      "webhook-signature": new Webhook(by).sign(id, at, body),
    });
    let count = 0;
    for (const [what, data] of Object.entries(DATA)) {
      const id = `event_${(count += 1)}`;
      const body = JSON.stringify({ type: "build.created", timestamp: new Date().toISOString(), data });
      const headers = sign(id, body);
      // While secrets overlap there are several.
      if (count % 2 === 0) headers["webhook-signature"] = `${sign(id, body, { by: older })["webhook-signature"]} ${headers["webhook-signature"]}`;
      assert.equal(await send(body, headers), 204, what);
      const line = await eventually(() => output.said.split("\n").slice(0, -1).find((line) => line.startsWith(`${id} `)));
      assert.ok(line, what);
      const [, type, ...rest] = line.split(" ");
      assert.equal(type, "build.created");
      assert.deepEqual(JSON.parse(rest.join(" ")), data, what);
    }

    const body = '{"type":"build.created","timestamp":"2026-11-22T18:00:00.000Z","data":{}}';
    const old = new Date(Date.now() - 301_000);
    for (const [why, sent, headers] of [
      ["another body", body.replace("created", "deleted"), sign("event_x", body)],
      ["another id", body, { ...sign("event_x", body), "webhook-id": "event_y" }],
      ["another's secret", body, sign("event_x", body, { by: older })],
      ["too old", body, sign("event_x", body, { at: old })],
      ["an old one with a new time", body, { ...sign("event_x", body, { at: old }), "webhook-timestamp": String(Math.floor(Date.now() / 1000)) }],
      ["no signature", body, { "webhook-id": "event_x", "webhook-timestamp": String(Math.floor(Date.now() / 1000)) }],
      ["a signature that does not read", body, { ...sign("event_x", body), "webhook-signature": "v1" }],
      ["a body that is not UTF-8", Buffer.from([0xff, 0xfe]), sign("event_x", body)],
    ]) {
      assert.equal(await send(sent, headers), 400, why);
    }
    assert.doesNotMatch(output.said, /event_[xy]/);
  });
}

describe("the walk of the guide", () => {
  let worker;
  before(async () => {
    worker = await startWorker({ vars: { WEBHOOK_ALLOW_LOCAL: "true" }, network: true });
  });
  after(() => worker?.dispose());

  test("leads to a test and to an event", async () => {
    const port = await freePort();
    const walk = blocks("sh walk");
    assert.ok(walk.length >= 5, "the walk is there");
    const script = walk.join("\n").replaceAll("http://localhost:8787", worker.url.origin).replaceAll("127.0.0.1:3000", `127.0.0.1:${port}`);
    const output = start("sh", ["-euc", `${script}\nwait`], { PORT: String(port) });
    const arrived = await eventually(() => /event_\w+ ping \{\}\n/.test(output.said) && /event_\w+ build\.created \{/.test(output.said), 20_000);
    assert.ok(arrived, `${output.said}\n${output.warned}`);
    assert.match(output.said, /"status":204/);
  });
});
