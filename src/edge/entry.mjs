// The module that the runtime starts: reads a request's parts and hands them to the Wasm at once. It reads no
// more of a body than it may have, and a panic costs its own request only.

import { DurableObject } from "cloudflare:workers";
import * as wasm from "../../build/worker/index.js";

const HEADERS = wasm.headerNames().split(",");
/** Those that a GET has a use for: the first ones. The very first is Authorization. */
const READ_HEADERS = HEADERS.slice(1, wasm.readHeaderCount());
const OTHER_HEADERS = HEADERS.slice(1);
const ENCODING = "accept-encoding";
const MAX_BODY = wasm.maxBody();
/** In place of a body's bytes: why there are none. The Wasm knows the numbers. */
const TOO_LARGE = 1;
const INCOMPLETE = 2;
const NOTHING = undefined;
/** Methods whose routes take no body; one that is sent all the same is not read. A DELETE may need proof. */
const BODILESS = new Set(["GET", "HEAD", "OPTIONS"]);

/** Requests that wait for I/O, by the number of their task; those that came first stand first. */
const waiting = new Map();
/** A request that its client has left is never resumed; after this time, longer than any may take, it is forgotten. */
const FORGET_AFTER_MS = 300_000;
let isConnected = false;

/**
 * Numbers of the values of Authorization that came before: equal texts have equal numbers, so one that comes again
 * need not be copied and hashed again. Whether it is worth anything is decided on the Rust side.
 */
const kept = new Map();
let last = 0;
const MAX_KEPT = 1_000;
const MAX_KEPT_LENGTH = 1_500;

function forgetCredentials() {
  kept.clear();
  wasm.forgetCredentials();
}

/** The number of a value of Authorization, or 0 when it is not kept. */
function numberOf(value) {
  let number = kept.get(value);
  if (number === undefined) {
    if (value.length > MAX_KEPT_LENGTH) return 0;
    if (kept.size === MAX_KEPT) forgetCredentials();
    // Never one that was given before: a number that outlived its value must not stand for another's.
    number = last += 1;
    wasm.keepCredential(number, value);
    kept.set(value, number);
  }
  return number;
}

/** Method, URL and the headers that someone reads, a line each. HTTP allows no line feed in any of them. */
function headOf(request, method, headers, authorization) {
  let head = `${method}\n${request.url}\n${authorization}`;
  for (const name of method === "GET" ? READ_HEADERS : OTHER_HEADERS) {
    let value = headers.get(name);
    // The edge puts its own list of encodings in the header; what the client sent is in `cf`.
    if (name === ENCODING && value !== null) value = request.cf?.clientAcceptEncoding ?? value;
    head += value === null ? "\n" : `\n${value}`;
  }
  return head;
}

/** The body's bytes, or TOO_LARGE. Its stream is touched only when its length is not announced: making one costs. */
function readBody(request) {
  const announced = request.headers.get("content-length");
  if (announced === null) return request.body === null ? NOTHING : readStream(request.body);
  if (announced === "0") return NOTHING;
  return Number(announced) > MAX_BODY ? TOO_LARGE : request.arrayBuffer().then((buffer) => new Uint8Array(buffer));
}

async function readStream(stream) {
  const parts = [];
  let length = 0;
  for await (const part of stream) {
    length += part.byteLength;
    if (length > MAX_BODY) return TOO_LARGE;
    parts.push(part);
  }
  return new Uint8Array(await new Blob(parts).arrayBuffer());
}

function answer(request, method, body) {
  const { headers } = request;
  const authorization = headers.get("authorization");
  let head = "";
  let response;
  try {
    const credential = authorization === null ? 0 : numberOf(authorization);
    head = headOf(request, method, headers, credential === 0 ? (authorization ?? "") : "");
    response = typeof body === "number" ? wasm.fetch(head, credential, undefined, body) : wasm.fetch(head, credential, body, 0);
  } catch (error) {
    return afterPanic(head, error);
  }
  return typeof response === "number" ? untilDone(response, head) : response;
}

/** A promise of what the task comes to. `head` is the request's, or undefined when a cron trigger began it. */
function untilDone(task, head) {
  return new Promise((resolve) => {
    const since = Date.now();
    waiting.set(task, { head, resolve, since });
    const [oldest, { since: oldestSince }] = waiting.entries().next().value;
    if (since - oldestSince > FORGET_AFTER_MS) waiting.delete(oldest);
  });
}

/** Goes on with a task: what it waited for has come to `value`. */
function resume(task, reply, isFulfilled, value) {
  const waiter = waiting.get(task);
  if (waiter === undefined) return;
  let response;
  try {
    response = wasm.resume(task, reply, isFulfilled, value);
  } catch (error) {
    response = afterLoss(waiter.head, error);
  }
  if (typeof response === "number") return;
  // The instance that held the task has aborted and another is in its place: the request is lost, its client is told.
  if (response === undefined) response = afterLoss(waiter.head, new Error("the Wasm instance was replaced"));
  waiting.delete(task);
  waiter.resolve(response);
}

/** What a lost task comes to: an answer, or for a cron trigger a failure that the runtime reports. */
function afterLoss(head, error) {
  if (head !== undefined) return afterPanic(head, error);
  forgetCredentials();
  return Promise.reject(error);
}

function afterPanic(head, error) {
  // A fresh Wasm instance may have taken the place of one that was past help: it has kept nothing.
  forgetCredentials();
  return wasm.answerPanic(head, String(error?.message ?? error));
}

/** A busy key's quota may be whole again between two questions: its state is not made and forgotten each time. */
const KEEP_STATE_MS = 60_000;

/**
 * Counts for one key of the limits. It has no memory beside its storage, so being evicted or restarted changes
 * nothing. Nothing is awaited between reading and writing: questions are taken one at a time, and the runtime holds
 * an answer back until what was written for it is safe.
 */
export class Limiter extends DurableObject {
  take(ask) {
    const { storage } = this.ctx;
    const state = storage.kv.get("state");
    const decision = wasm.decideLimit(state ?? "", ask, Date.now());
    if (decision === undefined) throw new Error("not a question");
    const [answer, next, forgetAt] = decision.split("\n");
    if (next !== state) storage.kv.put("state", next);
    // One alarm in the life of a state: it looks again when it rings.
    if (state === undefined) storage.setAlarm(Math.max(Number(forgetAt), Date.now() + KEEP_STATE_MS));
    return answer;
  }

  async alarm() {
    const { storage } = this.ctx;
    const forgetAt = wasm.limitForgottenAt(storage.kv.get("state") ?? "");
    if (forgetAt > Date.now()) await storage.setAlarm(forgetAt);
    else await storage.deleteAll();
  }
}

/** Seconds after which a message comes again that nobody has settled. */
const RETRY_UNSETTLED_S = 30;
/** Takes what becomes of the messages of each batch that is being worked on, by its task. */
const batches = new Map();

/**
 * What becomes of a batch's messages. Attempts that have begun end behind the handler's back, within 15 s of the 30 s that the
 * runtime gives them: a receiver that hangs must not hold the next batch up.
 */
function untilSettled(task, queue, ctx) {
  return new Promise((resolve) => {
    batches.set(task, resolve);
    const ended = untilDone(task)
      .catch((error) => noteBatch(queue, error))
      .finally(() => {
        batches.delete(task);
        resolve(undefined);
      });
    ctx.waitUntil(ended);
  });
}

function noteBatch(queue, error) {
  forgetCredentials();
  console.error(JSON.stringify({ time: new Date().toISOString(), level: "error", event: "batch_failed", queue, cause: String(error?.message ?? error) }));
}

function settle(task, settlements) {
  batches.get(task)?.(settlements);
}

/** -1 acknowledges a message; another number is the seconds after which it comes again. */
function settleMessages(messages, settlements) {
  messages.forEach((message, index) => {
    const delaySeconds = settlements?.[index] ?? RETRY_UNSETTLED_S;
    if (delaySeconds < 0) message.ack();
    else message.retry({ delaySeconds });
  });
}

function ensureConnected(env) {
  if (isConnected) return;
  wasm.start({ env, resume, settle });
  isConnected = true;
}

export default {
  fetch(request, env) {
    ensureConnected(env);
    const { method } = request;
    if (BODILESS.has(method)) return answer(request, method, NOTHING);
    const body = readBody(request);
    if (!(body instanceof Promise)) return answer(request, method, body);
    return body.then(
      (bytes) => answer(request, method, bytes),
      () => answer(request, method, INCOMPLETE),
    );
  },

  async scheduled({ cron, scheduledTime }, env) {
    ensureConnected(env);
    const task = wasm.tick(cron, scheduledTime);
    if (typeof task === "number") await untilDone(task);
  },

  async queue({ queue, messages }, env, ctx) {
    ensureConnected(env);
    let settled;
    try {
      const task = wasm.consume(queue, messages.map(({ body }) => String(body)));
      if (typeof task === "number") settled = untilSettled(task, queue, ctx);
    } catch (error) {
      noteBatch(queue, error);
    }
    settleMessages(messages, await settled);
  },
};
