// Runs the Worker as it would be deployed on the real local runtime, one instance for each caller: a random loopback port,
// fresh D1 and KV with all migrations, fresh secrets, no network. scripts/bundle.mjs makes the bundles.
import { execFileSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdtemp, readFile, readdir, rm } from "node:fs/promises";
import { request as httpRequest } from "node:http";
import { tmpdir } from "node:os";
import { extname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { Miniflare, Response } from "miniflare";
import { unstable_getMiniflareWorkerOptions, unstable_readConfig, unstable_splitSqlQuery } from "wrangler";
import { Mailbox } from "./mailbox.mjs";

export { eventually } from "./client.mjs";

const root = fileURLToPath(new URL("../../", import.meta.url));
const CONFIG = join(root, "wrangler.toml");

/**
 * Starts a Worker and gives `{url, fetch, send, open, scheduled, logs, lines, mails, outbound, d1, kv, kill, restart, dispose}`.
 * `bundle`: "worker" as deployed, or "faulty" with the cargo feature `fault-injection`.
 * `vars`: variables and secrets on top of wrangler.toml's; `undefined` removes one. Quotas are high unless they set them.
 * `slowDatabaseMs`: every D1 call waits this long first, so that requests are in flight together.
 * `network`: the Worker may call others; else what it asks of the network is written down in `outbound` and refused.
 * `countLimiter`: each question that is put to a Durable Object of the limits writes a line `limiter_question`.
 * `queueRetries`: so often a message comes again before it is a dead letter, instead of as in wrangler.toml.
 * `state`: a directory to go on with, as another Worker, or wrangler with `--persist-to` (in its `v3`), has left it; it stays.
 */
export async function startWorker(options = {}) {
  const state = options.state ?? (await makeState());
  const isFresh = !existsSync(join(state, "d1"));
  const settings = { bundle: "worker", slowDatabaseMs: 0, countLimiter: false, network: false, ...options, bindings: variables(options.vars) };
  let { miniflare, ...worker } = await startRuntime(state, settings);
  if (isFresh) await migrate(worker.d1);
  return Object.assign(worker, {
    /** Kills the runtime and starts another one on the same state. */
    async restart() {
      // Miniflare ends its runtime with SIGKILL.
      await miniflare.dispose();
      ({ miniflare, ...worker } = await startRuntime(state, settings));
      return Object.assign(this, worker);
    },
    async dispose() {
      await miniflare.dispose();
      if (options.state === undefined) await dropState(state);
    },
  });
}

async function startRuntime(state, { bundle, slowDatabaseMs, countLimiter, network, queueRetries, bindings }) {
  const logs = [];
  const outbound = [];
  const refuse = ({ url }) => {
    outbound.push(url);
    return new Response("no network", { status: 502 });
  };
  const others = runtimes();
  const { workerOptions } = unstable_getMiniflareWorkerOptions(CONFIG, "");
  const mailbox = new Mailbox();
  const miniflare = new Miniflare({
    log: mailbox,
    host: "127.0.0.1",
    port: 0,
    cf: false,
    d1Persist: join(state, "d1"),
    kvPersist: join(state, "kv"),
    durableObjectsPersist: join(state, "do"),
    handleStructuredLogs: (entry) => {
      logs.push(entry);
    },
    workers: [
      {
        ...workerOptions,
        ...assetsOf(workerOptions),
        ...consumersOf(workerOptions, queueRetries),
        modulesRoot: join(root, "build", "bundle", bundle),
        modules: await modules(bundle, { slowDatabaseMs, countLimiter }),
        bindings,
        ...(network ? {} : { outboundService: refuse }),
        // Straight to the Worker: no proxy in between that adds, removes or decodes headers.
        unsafeDirectSockets: [{ host: "127.0.0.1", port: 0 }],
      },
    ],
  });
  await miniflare.ready.catch(async (error) => {
    // Else what is left of it would keep the tests from ending.
    await miniflare.dispose().catch(() => {});
    throw error;
  });
  const url = await miniflare.unsafeGetDirectURL();
  const own = [...runtimes()].filter((pid) => !others.has(pid));
  return {
    miniflare,
    url,
    d1: await miniflare.getD1Database("DB"),
    logs,
    outbound,
    fetch: (path, init) => fetch(new URL(path, url), { redirect: "manual", ...init }),
    send: (options) => send(url, options),
    open: (options) => open(url, options),
    /** What it has sent through the local binding: `{to, subject, text, html}` each. */
    mails: () => mailbox.mails(),
    kv: () => miniflare.getKVNamespace("CACHE"),
    /** Fires the cron trigger. */
    scheduled: async (options) => (await miniflare.getWorker()).scheduled(options),
    /** Gives messages to the consumer of a queue; tells what became of them. */
    queue: async (name, messages) => (await miniflare.getWorker()).queue(name, messages),
    /** Ends the runtime as a crash of its machine would: at once, with whatever is in flight. */
    kill: () => own.forEach((pid) => process.kill(pid, "SIGKILL")),
    lines: (match) => jsonLines(logs).filter((line) => Object.entries(match).every(([name, value]) => line[name] === value)),
  };
}

/** A directory for the state of Workers that follow one another. */
export const makeState = () => mkdtemp(join(memoryDirectory(), "wvw-edge-"));
export const dropState = (state) => rm(state, { recursive: true, force: true });

/** The runtimes that this process has started, by the ids of their processes. */
function runtimes() {
  const lines = execFileSync("ps", ["-A", "-o", "pid=,ppid=,comm="], { encoding: "utf8" }).split("\n");
  const processes = lines.map((line) => line.trim().split(/\s+/));
  const own = processes.filter(([, parent, name = ""]) => Number(parent) === process.pid && /(^|\/)workerd$/.test(name));
  return new Set(own.map(([pid]) => Number(pid)));
}

/** Makes an account, if there is none, and logs in; gives the access token. */
export async function logIn(worker, email, password = "four words in a row") {
  const post = (path, body) =>
    worker.fetch(`/api/v1/auth/${path}`, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) });
  await post("register", { email, password, display_name: "Tester" });
  return (await (await post("login", { email, password })).json()).access_token;
}

/** Secrets as `npm start` makes them: 32 random bytes each. */
export const freshSecret = () => randomBytes(32).toString("base64");

/** Tests send at once what people send in an hour. */
const HIGH = "1000000/60";
const LIMITS = ["ANONYMOUS", "USER", "BURST", "API_KEY", "LOGIN", "REGISTRATION", "REFRESH", "WEBHOOK_TEST", "ACCOUNT_KEYS", "PASSWORD", "RESET", "MAILBOX"];

function variables(overrides) {
  const { vars } = unstable_readConfig({ config: CONFIG, env: "" }, { hideWarnings: true });
  const quotas = Object.fromEntries(LIMITS.map((name) => [`LIMIT_${name}`, HIGH]));
  const all = { ...vars, ...quotas, MASTER_KEY: freshSecret(), PASSWORD_PEPPER: freshSecret(), ...overrides };
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined));
}

/** A RAM disk where there is one: local D1 waits for every write to reach the disk. */
const memoryDirectory = () => (existsSync("/dev/shm") ? "/dev/shm" : tmpdir());

function assetsOf({ assets }) {
  return assets ? { assets } : {};
}

function consumersOf({ queueConsumers }, maxRetries) {
  if (maxRetries === undefined) return {};
  return { queueConsumers: Object.fromEntries(Object.entries(queueConsumers).map(([queue, consumer]) => [queue, { ...consumer, maxRetries }])) };
}

async function modules(bundle, { slowDatabaseMs, countLimiter }) {
  const directory = join(root, "build", "bundle", bundle);
  const names = await readdir(directory).catch(() => []);
  if (!names.includes("entry.js")) throw new Error(`build/bundle/${bundle} is missing: run \`npm test\` once, or node scripts/build.mjs and node scripts/bundle.mjs`);
  const types = { ".js": "ESModule", ".wasm": "CompiledWasm" };
  const found = names.filter((name) => types[extname(name)]).sort((a) => (a === "entry.js" ? -1 : 1));
  const deployed = found.map((name) => ({ type: types[extname(name)], path: join(directory, name) }));
  const wrap = (name, contents) => [{ type: "ESModule", path: join(directory, name), contents }, ...deployed];
  if (countLimiter) return wrap("counted.js", COUNTED_ENTRY);
  return slowDatabaseMs === 0 ? deployed : wrap("slow.js", slowEntry(slowDatabaseMs));
}

/** A module around the deployed one whose only change is that its Durable Objects say when they are asked. */
const COUNTED_ENTRY = `
  import { Limiter as Deployed } from "./entry.js";
  export { default } from "./entry.js";
  export class Limiter extends Deployed {
    take(ask) {
      console.log(JSON.stringify({ event: "limiter_question" }));
      return super.take(ask);
    }
  }
`;

/** A module around the deployed one whose only change is a D1 binding that takes its time. */
const slowEntry = (ms) => `
  import worker from "./entry.js";
  const originals = new WeakMap();
  const runs = new Set(["raw", "all", "run", "first", "batch"]);
  const makes = new Set(["prepare", "bind"]);
  function slow(target) {
    const proxy = new Proxy(target, {
      get(_, name) {
        if (typeof target[name] !== "function") return target[name];
        return (...args) => {
          const call = () => target[name](...args.map((arg) => Array.isArray(arg) ? arg.map((each) => originals.get(each) ?? each) : arg));
          if (runs.has(name)) return new Promise((go) => setTimeout(go, ${ms})).then(call);
          return makes.has(name) ? slow(call()) : call();
        };
      },
    });
    originals.set(proxy, target);
    return proxy;
  }
  let bindings;
  export { Limiter } from "./entry.js";
  const slowed = (env) => (bindings ??= { ...env, DB: slow(env.DB) });
  export default {
    fetch: (request, env, context) => worker.fetch(request, slowed(env), context),
    scheduled: (controller, env, context) => worker.scheduled(controller, slowed(env), context),
    queue: (batch, env, context) => worker.queue(batch, slowed(env), context),
  };
`;

async function migrate(d1) {
  const directory = join(root, "migrations");
  for (const name of (await readdir(directory)).filter((each) => each.endsWith(".sql")).sort()) {
    const statements = unstable_splitSqlQuery(await readFile(join(directory, name), "utf8"));
    await d1.batch(statements.map((statement) => d1.prepare(statement)));
  }
}

/** One request with nothing added but Host and the body's length: headers may repeat, the path is sent as it is. */
async function send(url, options) {
  const exchange = open(url, options);
  exchange.request.end(options.body);
  return exchange.answer;
}

/** As `send`, but the caller writes and ends the body. */
function open(url, { method = "GET", path = "/", headers = {} }) {
  const request = httpRequest({ host: url.hostname, port: url.port, method, path, headers, agent: false });
  const answer = new Promise((resolve, reject) => {
    request.on("error", reject);
    request.on("response", (response) => {
      const chunks = [];
      response.on("data", (chunk) => chunks.push(chunk));
      response.on("error", reject);
      response.on("end", () => {
        const body = Buffer.concat(chunks);
        resolve({
          status: response.statusCode,
          headers: response.headers,
          rawHeaders: response.rawHeaders,
          body,
          json: () => JSON.parse(body.toString("utf8")),
        });
      });
    });
  });
  return { request, answer };
}

function jsonLines(logs) {
  return logs.flatMap(({ message }) => {
    try {
      const line = JSON.parse(message);
      return line !== null && typeof line === "object" ? [line] : [];
    } catch {
      return [];
    }
  });
}
