// `npm run scan [-- --only sqlmap|wapiti] [--target PART]...`: scanners against the running Worker, on loopback. An unexplained finding
// or a 5xx fails the run, and so does a scanner that misses the holes of a Worker made for it.
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { call, makeGuild } from "../tests/edge/guild.mjs";
import { logIn, startWorker } from "../tests/edge/harness.mjs";
import { layOutAssets } from "./assets.mjs";
import { build } from "./build.mjs";
import { bundle } from "./bundle.mjs";
import { ensurePython } from "./lib/python.mjs";
import { Failure, run, say, seconds, stopChildren, whenMain } from "./lib/shell.mjs";
import { startVulnerable } from "./lib/vulnerable.mjs";
import { ensurePackages } from "./tools.mjs";

const SQLMAP = "sqlmap==1.10.10";
const WAPITI = "wapiti3==3.2.3";
const PASSWORD = "a scanner keeps its own";
const CHAT_CODE = "[&DQEqJS4aPio6AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=]";
/** D1 is SQLite. All techniques; level 3 adds more payloads, and the headers User-Agent and Referer. */
const SQLMAP_ARGS = ["--batch", "--disable-coloring", "--flush-session", "--dbms=SQLite", "--level=3", "--risk=2", "--ignore-code=*", "--timeout=10", "--retries=1"];
/** Without those that ask a server of wapiti's whether it was reached: all traffic stays on this machine. */
const WAPITI_MODULES = "backup,cookieflags,crlf,csp,csrf,exec,file,htaccess,http_headers,ldap,methods,permanentxss,redirect,sql,timesql,upload,xss";
/** What wapiti says of ours that is meant to be so: its category, what it is said of, why. */
const EXPLAINED = [["Htaccess Bypass", /^ABC /, "the method ABC is answered by the local runtime itself: 501, unrecognized request method"]];
/** The calls with which wapiti would void its own token, and then scan nothing: sqlmap has the first, the other takes no input. */
const OWN_END = ["/api/v1/admin/signing-keys/rotate", "/api/v1/auth/end-everything"];

async function scan(args) {
  const { values } = parseArgs({ args, options: { only: { type: "string" }, target: { type: "string", multiple: true, default: [""] } } });
  if (values.only !== undefined && !["sqlmap", "wapiti"].includes(values.only)) throw new Failure("--only takes sqlmap or wapiti");
  const wants = (name) => values.only === undefined || values.only === name;
  await ensurePackages();
  await build();
  await layOutAssets();
  await bundle("worker");
  const folder = await mkdtemp(join(tmpdir(), "wvw-scan-"));
  const worker = await startWorker({ vars: { ACCESS_TOKEN_SECONDS: "3600" } });
  const vulnerable = await startVulnerable();
  const problems = [];
  try {
    if (wants("sqlmap")) problems.push(...(await scanWithSqlmap(worker, vulnerable, folder, values.target)));
    if (wants("wapiti")) problems.push(...(await scanWithWapiti(worker, vulnerable, folder)));
  } finally {
    await Promise.all([worker.dispose(), vulnerable.dispose()]);
    await rm(folder, { recursive: true, force: true });
  }
  if (problems.length > 0) throw new Failure(problems.join("\n  "));
  say("✓ no finding that is not explained, and no 5xx");
}

/** An administrator with a guild, builds and logins, whose calls reach all tables. */
async function makeAccount(worker, email) {
  await logIn(worker, email, PASSWORD);
  await worker.d1.prepare("UPDATE users SET role = 'administrator' WHERE email_key = ?").bind(email).run();
  const token = await logIn(worker, email, PASSWORD);
  const guild = await makeGuild(worker, token, `mate.of.${email}`);
  const document = JSON.parse(guild.pointed(await (await worker.fetch("/openapi.json")).text()));
  const key = await call(worker, token, "POST", "/auth/api-keys", { name: "Bot", scopes: ["builds:read"] });
  const { id } = await call(worker, token, "GET", "/users/me");
  const { refresh_token: refreshToken } = await call(worker, undefined, "POST", "/auth/login", { email, password: PASSWORD });
  const { data: logins } = await call(worker, token, "GET", "/auth/sessions");
  const session = logins.find(({ current }) => !current).id;
  const cursorOf = async (path) => encodeURIComponent((await call(worker, token, "GET", `${path}?limit=1`)).next_cursor);
  const cursors = { builds: await cursorOf("/builds"), sessions: await cursorOf("/auth/sessions"), log: await cursorOf("/admin/audit-log") };
  return { email, token, build: guild.build, guild, document, key, id, session, refreshToken, cursors };
}

/**
 * What sqlmap is pointed at: every member of a body, every query parameter, and what is marked with `*`. What is sent first
 * is right, so that the scanner gets past the checks: it must be answered with 2xx, or with `status` where that takes a secret.
 */
function targets(account) {
  const { email, token, build, key, id, refreshToken, cursors } = account;
  const login = { email, password: PASSWORD };
  const input = { name: "Support", chat_code: CHAT_CODE, roles: ["primary_support"], tags: ["zerg"], visibility: "private", notes: "words" };
  const { profession, specializations } = build.template;
  const filters = new URLSearchParams({ owner: "me", profession: profession.id, specialization: specializations[0].id, role: "primary_support", tag: "zerg", game_build: 1, q: "sup", limit: 20 });
  const code = { code: "287082" };
  const anonymous = [
    ["GET", `/builds?limit=1&cursor=${cursors.builds}`],
    ["GET", "/game/professions?lang=en"],
    ["GET", "/game/professions/Guardian*?lang=en"],
    ["POST", "/chat-codes/decode", { body: { code: CHAT_CODE }, headers: ["Idempotency-Key: x*"] }],
    ["POST", "/auth/register", { body: { ...login, email: "new@guild.gg", display_name: "New" } }],
    ["POST", "/auth/login", { body: login }],
    ["POST", "/auth/login/two-factor", { body: { challenge: "wvwc_c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0c2U", ...code }, status: 401 }],
    // Marked, for sqlmap leaves out what is named like a token.
    ["POST", "/auth/refresh", { body: { refresh_token: `${refreshToken}*` } }],
    ["POST", "/auth/logout", { body: { refresh_token: `${refreshToken}*` } }],
    ["GET", "/builds", { headers: [`Authorization: Bearer ${token}*`] }],
    ["GET", "/builds", { headers: [`Authorization: Bearer ${key.key}*`] }],
  ];
  const asAdministrator = [
    ["GET", `/builds?${filters}`],
    ["GET", `/builds/${build.id}*`],
    ["GET", `/builds/${build.id}`, { headers: ["If-None-Match: x*", "X-Request-Id: x*", "traceparent: x*", "CF-Connecting-IP: 192.0.2.1*", "Accept-Language: x*"] }],
    ["POST", "/builds", { body: input }],
    ["PUT", `/builds/${build.id}`, { body: input }],
    ["PATCH", `/builds/${build.id}`, { body: { name: "Other", tags: ["zerg"] } }],
    ["DELETE", "/builds/build_01kanp2xc0e8br5v0xmvhv7j2d*", { status: 404 }],
    ["POST", "/auth/password", { body: { current_password: "not this one", new_password: PASSWORD }, status: 403 }],
    ["POST", "/auth/reauthenticate", { body: { password: "not this one", ...code }, status: 403 }],
    ["POST", "/auth/two-factor/confirm", { body: code, status: 409 }],
    ["POST", "/auth/two-factor/recovery-codes", { body: code, status: 409 }],
    ["DELETE", "/auth/two-factor", { body: { password: PASSWORD, ...code }, status: 409 }],
    ["GET", `/auth/sessions?limit=1&cursor=${cursors.sessions}`],
    ["DELETE", "/auth/sessions/session_01kanp2xc0e8br5v0xmvhv7j2d*", { status: 404 }],
    ["POST", "/auth/api-keys", { body: { name: "Bot", scopes: ["builds:read"], expires_at: new Date(Date.now() + 86_400_000).toISOString() } }],
    ["DELETE", "/auth/api-keys/key_01kanp2xc0e8br5v0xmvhv7j2d*", { status: 404 }],
    ["PATCH", "/users/me", { body: { display_name: "Boss" } }],
    ["DELETE", "/users/me", { body: { password: "not this one" }, status: 403 }],
    ["GET", `/admin/audit-log?actor=${id}&target=${id}&action=account.registered&since=2026-01-01T00:00:00Z&until=2099-01-01T00:00:00Z&limit=1`],
    ["GET", `/admin/audit-log?limit=1&cursor=${cursors.log}`],
    ["GET", `/admin/users/${id}*`],
    ["PATCH", `/admin/users/${id}`, { body: { password_disabled: false } }],
    ["POST", "/admin/signing-keys/rotate", { body: { revoke_current: false } }],
  ];
  const target = (credentials) => ([method, path, { headers = [], ...more } = {}]) => ({ method, path, headers: [...credentials, ...headers], ...more });
  const written = [...anonymous, ...asAdministrator];
  const rest = [...asAdministrator, ...others(account, written)];
  return [...anonymous.map(target([])), ...rest.map(target([`Authorization: Bearer ${token}`]))];
}

/** Bodies in the place of the document's, where two of those would be in each other's way: names in a roster are there once. */
const BODIES = { create_player: { name: "Cleo" }, replace_player: { name: "Dora" }, patch_player: { name: "Emma" }, import_players: { players: [{ name: "Fritz" }] }, patch_webhook: { description: "Other" } };
/** What goes well once: not with its path first, and then again with its body. */
const ONCE = ["hand_over_team"];
/** Values of queries that the document does not list. */
const QUERY = { limit: 20, owner: "me", profession: "Guardian", specialization: 62, tag: "zerg", game_build: 1, q: "thu", since: "2026-01-01T00:00:00Z", until: "2099-01-01T00:00:00Z" };
/** They read no database. */
const NOT_SCANNED = /^\/(docs|health|openapi|\.well-known)|^\/api\/v1\/(game|webhooks\/event-types)/;

/**
 * Every call of the document that is not among those written by hand: once with its path and query marked, and once with its
 * body. What needs `If-Match` is scanned up to that: to sqlmap a `*` is a mark. wapiti sends one.
 */
function others({ guild, document }, written) {
  const isWritten = (method, path) => {
    const pattern = new RegExp(`^${path.replace("/api/v1", "").replaceAll(".", "\\.").replace(/\{\w+\}/g, "[^/]+")}$`);
    return written.some(([known, target]) => known === method && pattern.test(target.replace(/\?.*/, "")));
  };
  return Object.entries(document.paths).flatMap(([path, item]) =>
    Object.entries(item).flatMap(([name, { operationId, parameters = [], requestBody, responses }]) => {
      const method = name.toUpperCase();
      if (NOT_SCANNED.test(path) || isWritten(method, path)) return [];
      const values = guild.ids[operationId] ?? {};
      const at = (mark) => path.replace("/api/v1", "").replace(/\{(\w+)\}/g, (_, key) => `${values[key]}${mark}`);
      const query = parameters
        .filter((it) => it.in === "query" && it.name !== "cursor")
        .map((it) => [it.name, it.schema.enum?.[0] ?? QUERY[it.name]])
        .filter(([, value]) => value !== undefined);
      const marked = `${at("*")}${query.length ? `?${query.map(([key, value]) => `${key}=${encodeURIComponent(value)}*`).join("&")}` : ""}`;
      const example = Object.values(requestBody?.content ?? {})[0]?.example;
      const body = BODIES[operationId] ?? example;
      const more = { ...(body && { body }), ...(responses["428"] && { status: 428 }), isShared: /^\/[ci]\//.test(path) };
      return [...(marked.includes("*") && !ONCE.includes(operationId) ? [[method, marked, more]] : []), ...(body ? [[method, at(""), more]] : [])];
    }),
  );
}

/** A scan of all targets takes longer than a token lives, and than a login is a proof. */
const RENEW_MS = 120_000;

/** The weak Worker's three holes, which must be found. */
const CONTROLS = [
  { method: "GET", path: "/items?name=one" },
  { method: "POST", path: "/items", body: { name: "one" } },
  { method: "GET", path: "/one*" },
];

async function scanWithSqlmap(worker, vulnerable, folder, parts) {
  const program = join(await ensurePython([SQLMAP]), "sqlmap");
  const problems = [];
  for (const target of CONTROLS) {
    const found = await sqlmap(program, vulnerable.url, target, folder);
    say(`  control ${target.method} ${target.path}: ${found ? "found" : "MISSED"}`);
    if (!found) problems.push(`sqlmap has missed the hole of ${target.method} ${target.path}`);
  }
  const account = await makeAccount(worker, "sqlmap@guild.gg");
  // The counting of guesses, and of what an account can have, would stop the scanner before it has tried what is behind.
  const kept = JSON.stringify([account.key.id, ...account.guild.kept]);
  const spare = ["api_keys", "builds", "compositions", "teams", "team_players", "team_invitations", "share_links", "webhooks"].map((table) =>
    worker.d1.prepare(`DELETE FROM ${table} WHERE id NOT IN (SELECT value FROM json_each(?))`).bind(kept),
  );
  spare.push(...["DELETE FROM webhook_secrets WHERE expires_at IS NOT NULL", "UPDATE team_invitations SET uses = 0"].map((sql) => worker.d1.prepare(sql)));
  const makeRoom = setInterval(() => worker.d1.batch([worker.d1.prepare("DELETE FROM guesses"), ...spare]).catch(() => {}), 100);
  const named = targets(account).map((target) => ({ ...target, name: `${target.method} ${target.path.replace(/=[^&*]*/g, "").slice(0, 100)}` }));
  const chosen = named.filter(({ name }) => parts.some((part) => name.includes(part)));
  if (chosen.length === 0) problems.push(`--target ${parts} is in no target's name`);
  let token = account.token;
  let renewed = performance.now();
  for (const { name, ...target } of chosen) {
    if (performance.now() - renewed > RENEW_MS) {
      token = await logIn(worker, account.email, PASSWORD);
      renewed = performance.now();
    }
    target.headers = target.headers.map((header) => header.replace(account.token, token));
    worker.logs.length = 0;
    const start = performance.now();
    const found = await sqlmap(program, new URL(target.isShared ? "/" : "/api/v1", worker.url), target, folder);
    const { text, failures, statuses } = count(worker);
    const isLive = Object.keys(statuses).some((status) => (target.status ? Number(status) === target.status : status < 300));
    say(`  ${name}: ${found ? "FOUND" : "nothing"} (${text}, ${seconds(start)})`);
    if (found) problems.push(`sqlmap against ${name}: ${found}`);
    if (failures > 0) problems.push(`${name}: ${failures} answers of 5xx`);
    if (!isLive) problems.push(`${name}: nothing got past the checks, so what is behind was not scanned`);
  }
  clearInterval(makeRoom);
  await call(worker, token, "GET", "/users/me");
  return problems;
}

/** Points sqlmap at one target; gives what it found, or undefined. */
async function sqlmap(program, base, { path, method, body, headers = [] }, folder) {
  const url = `${base.href.replace(/\/$/, "")}${path}`;
  const args = [...SQLMAP_ARGS, `--url=${url}`, `--output-dir=${join(folder, "sqlmap")}`];
  for (const header of headers) args.push("-H", header);
  args.push(`--method=${method}`);
  if (body) args.push(`--data=${JSON.stringify(body)}`, "-H", "Content-Type: application/json");
  const { stdout } = await run(program, args, { allowFailure: true });
  const found = /identified the following injection point[^]*?---\n([^]*?)---/.exec(stdout);
  if (found) return found[1].trim();
  if (!/do not appear to be injectable/.test(stdout)) throw new Failure(`sqlmap has not scanned ${path}:\n${stdout.slice(-2_000)}`);
  return undefined;
}

/** What the Worker has answered since its log was emptied. */
function count(worker) {
  const lines = worker.lines({ event: "request" });
  const statuses = {};
  for (const { status } of lines) statuses[status] = (statuses[status] ?? 0) + 1;
  const failures = lines.filter(({ status }) => status >= 500).length;
  const each = Object.entries(statuses).map(([status, number]) => `${number} x ${status}`);
  return { text: `${lines.length} requests: ${each.join(", ")}`, failures, statuses };
}

async function scanWithWapiti(worker, vulnerable, folder) {
  const program = join(await ensurePython([WAPITI]), "wapiti");
  const problems = [];
  const holes = await wapiti(program, vulnerable.url, [], folder);
  for (const category of ["SQL Injection", "Reflected Cross Site Scripting"]) {
    const found = holes.some((hole) => hole.category === category);
    say(`  control: ${category}: ${found ? "found" : "MISSED"}`);
    if (!found) problems.push(`wapiti has missed the control's ${category}`);
  }
  const account = await makeAccount(worker, "wapiti@guild.gg");
  const document = join(folder, "openapi.json");
  await writeFile(document, JSON.stringify(pointed(worker.url, account)));
  for (const [name, path, args] of [
    ["pages", "/docs", []],
    ["calls of the OpenAPI document, as an administrator", "/", ["--swagger", document, "-H", `Authorization: Bearer ${account.token}`, "-H", "If-Match: *"]],
  ]) {
    worker.logs.length = 0;
    const start = performance.now();
    const found = await wapiti(program, new URL(path, worker.url), args, folder);
    const answers = count(worker);
    say(`  ${name}: ${found.length} findings (${answers.text}, ${seconds(start)})`);
    for (const finding of found) {
      const why = EXPLAINED.find(([category, pattern]) => category === finding.category && pattern.test(finding.text))?.[2];
      say(`    ${why ? "explained" : "FOUND"}: ${finding.category}: ${finding.text}${why ? ` (${why})` : ""}`);
      if (!why) problems.push(`wapiti: ${finding.category}: ${finding.text}`);
    }
    if (answers.failures > 0) problems.push(`wapiti: ${answers.failures} answers of 5xx`);
  }
  await call(worker, account.token, "GET", "/users/me");
  return problems;
}

/** The OpenAPI document for wapiti, which makes up ids that nothing has: with those of what is there. */
function pointed(url, { document, guild, id, key, session }) {
  const ids = { ...guild.ids, revoke_api_key: { id: key.id }, end_session: { id: session }, get_account: { id }, change_account: { id }, get_profession: { id: "Guardian" } };
  const paths = {};
  for (const [path, item] of Object.entries(document.paths)) {
    if (OWN_END.includes(path)) continue;
    for (const [method, operation] of Object.entries(item)) {
      const values = ids[operation.operationId];
      // Two calls of one path may be pointed at two things.
      const at = values ? path.replace(/\{(\w+)\}/g, (_, name) => values[name]) : path;
      const parameters = (operation.parameters ?? []).filter((parameter) => values === undefined || parameter.in !== "path");
      paths[at] = { ...paths[at], [method]: { ...operation, parameters } };
    }
  }
  return { ...document, servers: [{ url: url.origin }], paths };
}

/** Lets wapiti crawl and attack a site; gives its findings as `{category, text}`. */
async function wapiti(program, url, args, folder) {
  const report = join(folder, "wapiti.json");
  const state = join(folder, "wapiti");
  await mkdir(state, { recursive: true });
  const all = ["-u", url.href, "--scope", "domain", "-m", WAPITI_MODULES, "-f", "json", "-o", report, "--flush-session", "--no-bugreport", "--store-session", state];
  all.push("--store-config", join(state, "config"), "--endpoint", new URL("/", url).href, "--max-attack-time", "300", "-v", "0", ...args);
  await rm(report, { force: true });
  const { stdout, stderr } = await run(program, all, { allowFailure: true });
  const text = await readFile(report, "utf8").catch(() => {
    throw new Failure(`wapiti has written no report:\n${stdout.slice(-2_000)}${stderr.slice(-2_000)}`);
  });
  const { vulnerabilities, anomalies } = JSON.parse(text);
  return [vulnerabilities, anomalies].flatMap((kinds) =>
    Object.entries(kinds).flatMap(([category, found]) => found.map(({ method, path, info, parameter }) => ({ category, text: `${method} ${path} ${parameter ?? ""} ${info}` }))),
  );
}

await whenMain(import.meta.url, async (args) => {
  for (const signal of ["SIGINT", "SIGTERM"]) {
    process.on(signal, () => {
      stopChildren();
      process.exit(1);
    });
  }
  await scan(args);
});
