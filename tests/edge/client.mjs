// Calls to a Worker, and receivers of webhooks, for the tests of the real runtime.
import assert from "node:assert/strict";
import { createServer } from "node:http";

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
export async function walk(run, text, change) {
  const blocks = [...text.matchAll(/^```sh walk\n(.*?)^```$/gms)].map(([, block]) => block);
  assert.ok(blocks.length >= 8, "the walk is there");
  const script = blocks.map((block) => `${block}\nprintf '\\n===\\n'\n`).join("");
  const { stdout } = await run("sh", ["-euc", change(script)], { maxBuffer: 10_000_000 });
  return stdout.split("\n===\n");
}
