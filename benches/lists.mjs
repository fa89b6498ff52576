// `npm run bench:lists`: what a page of each list costs among 200,000 builds and 20,000 compositions, in the Worker as deployed
// over local D1 on a RAM disk: page 1,000 beside the first, each filter and search beside the plain list of the same caller.
import { createHash } from "node:crypto";
import { existsSync, rmSync } from "node:fs";
import { cp, mkdir, mkdtemp, readFile, readdir } from "node:fs/promises";
import { Agent } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { unstable_splitSqlQuery } from "wrangler";
import { fromRoot, say, step, whenMain } from "../scripts/lib/shell.mjs";
import * as bundles from "./lib/bundles.mjs";
import { CODES, secret } from "./lib/data.mjs";
import * as data from "./lib/list-data.mjs";
import { targets } from "./lib/list-targets.mjs";
import { cpuOf, start, stopAll } from "./lib/runtime.mjs";
import { send } from "./lib/send.mjs";

const GOALS = { page: 1.5, narrowed: 3 };
/** Requests of one figure; a round takes one of each target. */
const REQUESTS = 8;
/** Rows of one INSERT, and how many of these are one transaction. */
const ROWS = 250;
const BATCH = 8;
const PASSWORD = "four words in a row";

async function bench(args) {
  const options = { rounds: { type: "string", default: "9" }, only: { type: "string", default: "" }, keep: { type: "string" } };
  const { values } = parseArgs({ args, options });
  const made = await bundles.ours();
  const state = await mkdtemp(join(existsSync("/dev/shm") ? "/dev/shm" : tmpdir(), "wvw-lists-"));
  process.once("exit", () => {
    stopAll();
    rmSync(state, { recursive: true, force: true });
  });
  const isKept = values.keep !== undefined && existsSync(values.keep);
  if (isKept) await cp(values.keep, state, { recursive: true });
  const high = Object.fromEntries(["ANONYMOUS", "USER", "LOGIN", "REGISTRATION"].map((name) => [`LIMIT_${name}`, "1000000/60"]));
  // What is kept must be read again.
  const fixed = (name) => (values.keep === undefined ? secret() : createHash("sha256").update(name).digest("base64"));
  const secrets = { MASTER_KEY: fixed("master"), PASSWORD_PEPPER: fixed("pepper") };
  const vars = { ENVIRONMENT: "development", ISSUER: "http://localhost:8787", AUDIENCE: "wvw-builder", ALLOWED_ORIGINS: "", ACCESS_TOKEN_SECONDS: "3600", ...secrets, WEBHOOK_ALLOW_LOCAL: "true", ...high, LIMIT_BURST: "1000000/1" };
  const side = await start({ directory: made.directory, state, vars });
  const d1 = await side.miniflare.getD1Database("DB");
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const call = (method, path, json, token) => send(side, agent, method, path, json, token);
  if (!isKept) await step("200,000 builds and 20,000 compositions", () => seed(d1, call));
  if (values.keep !== undefined && !isKept) {
    await mkdir(values.keep, { recursive: true });
    await cp(state, values.keep, { recursive: true });
  }
  await measure(side, call, await targets(d1, (name) => logIn(call, name)), values);
  process.exit(0);
}

async function logIn(call, name) {
  return JSON.parse(await call("POST", "/api/v1/auth/login", { email: `${name}@bench.example`, password: PASSWORD })).access_token;
}

/** Puts rows through statements, which read them as `value` of JSON. The next rows are made while these go in. */
async function fill(d1, rows, ...statements) {
  let [under, batch, chunk] = [Promise.resolve(), [], []];
  const flush = async (isLast) => {
    const json = JSON.stringify(chunk);
    chunk = [];
    batch.push(...statements.map((sql) => d1.prepare(sql.includes("json_each(?1)") ? sql : `${sql} FROM json_each(?1)`).bind(json)));
    if (!isLast && batch.length < BATCH * statements.length) return;
    await under;
    under = d1.batch(batch);
    batch = [];
  };
  for (const row of rows) if (chunk.push(row) === ROWS) await flush(false);
  await flush(true);
  await under;
}

async function seed(d1, call) {
  for (const name of (await readdir(fromRoot("migrations"))).sort()) {
    const statements = unstable_splitSqlQuery(await readFile(fromRoot("migrations", name), "utf8"));
    await d1.batch(statements.map((statement) => d1.prepare(statement)));
  }
  const ids = {};
  for (const name of ["few", "many"]) {
    const account = { email: `${name}@bench.example`, password: PASSWORD, display_name: name };
    ids[name] = JSON.parse(await call("POST", "/api/v1/auth/register", account)).user.id;
  }
  const token = await logIn(call, "few");
  // Documents as the Worker makes them, one of each profession, and one of a squad.
  const documents = [];
  for (const chat_code of CODES) documents.push(JSON.parse(await call("POST", "/api/v1/builds", { name: "Base", chat_code, gear: { stats: "Minstrel's", rune: "Monk", sigils: ["Energy", "Transference"] } }, token)));
  const slots = Array.from({ length: 5 }, (_, index) => ({ player: `Player ${index}`, build_id: documents[index].id, role: "strip" }));
  const subgroups = Array.from({ length: 6 }, () => ({ slots }));
  const plan = JSON.parse(await call("POST", "/api/v1/compositions", { name: "Base", mode: "zerg", subgroups }, token));
  const hook = JSON.parse(await call("POST", "/api/v1/webhooks", { url: "http://127.0.0.1:9999/", event_types: ["*"] }, token));
  await d1.batch(["compositions", "builds"].map((table) => d1.prepare(`DELETE FROM ${table}`)));
  const long = Date.UTC(2024, 9, 1);
  const users = { ...ids, others: Array.from({ length: 4_000 }, () => data.id("user", long).id), teams: Array.from({ length: 10 }, () => data.id("team", long).id) };
  const facets = (row) => ` ${row.facets.map((facet) => `k${Buffer.from(facet.join("=")).toString("hex")}`).join(" ")} `;
  const columns = "value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4, value ->> 5, value ->> 6, CAST(value ->> 7 AS INTEGER), 1";
  const row = (each) => [each.id, each.owner, each.visibility, each.team, each.document, each.search_text, facets(each), each.number, each.facets.filter(([name]) => name === "tag" || name === "game_build")];
  const map = function* (rows, change) {
    for (const each of rows) yield change(each);
  };
  const teams = users.teams.map((id, index) => [id, `Team ${index}`]);
  await fill(d1, teams, "INSERT INTO teams (id, name, tag, description, version, created_at, updated_at) SELECT value ->> 0, value ->> 1, 'RED', '', 1, 1, 1");
  // Who has three builds is in the largest team and in two others.
  const members = [[users.teams[0], ids.few], [users.teams[4], ids.few], [users.teams[9], ids.few]];
  for (const [index, user] of users.others.slice(0, 400).entries()) members.push([users.teams[index % 10], user]);
  await fill(d1, members, "INSERT INTO team_members (team_id, user_id, role, display_name, joined_at) SELECT value ->> 0, value ->> 1, 'officer', 'Someone', 1");
  await fill(
    d1,
    map(data.builds(documents, users), row),
    `INSERT INTO builds (id, owner_id, visibility, team_id, document, search_text, facets, number, version, rendered_with) SELECT ${columns}, '${await renderedWith()}'`,
    "INSERT INTO build_facets (facet, value, build_id) SELECT f.value ->> 0, f.value ->> 1, e.value ->> 0 FROM json_each(?1) e, json_each(e.value, '$[8]') f",
  );
  await fill(
    d1,
    map(data.compositions(plan, users), row),
    `INSERT INTO compositions (id, owner_id, visibility, team_id, document, search_text, facets, number, version) SELECT ${columns}`,
    "INSERT INTO composition_tags (tag, composition_id) SELECT f.value ->> 1, e.value ->> 0 FROM json_each(?1) e, json_each(e.value, '$[8]') f",
    "INSERT INTO composition_versions (composition_id, version, changed_by, changed_at, change, document) SELECT value ->> 0, 1, value ->> 1, 1, 'created', value ->> 4",
  );
  const players = Array.from({ length: 10_000 }, (_, index) => [data.id("player", long + index).id, users.teams[0], `Player ${index}`]);
  await fill(d1, players, "INSERT INTO team_players (id, team_id, name, search_name, document, version) SELECT value ->> 0, value ->> 1, value ->> 2, lower(value ->> 2), json_object('id', value ->> 0, 'name', value ->> 2, 'builds', json('[]'), 'availability', '', 'notes', ''), 1");
  const states = ["delivered", "delivered", "delivered", "dead"];
  const deliveries = Array.from({ length: 25_000 }, (_, index) => [data.id("delivery", long + index).id, hook.id, data.id("event", long + index).id, states[index % 4], ids.few]);
  await fill(
    d1,
    deliveries,
    "INSERT INTO webhook_events (id, user_id, type, payload, traceparent, fanned_out_at) SELECT value ->> 2, value ->> 4, 'build.created', '{\"type\":\"build.created\",\"data\":{}}', '', 1",
    "INSERT INTO webhook_deliveries (id, webhook_id, event_id, state, reason, attempts, next_attempt_at) SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3, iif(value ->> 3 = 'dead', 'exhausted', NULL), 1, 1",
    "INSERT INTO webhook_attempts (delivery_id, number, at, duration_ms, status, response) SELECT value ->> 0, 1, 1, 20, 200, 'ok'",
  );
}

/** As build.rs names the reference tables (FNV-1a). */
async function renderedWith() {
  let hash = 0x811c9dc5;
  for (const byte of await readFile(fromRoot("src", "game", "reference.json"))) hash = Math.imul(hash ^ byte, 0x01000193) >>> 0;
  return hash.toString(16).padStart(8, "0");
}

/** Milliseconds of CPU that the runtime, D1 in it, uses for a request, and milliseconds on the clock. */
async function once(side, call, { path, token }) {
  const [cpu, clock] = [cpuOf(side.pid), performance.now()];
  for (let count = 0; count < REQUESTS; count += 1) await call("GET", path, undefined, token);
  return { cpu: (cpuOf(side.pid) - cpu) / 1e6 / REQUESTS, clock: (performance.now() - clock) / REQUESTS };
}

const median = (list) => [...list].sort((a, b) => a - b)[list.length >> 1];

async function measure(side, call, all, { rounds, only }) {
  const plain = new Set(all.map(({ beside }) => beside));
  const asked = all.filter(({ name }) => name.includes(only) || plain.has(name));
  for (const target of asked) target.found = JSON.parse(await call("GET", target.path, undefined, target.token)).data.length;
  const figures = new Map(asked.map(({ name }) => [name, []]));
  for (let round = 0; round < Number(rounds); round += 1) {
    for (const target of round % 2 === 0 ? asked : [...asked].reverse()) figures.get(target.name).push(await once(side, call, target));
  }
  say(`${"".padEnd(64)} rows  CPU ms  clock ms  ratio of CPU (least, greatest of ${rounds})   goal`);
  let missed = 0;
  for (const { name, beside, goal, found } of asked) {
    const mine = figures.get(name);
    const ratios = mine.map(({ cpu }, round) => cpu / figures.get(beside)[round].cpu);
    const ratio = median(ratios);
    const is = goal === undefined ? "" : ratio <= GOALS[goal] ? `${GOALS[goal]} met` : `${GOALS[goal]} MISSED`;
    if (is.endsWith("MISSED")) missed += 1;
    const spread = `(${Math.min(...ratios).toFixed(2)}, ${Math.max(...ratios).toFixed(2)})`;
    say(`${name.padEnd(64)} ${String(found).padStart(4)} ${median(mine.map(({ cpu }) => cpu)).toFixed(2).padStart(7)} ${median(mine.map(({ clock }) => clock)).toFixed(2).padStart(9)}  ${ratio.toFixed(2).padStart(5)} ${spread.padEnd(16)} ${is}`);
  }
  say(`${missed} of ${asked.filter(({ goal }) => goal).length} goals missed`);
}

await whenMain(import.meta.url, bench);
