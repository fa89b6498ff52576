// Called from boundary.rs and task.rs, which decide everything: writes responses and waits for promises.
// Promises that fixed headers are copied natively, once, from Headers made once per isolate.
// Leaves compression to the runtime: a Content-Encoding of gzip makes it encode the body.

import { waitUntil } from "cloudflare:workers";

/** An object that takes longer to answer is as good as none. */
const LIMITER_WITHIN_MS = 2_000;

let host;
let profiles = [];
let lastNumber = 0;

/** Takes from entry.mjs what this module needs of it: `env` and `resume`. */
export function connect(given) {
  host = given;
}

export function environment() {
  return host.env;
}

export function defineProfiles(json) {
  profiles = JSON.parse(json).map((pairs) => new Headers(pairs));
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

/** Names and values follow one another, each ended by a line feed, which no header can hold. */
function setHeaders(headers, lines) {
  let from = 0;
  while (from < lines.length) {
    const name = lines.indexOf("\n", from);
    const value = lines.indexOf("\n", name + 1);
    headers.set(lines.slice(from, name), lines.slice(name + 1, value));
    from = value + 1;
  }
}

function headersOf(profile, lines) {
  const headers = new Headers(profiles[profile]);
  setHeaders(headers, lines);
  return headers;
}

function make(body, status, profile, lines) {
  // The runtime compresses a body only when Content-Encoding is there from the start.
  if (lines.includes("content-encoding\n")) return new Response(body, { status, headers: headersOf(profile, lines) });
  const response = new Response(body, { status, headers: profiles[profile] });
  setHeaders(response.headers, lines);
  return response;
}

export function respond(status, profile, lines, body) {
  // `body` is a view of Wasm memory; the constructor copies it.
  return make(body ?? null, status, profile, lines);
}

export function respondText(status, profile, lines, text, frame) {
  if (frame === undefined) return make(text, status, profile, lines);
  const middle = frame.indexOf("\n");
  // A rope: the runtime flattens and encodes it once.
  return make(frame.slice(0, middle) + text + frame.slice(middle + 1), status, profile, lines);
}

export async function respondAsset(path, ifNoneMatch, isHead, profile, lines) {
  const known = ifNoneMatch === "" ? {} : { "if-none-match": ifNoneMatch };
  const asset = await host.env.ASSETS.fetch(new Request(`https://assets${path}`, { headers: known }));
  const headers = headersOf(profile, lines);
  for (const name of ["content-type", "etag"]) {
    const value = asset.headers.get(name);
    if (value !== null) headers.set(name, value);
  }
  if (asset.status === 304 || isHead) headers.delete("content-encoding");
  return new Response(isHead ? null : asset.body, { status: asset.status, headers });
}

/**
 * One exchange with another server, over in time and with no more of its body read than asked for: its status (0 when
 * none came), Retry-After, the body's beginning, and when it failed why and what the runtime says of it.
 */
export async function exchange(method, url, lines, body, timeoutMs, maxBodyBytes) {
  const headers = new Headers();
  setHeaders(headers, lines);
  const signal = AbortSignal.timeout(timeoutMs);
  const parts = [];
  let status = 0;
  let retryAfter = null;
  let failure;
  let cause;
  try {
    const response = await fetch(url, { method, headers, body, redirect: "manual", signal });
    status = response.status;
    retryAfter = response.headers.get("retry-after");
    if (response.body !== null) await readBeginning(response.body, maxBodyBytes, parts);
  } catch (error) {
    failure = signal.aborted ? "timeout" : "connection";
    cause = String(error?.message ?? error);
  }
  return [status, retryAfter, joined(parts, maxBodyBytes), failure, cause];
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

/** Says what becomes of the messages of a batch. What its task still does later changes nothing about that. */
export function settleBatch(task, settlements) {
  host.settle(task, settlements);
}
