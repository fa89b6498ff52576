// `npm run bench:webhooks`, and the end of `npm run bench`: deliveries a second, and the time from a build to its receiver.
// Real queues and sockets; receiver and generator on the same machine. The README says how to read the figures.
import { existsSync, rmSync } from "node:fs";
import { mkdtemp, readFile, readdir } from "node:fs/promises";
import { Agent, createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import { gzipSync } from "node:zlib";
import { unstable_splitSqlQuery } from "wrangler";
import { fromRoot, say, whenMain } from "../scripts/lib/shell.mjs";
import * as bundles from "./lib/bundles.mjs";
import { secret } from "./lib/data.mjs";
import { cpuOf, start, stopAll } from "./lib/runtime.mjs";
import { send } from "./lib/send.mjs";

const CODE = "[&DQEqJS4aPio6AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=]";
const GOALS = { perSecond: 1_000, quietP99Ms: 100, factor: 2 };
const FULL = { seconds: "8", clients: "16", samples: "600" };
/** Between two builds of a steady pace. */
const PACE_MS = 40;
const QUICK = { seconds: "1", clients: "4", samples: "20" };

const goal = (isMet, text) => `(goal ${text}: ${isMet ? "met" : "NOT MET"})`;

async function bench(args) {
  const text = { type: "string" };
  const { values: asked } = parseArgs({ args, options: { quick: { type: "boolean", default: false }, seconds: text, clients: text, samples: text } });
  const plan = Object.fromEntries(Object.entries({ ...(asked.quick ? QUICK : FULL), ...asked }).map(([name, value]) => [name, Number(value)]));
  const made = await bundles.ours();
  const state = await mkdtemp(join(existsSync("/dev/shm") ? "/dev/shm" : tmpdir(), "wvw-webhooks-"));
  process.once("exit", () => {
    stopAll();
    rmSync(state, { recursive: true, force: true });
  });
  const high = Object.fromEntries(["ANONYMOUS", "USER", "LOGIN", "REGISTRATION"].map((name) => [`LIMIT_${name}`, "1000000/60"]));
  const vars = { ENVIRONMENT: "development", ISSUER: "http://localhost:8787", AUDIENCE: "wvw-builder", ALLOWED_ORIGINS: "", ACCESS_TOKEN_SECONDS: "3600", MASTER_KEY: secret(), PASSWORD_PEPPER: secret(), MAIL_FROM: "wvw-builder@localhost.invalid", BREACH_CHECK: "off", WEBHOOK_ALLOW_LOCAL: "true", ...high, LIMIT_BURST: "1000000/1" };
  const side = await start({ directory: made.directory, state, vars });
  const d1 = await side.miniflare.getD1Database("DB");
  for (const name of (await readdir(fromRoot("migrations"))).sort()) {
    const statements = unstable_splitSqlQuery(await readFile(fromRoot("migrations", name), "utf8"));
    await d1.batch(statements.map((statement) => d1.prepare(statement)));
  }
  const agent = new Agent({ keepAlive: true });
  const call = async (method, path, json, token) => {
    const text = await send(side, agent, method, path, json, token);
    return text === "" ? undefined : JSON.parse(text);
  };
  const account = { email: "load@bench.example", password: "four words in a row" };
  await call("POST", "/api/v1/auth/register", { ...account, display_name: "Load" });
  const { access_token: token } = await call("POST", "/api/v1/auth/login", account);
  const receivers = await listen(5);
  const hook = (url) => call("POST", "/api/v1/webhooks", { url, event_types: ["*"] }, token);
  let builds = 0;
  const clear = () => {
    builds = 0;
    return d1.prepare("DELETE FROM builds").run();
  };
  const build = async () => {
    builds += 1;
    // An account can have 1,000.
    if (builds === 900) await clear();
    return call("POST", "/api/v1/builds", { name: "Load", chat_code: CODE }, token);
  };
  const one = { call, build, clear, receivers, side };

  const remove = async (left) => {
    const { data } = await call("GET", "/api/v1/webhooks?limit=100", undefined, token);
    // Those that were made last come first.
    for (const { id } of data.slice(0, data.length - left)) await call("DELETE", `/api/v1/webhooks/${id}`, undefined, token);
  };

  say("\nWebhooks");
  await hook(receivers.urls[0]);
  await settle(one, 1);
  const quiet = await latency(one, plan.samples);
  say(`  quiet, one client, one endpoint: create to arrival p50 ${quiet.p50.toFixed(1)} ms, p99 ${quiet.p99.toFixed(1)} ms ${goal(quiet.p99 < GOALS.quietP99Ms, `p99 under ${GOALS.quietP99Ms}`)}`);
  await load(one, 1, plan);
  for (const url of receivers.urls.slice(1)) await hook(url);
  await settle(one, 5);
  await load(one, 5, plan);

  await remove(1);
  await sleep(2_000);
  const before = await steadily(one, plan.samples);
  const dead = await listenDead();
  for (let count = 0; count < 20; count += 1) await hook(`${count % 2 === 0 ? dead.hangs : dead.refuses}?${count}`);
  // As if they had answered their ping and gone since.
  await d1.prepare("UPDATE webhooks SET is_proven = 1").run();
  await steadily(one, Math.ceil(plan.samples / 3));
  compare("beside 20 dead endpoints (half refuse, half hang)", before, await steadily(one, plan.samples));

  await remove(1);
  await sleep(2_000);
  for (const kind of Object.keys(HOSTILE)) await besideHostile(one, kind, { hook, remove, samples: plan.samples });
  process.exit(0);
}

function compare(what, before, beside) {
  const factor = beside.p99 / before.p99;
  say(`  ${what}: p99 ${beside.p99.toFixed(1)} ms, without them ${before.p99.toFixed(1)} ms: ${factor.toFixed(2)} times ${goal(factor < GOALS.factor, `less than ${GOALS.factor}`)}`);
}

/** How receivers answer that have answered well before. */
const HOSTILE = {
  "hang": () => {},
  "drip": (response) => {
    response.writeHead(200);
    const drip = setInterval(() => response.write("."), 1_000);
    response.on("close", () => clearInterval(drip));
  },
  "reset the connection": (response) => {
    response.writeHead(200, { "content-length": 1_000 });
    response.write("half", () => response.socket.destroy());
  },
  "send 200 kB": (response) => response.end("x".repeat(200_000)),
  "send a gzip bomb": (response) => response.writeHead(200, { "content-encoding": "gzip" }).end(BOMB),
};
const BOMB = gzipSync(Buffer.alloc(50_000_000));

/** Two endpoints answer well for a while, so that their first attempts go at once, and then they do not. */
async function besideHostile(one, kind, { hook, remove, samples }) {
  const answering = { now: (response) => response.end() };
  const state = { total: 0 };
  for (let count = 0; count < 2; count += 1) {
    const server = createServer((request, response) => {
      response.on("error", () => {});
      const chunks = [];
      request.on("data", (chunk) => chunks.push(chunk));
      request.on("end", () => {
        if (isPing(chunks)) return response.end();
        state.total += 1;
        return answering.now(response);
      });
    });
    await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
    await hook(`http://127.0.0.1:${server.address().port}/`);
  }
  const all = { ...one, receivers: { get total() { return one.receivers.total + state.total; } } };
  await settle(all, 3);
  const before = await steadily(one, samples);
  answering.now = HOSTILE[kind];
  compare(`beside 2 that have answered well and then ${kind}`, before, await steadily(one, samples));
  await remove(1);
  // What is under way to them ends.
  await sleep(16_000);
}

/** Whether this is what proves a URL, before anything that counts is sent there. */
const isPing = (chunks) => JSON.parse(Buffer.concat(chunks).toString()).type === "ping";

/** Receivers that note when each build arrived. What comes twice is no other delivery. */
async function listen(count) {
  const arrivals = new Map();
  const seen = new Set();
  const state = { total: 0, repeats: 0, arrivals, urls: [] };
  for (let index = 0; index < count; index += 1) {
    const server = createServer((request, response) => {
      const chunks = [];
      request.on("data", (chunk) => chunks.push(chunk));
      request.on("end", () => {
        if (isPing(chunks)) return response.end();
        const key = `${index} ${request.headers["webhook-id"]}`;
        state[seen.has(key) ? "repeats" : "total"] += 1;
        seen.add(key);
        const { data } = JSON.parse(Buffer.concat(chunks).toString());
        if (!arrivals.has(data.id)) arrivals.set(data.id, performance.now());
        return response.end();
      });
    });
    await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
    state.urls.push(`http://127.0.0.1:${server.address().port}/`);
  }
  return state;
}

/** A server that never answers, and the address of one that has gone. */
async function listenDead() {
  const open = async () => {
    const server = createServer(() => {});
    await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
    return { server, url: `http://127.0.0.1:${server.address().port}/` };
  };
  const [hanging, gone] = [await open(), await open()];
  await new Promise((resolve) => gone.server.close(resolve));
  return { hangs: hanging.url, refuses: gone.url };
}

/** Lets every endpoint answer once: new ones begin in the slow lane. */
async function settle({ build, receivers }, endpoints) {
  for (let count = 0; count < 3; count += 1) {
    const wanted = receivers.total + endpoints;
    await build();
    for (let tries = 0; receivers.total < wanted && tries < 2_000; tries += 1) await sleep(5);
  }
}

/** One build after the other, each when the one before has arrived. */
async function latency({ build, receivers }, count) {
  const times = [];
  for (let index = 0; index < count; index += 1) times.push(await arrival({ build, receivers }));
  return percentiles(times);
}

/** Builds at a steady pace, whether those before have arrived or not: else what holds up many would count once. */
async function steadily({ build, clear, receivers }, count) {
  // Not on the way: nothing else is written while hundreds are deleted, and those that wait for it are the p99.
  await clear();
  const one = async (index) => {
    await sleep(index * PACE_MS);
    return arrival({ build, receivers });
  };
  return percentiles(await Promise.all(Array.from({ length: count }, (_, index) => one(index))));
}

async function arrival({ build, receivers }) {
  const begun = performance.now();
  const { id } = await build();
  while (!receivers.arrivals.has(id) && performance.now() < begun + 60_000) await sleep(1);
  return (receivers.arrivals.get(id) ?? Infinity) - begun;
}

function percentiles(times) {
  times.sort((a, b) => a - b);
  return { p50: times[times.length >> 1], p99: times[Math.floor(times.length * 0.99)] };
}

async function load({ build, receivers, side }, endpoints, { seconds, clients }) {
  const begun = performance.now();
  const [before, repeats, cpu] = [receivers.total, receivers.repeats, cpuOf(side.pid)];
  let made = 0;
  const until = begun + seconds * 1_000;
  await Promise.all(
    Array.from({ length: clients }, async () => {
      while (performance.now() < until) {
        await build();
        made += 1;
      }
    }),
  );
  const wanted = before + made * endpoints;
  for (let tries = 0; receivers.total < wanted && tries < 6_000; tries += 1) await sleep(10);
  const [took, delivered] = [(performance.now() - begun) / 1_000, receivers.total - before];
  const perDelivery = (cpuOf(side.pid) - cpu) / 1e3 / delivered;
  const perSecond = delivered / took;
  const is = endpoints === 5 ? ` ${goal(perSecond >= GOALS.perSecond, `at least ${GOALS.perSecond}`)}` : "";
  say(
    `  ${endpoints} endpoint${endpoints === 1 ? "" : "s"}: ${perSecond.toFixed(0)} deliveries/s${is}, ${(made / took).toFixed(0)} builds/s, ${perDelivery.toFixed(0)} us of CPU a delivery, its share of the build included; ` +
      `${delivered} of ${made * endpoints} arrived, ${receivers.repeats - repeats} of them more than once`,
  );
}

await whenMain(import.meta.url, bench);
