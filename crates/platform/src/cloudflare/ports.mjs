// Called from the adapters beside it, which decide everything: waits for promises, asks objects, calls servers, fills
// queues. What goes out is bounded in time and in bytes.

import { waitUntil } from "cloudflare:workers";

/** An object that takes longer to answer is as good as none. */
const LIMITER_WITHIN_MS = 2_000;

let host;
let lastNumber = 0;

/** Takes from the entry module what this one needs of it: `env` and `resume`. */
export function connect(given) {
  host = given;
}

export function environment() {
  return host.env;
}

export function whenSettled(promise, reply, task) {
  promise.then(
    (value) => host.resume(task, reply, true, value),
    (error) => host.resume(task, reply, false, error),
  );
}

export function nextNumber() {
  lastNumber += 1;
  return lastNumber;
}

export function sleep(ms) {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

export function resumeSoon(task) {
  queueMicrotask(() => host.resume(task, 0, false, undefined));
}

/** The answer of one Durable Object of the limits. */
export async function askLimiter(name, ask) {
  const objects = host.env.LIMITER;
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer within ${LIMITER_WITHIN_MS} ms`)), LIMITER_WITHIN_MS);
  });
  try {
    return await Promise.race([objects.get(objects.idFromName(name)).take(ask), late]);
  } finally {
    clearTimeout(timer);
  }
}

/**
 * One exchange with another server, over in time and with no more of its body read than asked for: its status (0 when
 * none came), Retry-After, the body's beginning, and when it failed why and what the runtime says of it.
 */
export async function exchange(method, url, lines, body, timeoutMs, maxBodyBytes) {
  // Names and values follow one another, each ended by a line feed, which no header can hold.
  const parts = lines.split("\n");
  const headers = new Headers();
  for (let at = 0; at + 1 < parts.length; at += 2) headers.set(parts[at], parts[at + 1]);
  const signal = AbortSignal.timeout(timeoutMs);
  const pieces = [];
  let status = 0;
  let retryAfter = null;
  let failure;
  let cause;
  try {
    const response = await fetch(url, { method, headers, body, redirect: "manual", signal });
    status = response.status;
    retryAfter = response.headers.get("retry-after");
    if (response.body !== null) await readBeginning(response.body, maxBodyBytes, pieces);
  } catch (error) {
    failure = signal.aborted ? "timeout" : "connection";
    cause = String(error?.message ?? error);
  }
  return [status, retryAfter, joined(pieces, maxBodyBytes), failure, cause];
}

/** Reads no further than it must, and tells the sender to stop. */
async function readBeginning(stream, maxBytes, parts) {
  const reader = stream.getReader();
  let length = 0;
  while (length < maxBytes) {
    const { done, value } = await reader.read();
    if (done) return;
    parts.push(value);
    length += value.byteLength;
  }
  reader.cancel().catch(() => {});
}

function joined(parts, maxBytes) {
  if (parts.length === 1) return parts[0].subarray(0, maxBytes);
  const bytes = new Uint8Array(parts.reduce((length, part) => length + part.byteLength, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.byteLength;
  }
  return bytes.subarray(0, maxBytes);
}

/** A call of `sendBatch` takes this many messages. */
const MAX_MESSAGES = 100;

/** Hands messages to a queue. Nobody waits for it: what is lost is found in the database later. */
export function enqueue(binding, bodies, delays) {
  const messages = bodies.map((body, index) => ({ body, contentType: "text", delaySeconds: delays[index] }));
  for (let from = 0; from < messages.length; from += MAX_MESSAGES) {
    const sent = host.env[binding].sendBatch(messages.slice(from, from + MAX_MESSAGES));
    waitUntil(sent.catch((error) => console.warn(JSON.stringify({ time: new Date().toISOString(), level: "warn", event: "queue_send_failed", cause: String(error?.message ?? error) }))));
  }
}
