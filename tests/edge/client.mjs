// Calls to a Worker, receivers of webhooks, and other tools of the tests of the real runtime. Imports nothing of Miniflare, which reads
// its environment when it is loaded.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { createServer } from "node:http";
import { createServer as createSocket } from "node:net";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

/** Calls the API with a body in JSON, or bytes; gives the runtime's answer. */
export const request = (worker, method, path, { token, body, headers } = {}) =>
  worker.fetch(`/api/v1${path}`, {
    method,
    headers: { ...(body !== undefined && { "content-type": "application/json" }), ...(token && { authorization: `Bearer ${token}` }), ...headers },
    body: typeof body === "object" ? JSON.stringify(body) : body,
  });

/** As `request`; gives `{status, headers, body}`, the body as its JSON says. */
export async function ask(worker, method, path, options) {
  const answer = await request(worker, method, path, options);
  const text = await answer.text();
  return { status: answer.status, headers: answer.headers, body: text === "" ? undefined : JSON.parse(text) };
}

/** Who has this token, as an answer. */
export const me = (worker, token) => request(worker, "GET", "/users/me", { token });

/** All rows of a statement. */
export const rows = async (worker, sql, ...values) => (await worker.d1.prepare(sql).bind(...values).all()).results;

/** Waits until `probe` gives something; log lines reach us a moment after the answer they belong to. */
export async function eventually(probe, withinMs = 2_000) {
  const deadline = performance.now() + withinMs;
  for (;;) {
    const found = await probe();
    if (found) return found;
    if (performance.now() > deadline) return found;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

/** A server on loopback: `handle(delivery, response)` answers what was read; gives `{url, port, close}`. */
export async function listen(handle) {
  const server = createServer((request, response) => {
    const chunks = [];
    request.on("data", (chunk) => chunks.push(chunk));
    request.on("end", () => handle({ url: request.url, headers: request.headers, body: Buffer.concat(chunks).toString(), at: performance.now() }, response));
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address();
  const close = () => {
    server.closeAllConnections();
    server.close();
  };
  return { url: `http://127.0.0.1:${port}/`, port, close };
}

/** A receiver of webhooks that takes pings, and gives everything else to `handle`. */
export const receive = (handle) => listen((delivery, response) => (JSON.parse(delivery.body).type === "ping" ? response.end() : handle(delivery, response)));

/** Runs the blocks of a document that are marked `sh walk` in one shell, as a reader has it; gives the output of each. */
export async function walk(text, change) {
  const blocks = [...text.matchAll(/^```sh walk\n(.*?)^```$/gms)].map(([, block]) => block);
  assert.ok(blocks.length >= 8, "the walk is there");
  const script = blocks.map((block) => `${block}\nprintf '\\n===\\n'\n`).join("");
  const { stdout } = await promisify(execFile)("sh", ["-euc", change(script)], { maxBuffer: 10_000_000 });
  return stdout.split("\n===\n");
}

const PYTHON = process.env.INTEROP_PYTHON ?? "";
/** Why tests with interop.py are skipped, or false. */
export const skipPython = PYTHON !== "" && existsSync(PYTHON) ? false : "INTEROP_PYTHON names no Python with PyJWT, PyOTP and standardwebhooks (.ci/run installs it)";

/** Asks interop.py. */
export const python = (asked) =>
  new Promise((resolve, reject) => {
    const script = fileURLToPath(new URL("interop.py", import.meta.url));
    const child = execFile(PYTHON, [script], { maxBuffer: 2 ** 28 }, (error, stdout, stderr) => (error ? reject(new Error(stderr)) : resolve(JSON.parse(stdout))));
    child.stdin.end(JSON.stringify(asked));
  });

/** A port on loopback that nobody has. */
export const freePort = () =>
  new Promise((resolve, reject) => {
    const probe = createSocket().once("error", reject);
    probe.listen(0, "127.0.0.1", () => {
      const { port } = probe.address();
      probe.close(() => resolve(port));
    });
  });
