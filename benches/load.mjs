// The load generator, a process of its own so that its CPU is not the Worker's: a bounded number of requests over keep-alive
// connections, each answer read to its end and its status checked.
import { Agent, request } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";

/**
 * A connection rests for up to this many milliseconds before each request. Else each answer sets the next request off,
 * which makes a Worker that sometimes waits look dearer than it is to people, who do not ask in step (README.md).
 */
const MAX_PAUSE_MS = 8;

/** Sends `count` requests, taking `requests` in turn, over `connections` connections to `hostname`:`port`. */
async function load({ hostname, port, requests, count, connections }) {
  // Fresh ones: the runtime may just be closing those that were idle while others had their turn.
  const agent = new Agent({ keepAlive: true, maxSockets: connections });
  let sent = 0;
  const worker = async () => {
    while (sent < count) {
      const next = requests[sent % requests.length];
      sent += 1;
      await sleep(Math.random() * MAX_PAUSE_MS);
      await exchange({ hostname, port, agent }, next);
    }
  };
  try {
    await Promise.all(Array.from({ length: connections }, worker));
  } finally {
    agent.destroy();
  }
}

function exchange(where, { method = "GET", path, headers = {}, body = "", status = 200 }) {
  return new Promise((resolve, reject) => {
    const length = body === "" ? {} : { "content-length": Buffer.byteLength(body) };
    const sending = request({ ...where, method, path, headers: { ...headers, ...length } }, (answer) => {
      answer.resume().on("error", reject).on("end", () => {
        if (answer.statusCode === status) resolve();
        else reject(new Error(`${method} ${path} answered ${answer.statusCode}, not ${status}`));
      });
    });
    sending.on("error", reject).end(body);
  });
}

process.on("message", async (order) => {
  const begun = performance.now();
  const failure = await load(order).then(
    () => undefined,
    (error) => error.message,
  );
  process.send({ failure, ms: performance.now() - begun });
});
