// `npm run bench`: CPU for each request, ours beside the same routes in Hono, in turns on the same machine, once both have given
// the same answers, byte for byte. README.md says how to read the table.
import { fork } from "node:child_process";
import { existsSync, rmSync } from "node:fs";
import { cp, mkdtemp, readFile, readdir } from "node:fs/promises";
import { request as httpRequest } from "node:http";
import { cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { unstable_splitSqlQuery } from "wrangler";
import { fromRoot, run, say, seconds, whenMain } from "../scripts/lib/shell.mjs";
import * as bundles from "./lib/bundles.mjs";
import { credentials, routes, secret, seed, spoiled, squad, variations } from "./lib/data.mjs";
import { cpuOf, start, stopAll } from "./lib/runtime.mjs";

const CONNECTIONS = 8;
const TOKENS_AT_ONCE = 30;
// Short turns: what other programs do to the machine lasts longer than a pair of turns, and so cancels out. Several
// processes: one and the same bundle costs up to a tenth more in one process than in another.
const FULL = { processes: 7, turns: 12, turnMs: 250, warmUp: 4_000, starts: 5, tokens: 150, guesses: 200, places: 40 };
const QUICK = { processes: 1, turns: 8, turnMs: 30, warmUp: 300, starts: 1, tokens: 10, guesses: 5, places: 1 };
const NOTHING_BESIDES = { starts: 0, tokens: 0, guesses: 0, places: 0 };
const GOALS = { firstRequestMs: 40, checkUs: 150, analysisUs: 1_000, argon2Ms: 40, before: 1.1 };

async function bench(args) {
  const text = { type: "string" };
  const { values } = parseArgs({ args, options: { quick: { type: "boolean", default: false }, against: text, only: text, processes: text } });
  const plan = values.quick ? { ...QUICK } : { ...FULL };
  if (values.processes !== undefined) plan.processes = wholeNumber(values.processes);
  if (values.only !== undefined) Object.assign(plan, NOTHING_BESIDES);
  const begun = performance.now();
  const made = { ours: await bundles.ours(), peer: await bundles.peer() };
  if (values.against !== undefined) made.before = await bundles.before(values.against);
  const isRamDisk = existsSync("/dev/shm");
  const state = await mkdtemp(join(isRamDisk ? "/dev/shm" : tmpdir(), "wvw-bench-"));
  const running = [];
  const generator = loadGenerator();
  // Also when a signal ends the run, which Miniflare does not wait for.
  process.once("exit", () => {
    stopAll();
    rmSync(state, { recursive: true, force: true });
  });
  try {
    say(`${cpus().length} x ${cpus()[0].model}, Node ${process.version}, state on ${isRamDisk ? "a RAM disk" : "DISK: expect larger figures"}`);
    const vars = variables();
    const up = async (name, from) => {
      const lines = [];
      const side = await start({ directory: made[name].directory, state: join(state, from), vars, hasObjects: made[name].hasObjects, line: (line) => lines.length < 1_000 && lines.push(line) });
      running.push(side);
      return { name, lines, ...side, call: (method, path, options) => call(side, { method, path, ...options }) };
    };
    // Filled by ours, then copied: both begin with the same database, keys and tokens.
    const first = await up("ours", "ours");
    await migrate(first.miniflare, made.ours.migrations);
    const data = await seed(first.call);
    data.squad = await squad(first.call, data);
    const keyRequests = routes(await credentials(first.call, data));
    const tokens = await logins(first, data, plan);
    const guesses = await guessing(first, data.email, plan);
    const hashMs = await hashing(first, plan);
    const { commit } = JSON.parse((await first.call("GET", "/health/live")).body);
    await first.stop();
    await cp(join(state, "ours"), join(state, "peer"), { recursive: true });
    vars.COMMIT = commit;
    const older = made.before && (await seedBefore(await up("before", "before"), made.before.migrations));

    const starts = { ours: [], peer: [] };
    for (let round = 0; round < plan.starts; round += 1) {
      for (const name of ["ours", "peer"]) {
        const side = await up(name, name);
        starts[name].push(await firstRequest(side));
        await side.stop();
      }
    }
    const names = Object.keys(routes(data)).filter((name) => name.includes(values.only ?? ""));
    if (names.length === 0) throw new Error(`no measured route has ${values.only} in its name`);
    const measured = Object.fromEntries(names.map((name) => [name, []]));
    let sides = [];
    for (let started = 1; started <= plan.processes; started += 1) {
      for (const side of sides) await side.stop();
      sides = [
        { ...(await up("ours", "ours")), requests: routes(data) },
        { ...(await up("peer", "peer")), requests: routes(data) },
      ];
      if (started === 1) await compareOrFail(...sides, data);
      if (older !== undefined) sides.push({ ...(await up("before", "before")), requests: routes(older) });
      for (const name of names) measured[name].push(await measure(name, sides, plan, generator));
      say(`processes ${started} of ${plan.processes}: ${names.map((name) => shown(measured[name].at(-1).ratios)).join(", ")}`);
    }
    sayHead(made);
    for (const name of names) sayRow(name, measured[name]);
    if (values.only !== undefined) return;
    const [ours, peer] = sides;
    const cold = await coldTokens([ours, peer], tokens.unused, data, generator);
    const checks = {};
    for (const side of [ours, peer]) checks[side.name] = await extra(side, spoiled(data), plan, generator);
    const [read] = Object.keys(keyRequests);
    const question = await extra(ours, { more: keyRequests[read], less: routes(data)[read] }, plan, generator);
    const analyses = { request: await extra(ours, data.squad.request, plan, generator), analysis: await extra(ours, data.squad.analysis, plan, generator) };
    report({ made, starts, login: tokens.cpuMs, hashMs, guesses, cold, checks, question, analyses });
  } finally {
    generator.stop();
    for (const side of running) await side.stop().catch(() => {});
  }
  // With the machine to itself, and a database of its own.
  await run(process.execPath, [fromRoot("benches", "webhooks.mjs"), ...(values.quick ? ["--quick"] : [])], { show: "all" });
  say(`took ${seconds(begun)}`);
}

function wholeNumber(text) {
  if (!/^[1-9]\d*$/.test(text)) throw new Error(`--processes takes a whole number from 1, not ${text}`);
  return Number(text);
}

const variables = () => ({
  ENVIRONMENT: "development",
  ISSUER: "http://localhost:8787",
  AUDIENCE: "wvw-builder",
  ALLOWED_ORIGINS: "https://allowed.example",
  // Long enough that no token ends during the run.
  ACCESS_TOKEN_SECONDS: "3600",
  MASTER_KEY: secret(),
  PASSWORD_PEPPER: secret(),
  MAIL_FROM: "wvw-builder@localhost.invalid",
  BREACH_CHECK: "off",
  // The load generator sends more in a second than people in an hour: quotas that it cannot spend, handed out in leases
  // like any other.
  ...Object.fromEntries(["ANONYMOUS", "USER", "LOGIN", "REGISTRATION", "ACCOUNT_KEYS"].map((name) => [`LIMIT_${name}`, "1000000/60"])),
  LIMIT_BURST: "1000000/1",
  // Too slow for leases: every request with an API key asks the object.
  LIMIT_API_KEY: "800000/86400",
});

async function migrate(miniflare, directory) {
  const d1 = await miniflare.getD1Database("DB");
  for (const name of (await readdir(directory)).sort()) {
    const statements = unstable_splitSqlQuery(await readFile(join(directory, name), "utf8"));
    await d1.batch(statements.map((statement) => d1.prepare(statement)));
  }
}

/** An older commit gets data of its own: its tables may be others. */
async function seedBefore(side, migrations) {
  await migrate(side.miniflare, migrations);
  const data = await seed(side.call);
  await side.stop();
  return data;
}

/** One request on a connection of its own. */
function call({ hostname, port }, { method = "GET", path, headers = {}, token, json, body = json === undefined ? "" : JSON.stringify(json) }) {
  const all = { ...headers };
  if (token !== undefined) all.authorization = `Bearer ${token}`;
  if (json !== undefined) all["content-type"] = "application/json";
  if (body !== "") all["content-length"] = Buffer.byteLength(body);
  return new Promise((resolve, reject) => {
    const sending = httpRequest({ hostname, port, method, path, headers: all, agent: false }, (answer) => {
      const chunks = [];
      answer.on("error", reject).on("data", (chunk) => chunks.push(chunk));
      answer.on("end", () => resolve({ status: answer.statusCode, headers: answer.headers, body: Buffer.concat(chunks).toString("latin1") }));
    });
    sending.on("error", reject).end(body);
  });
}

/** Milliseconds from sending the first request that a fresh process gets to the end of its answer. */
async function firstRequest(side) {
  const begun = performance.now();
  const { status } = await side.call("GET", "/health/live");
  if (status !== 200) throw new Error(`the first request was answered ${status}`);
  return performance.now() - begun;
}

/** CPU of a login, and the tokens that came of it, each never used. */
async function logins(side, data, { tokens }) {
  await data.logIn();
  const unused = [];
  const before = cpuOf(side.pid);
  for (let count = 0; count < tokens; count += 1) unused.push(await data.logIn());
  return { unused, cpuMs: (cpuOf(side.pid) - before) / 1e6 / tokens };
}

/** CPU of a wrong login above that of one which is refused before its password is hashed. */
async function hashing(side, { places }) {
  const guess = async (place, expected) => {
    const headers = { "cf-connecting-ip": `198.51.100.${place}` };
    const json = { email: `nobody-${place}@bench.example`, password: "not the right words" };
    const before = cpuOf(side.pid);
    const { status } = await side.call("POST", "/api/v1/auth/login", { headers, json });
    if (status !== expected) throw new Error(`a wrong login was answered ${status}, not ${expected}`);
    return (cpuOf(side.pid) - before) / 1e6;
  };
  const took = [];
  for (let place = 0; place < places; place += 1) {
    const hashed = [];
    const refused = [];
    for (let count = 0; count < 5; count += 1) hashed.push(await guess(place, 401));
    // Five wrong ones in a row are followed by a pause.
    for (let count = 0; count < 5; count += 1) refused.push(await guess(place, 429));
    took.push(median(hashed) - median(refused));
  }
  return middleHalf(took);
}

/** Milliseconds of a login with a wrong password, for an address that has an account and for one that has none. */
async function guessing(side, email, { guesses }) {
  const took = { known: [], unknown: [] };
  // Each pair from a place of its own: the fifth wrong login in a row from one place is followed by a pause.
  const guess = async (who, address, place) => {
    const headers = { "cf-connecting-ip": `192.0.2.${place}` };
    const begun = performance.now();
    const { status } = await side.call("POST", "/api/v1/auth/login", { headers, json: { email: address, password: "not the right words" } });
    if (status !== 401) throw new Error(`a wrong login was answered ${status}`);
    took[who].push(performance.now() - begun);
  };
  // Both were guessed at equally often, and take turns in going first: what is left is whether there is an account.
  const addresses = [["known", email], ["unknown", "nobody@bench.example"]];
  for (let sample = 0; sample < guesses; sample += 1) {
    for (const [who, address] of sample % 2 === 0 ? addresses : addresses.toReversed()) await guess(who, address, sample);
  }
  return { known: median(took.known), unknown: median(took.unknown), samples: guesses };
}

async function compareOrFail(ours, peer, data) {
  const { checked, differing } = await compare(ours, peer, data);
  say(`${checked} answers compared: ${differing.length === 0 ? "all the same, byte for byte" : "THESE DIFFER:"}`);
  for (const line of differing) say(line);
  if (differing.length > 0) throw new Error("the two do not answer alike, so their costs cannot be compared");
}

/** Whether both answer every request alike: status, headers, body and log line. */
async function compare(ours, peer, data) {
  const all = [...Object.values(routes(data)).flat(), ...variations(data)];
  const differing = [];
  for (const [index, request] of all.entries()) {
    const fixed = { "x-request-id": `bench-${String(index).padStart(4, "0")}`, traceparent: `00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01` };
    const answers = [];
    for (const side of [ours, peer]) {
      const answer = await call(side, { ...request, headers: { ...request.headers, ...fixed } });
      delete answer.headers.date;
      // What is left depends on the moment.
      if (answer.headers.ratelimit !== undefined) answer.headers.ratelimit = answer.headers.ratelimit.replaceAll(/=\d+/g, "=n");
      answers.push(answer);
    }
    for (const part of ["status", "headers", "body"]) {
      const [a, b] = answers.map((answer) => (part === "headers" ? JSON.stringify(Object.entries(answer.headers).sort()) : answer[part]));
      if (a !== b) differing.push(`  ${request.method ?? "GET"} ${request.path.slice(0, 80)}: ${part}\n    ours ${a}\n    peer ${b}`);
    }
  }
  differing.push(...(await compareLogs(ours, peer, all.length)));
  return { checked: all.length, differing };
}

/** Both must write the same log line for a request, but for its times. */
async function compareLogs(ours, peer, count) {
  const [a, b] = [await logOf(ours, count), await logOf(peer, count)];
  if (a.size !== count || b.size !== count) return [`  ${count} requests, but ${a.size} and ${b.size} log lines`];
  return [...a].filter(([id, line]) => b.get(id) !== line).map(([id, line]) => `  log line ${id}\n    ours ${line}\n    peer ${b.get(id)}`);
}

/** The log lines of the compared requests by their id. They come through a pipe, a moment after the answers. */
async function logOf({ lines }, count) {
  for (let tries = 0; ; tries += 1) {
    const parsed = lines.filter((line) => line.startsWith("{")).map((line) => JSON.parse(line));
    const entries = parsed.map(({ request_id, time, duration_ms, cause, ...rest }) => [request_id, JSON.stringify(rest)]);
    const found = new Map(entries.filter(([id]) => id.startsWith("bench-")));
    if (found.size >= count || tries === 40) return found;
    await sleep(50);
  }
}

/** The process that sends. It works on one order at a time. */
function loadGenerator() {
  const child = fork(fileURLToPath(new URL("load.mjs", import.meta.url)));
  let settle = () => {};
  child.on("message", (outcome) => settle(outcome));
  child.on("exit", () => settle({ failure: "the load generator has ended" }));
  const load = (order) =>
    new Promise((resolve) => {
      settle = resolve;
      child.send(order);
    });
  return { load, stop: () => child.kill() };
}

/** Sends load from the other process, and gives the microseconds of CPU that `side` used for each request. */
async function cost(side, requests, count, generator) {
  const { hostname, port, pid } = side;
  const before = cpuOf(pid);
  const outcome = await generator.load({ hostname, port, requests, count, connections: CONNECTIONS });
  if (outcome.failure !== undefined) throw new Error(`${side.name}: ${outcome.failure}`);
  return (cpuOf(pid) - before) / 1e3 / count;
}

/** The first use of a token against its later ones, on a route that is otherwise warm. */
async function coldTokens(sides, tokens, { ids }, generator) {
  const result = {};
  for (const side of sides) {
    const requests = (list) => list.map((token) => ({ path: `/api/v1/builds/${ids[0]}`, headers: { authorization: `Bearer ${token}` } }));
    await cost(side, requests([tokens[0]]), 500, generator);
    const differences = [];
    for (let from = 1; from < tokens.length; from += TOKENS_AT_ONCE) {
      const fresh = requests(tokens.slice(from, from + TOKENS_AT_ONCE));
      const first = await cost(side, fresh, fresh.length, generator);
      differences.push(first - (await cost(side, fresh, fresh.length, generator)));
    }
    result[side.name] = median(differences);
  }
  return result;
}

/** A route on all sides in turns, in one process of each: medians of what it costs, and of ours to each other side's. */
async function measure(name, sides, { turns, turnMs, warmUp }, generator) {
  const us = Object.fromEntries(sides.map((side) => [side.name, []]));
  let count = warmUp;
  for (const side of sides) count = Math.ceil((turnMs * 1e3) / (await cost(side, side.requests[name], warmUp, generator)));
  for (let turn = 0; turn < turns; turn += 1) {
    // Who goes first changes, so that a drift of the machine helps nobody.
    for (const side of turn % 2 === 0 ? sides : sides.toReversed()) us[side.name].push(await cost(side, side.requests[name], count, generator));
  }
  const ratios = {};
  for (const { name: other } of sides.slice(1)) {
    ratios[other] = median(us.ours.map((value, index) => value / us[other][index]));
  }
  return { ours: median(us.ours), peer: median(us.peer), ratios };
}

/** The microseconds of CPU that a request of `more` costs above one of `less`, on one side. */
async function extra(side, { more, less }, { processes, turns, turnMs, warmUp }, generator) {
  await cost(side, more, warmUp / 2, generator);
  const count = Math.ceil((turnMs * 1e3) / (await cost(side, less, warmUp / 2, generator)));
  const differences = [];
  for (let turn = 0; turn < processes * turns; turn += 1) {
    const us = {};
    for (const which of turn % 2 === 0 ? ["more", "less"] : ["less", "more"]) {
      us[which] = await cost(side, which === "more" ? more : less, count, generator);
    }
    differences.push(us.more - us.less);
  }
  return middleHalf(differences);
}

function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** The median, and the half in the middle. */
function middleHalf(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const quarter = sorted.length >> 2;
  return { value: median(sorted), low: sorted[quarter], high: sorted.at(-1 - quarter) };
}

const spread = ({ value, low, high }, unit, digits) => `${value.toFixed(digits)}${unit} [${low.toFixed(digits)}..${high.toFixed(digits)}]`;

const shown = (ratios) => Object.values(ratios).map((ratio) => ratio.toFixed(2)).join(" and ");

function sayHead(made) {
  say("\nCPU of the runtime's process for each request");
  say(`  ${"route".padEnd(32)}${"ours us".padStart(9)}${"peer us".padStart(9)}   ratio [min..max]${made.before ? `    ours / before (goal ${GOALS.before})` : ""}`);
}

function sayRow(name, processes) {
  const typical = (side) => median(processes.map((each) => each[side])).toFixed(0).padStart(9);
  const ratios = Object.keys(processes[0].ratios).map((other) => {
    const all = processes.map(({ ratios }) => ratios[other]);
    return `${median(all).toFixed(2)} [${Math.min(...all).toFixed(2)}..${Math.max(...all).toFixed(2)}]`;
  });
  say(`  ${name.padEnd(32)}${typical("ours")}${typical("peer")}   ${ratios.join("    ")}`);
}

function report({ made, starts, login, hashMs, guesses, cold, checks, question, analyses }) {
  const kb = (bytes) => `${(bytes / 1000).toFixed(0)} kB`;
  say("\nBesides");
  const first = Object.values(starts).map((list) => `${median(list).toFixed(1)} ms [${Math.min(...list).toFixed(1)}..${Math.max(...list).toFixed(1)}]`);
  say(`  first request after start        ours ${first[0]} (goal ${GOALS.firstRequestMs}), peer ${first[1]}`);
  say(`  first check of a token, CPU      ours ${cold.ours.toFixed(0)} us, peer ${cold.peer.toFixed(0)} us (signature and session, above a remembered one)`);
  say(`  check of a signature, CPU        ours ${spread(checks.ours, " us", 0)} (goal ${GOALS.checkUs}), peer ${checks.peer.value.toFixed(0)} us (a wrong one, above a token refused for its typ)`);
  say(`  question to a limiter, CPU       ours ${spread(question, " us", 0)} (a read that asks its Durable Object, above one with a lease)`);
  say(`  analysis of 50 players, CPU      ours ${spread(analyses.analysis, " us", 0)} (goal ${GOALS.analysisUs}; above the same answered 304); ${analyses.request.value.toFixed(0)} us with its question to the database (above reading the composition)`);
  say(`  argon2id, CPU                    ours ${spread(hashMs, " ms", 1)} (goal ${GOALS.argon2Ms}; a wrong login, above one that is refused unhashed)`);
  say(`  login, CPU                       ours ${login.toFixed(1)} ms (with argon2id; the peer has no login)`);
  say(`  wrong login, unknown address     ${guesses.unknown.toFixed(2)} ms, known address ${guesses.known.toFixed(2)} ms, ratio ${(guesses.unknown / guesses.known).toFixed(3)} (medians of ${guesses.samples} each, interleaved)`);
  say(`  size                             ours ${kb(made.ours.wasmBytes)} of Wasm, ${kb(made.ours.wasmGzipped)} gzipped; peer ${kb(made.peer.bytes)} of JavaScript, ${kb(made.peer.gzipped)} gzipped`);
}

await whenMain(import.meta.url, bench);
