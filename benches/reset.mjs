// `npm run bench:reset`: whether asking for a new password shows if an address has an account. Addresses with and without one take
// turns; answers are compared byte for byte.
import { existsSync, rmSync } from "node:fs";
import { mkdtemp, readFile, readdir } from "node:fs/promises";
import { Agent, request as httpRequest } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import { unstable_splitSqlQuery } from "wrangler";
import { fromRoot, say, whenMain } from "../scripts/lib/shell.mjs";
import * as bundles from "./lib/bundles.mjs";
import { secret } from "./lib/data.mjs";
import { id } from "./lib/list-data.mjs";
import { start, stopAll } from "./lib/runtime.mjs";

const GOAL = 0.02;
/** Pairs that are sent before any is counted. */
const WARM_UP = 50;
const KINDS = ["known", "unknown"];

async function bench(args) {
  const { values } = parseArgs({ args, options: { pairs: { type: "string", default: "500" } } });
  const pairs = Number(values.pairs);
  const made = await bundles.ours();
  const state = await mkdtemp(join(existsSync("/dev/shm") ? "/dev/shm" : tmpdir(), "wvw-reset-"));
  process.once("exit", () => {
    stopAll();
    rmSync(state, { recursive: true, force: true });
  });
  const high = Object.fromEntries(["ANONYMOUS", "RESET", "MAILBOX"].map((name) => [`LIMIT_${name}`, "1000000/60"]));
  const mail = { MAIL_TRANSPORT: "cloudflare", MAIL_FROM: "wvw-builder@localhost.invalid" };
  const vars = { ENVIRONMENT: "development", ISSUER: "http://localhost:8787", AUDIENCE: "wvw-builder", ALLOWED_ORIGINS: "", MASTER_KEY: secret(), PASSWORD_PEPPER: secret(), ...mail, ...high, LIMIT_BURST: "1000000/1" };
  const side = await start({ directory: made.directory, state, vars });
  const d1 = await side.miniflare.getD1Database("DB");
  await migrate(d1);
  const total = WARM_UP + pairs;
  await fill(d1, total);
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const took = { known: [], unknown: [] };
  const answers = new Set();
  for (let pair = 0; pair < total; pair += 1) {
    // They take turns in going first.
    for (const kind of pair % 2 === 0 ? KINDS : KINDS.toReversed()) {
      const { ms, answer } = await ask(side, agent, address(kind, pair));
      answers.add(answer);
      if (pair >= WARM_UP) took[kind].push(ms);
      await quiet(d1);
    }
  }
  await report(d1, { took, answers, total });
  process.exit(0);
}

async function migrate(d1) {
  for (const name of (await readdir(fromRoot("migrations"))).sort()) {
    const statements = unstable_splitSqlQuery(await readFile(fromRoot("migrations", name), "utf8"));
    await d1.batch(statements.map((statement) => d1.prepare(statement)));
  }
}

/** Of the same length for both kinds. */
const address = (kind, pair) => `${kind === "known" ? "a" : "b"}${String(pair).padStart(6, "0")}@bench.example`;

/** Accounts that have proved their address. Nobody logs in, so they have no password. */
async function fill(d1, count) {
  const insert = d1.prepare("INSERT INTO users (id, email, email_key, display_name, password_hash, password_changed_at, created_at, updated_at, email_verified_at) VALUES (?1, ?2, ?2, 'Load', '', 1, 1, 1, 1)");
  await d1.batch(Array.from({ length: count }, (_, pair) => insert.bind(id("user", Date.now()).id, address("known", pair))));
}

/** Milliseconds from sending to the end of the answer, and the answer without what each has of its own. */
function ask({ hostname, port }, agent, email) {
  const body = JSON.stringify({ email });
  const headers = { "content-type": "application/json", "content-length": Buffer.byteLength(body), "cf-connecting-ip": "192.0.2.1" };
  return new Promise((resolve, reject) => {
    const begun = performance.now();
    const sending = httpRequest({ hostname, port, method: "POST", path: "/api/v1/auth/password-reset", headers, agent }, (answer) => {
      const chunks = [];
      answer.on("error", reject).on("data", (chunk) => chunks.push(chunk));
      answer.on("end", () => {
        const ms = performance.now() - begun;
        const { date, "x-request-id": requestId, ratelimit, ...rest } = answer.headers;
        // It counts down, whoever is asked for.
        const left = ratelimit?.replaceAll(/=\d+/g, "=n");
        resolve({ ms, answer: JSON.stringify([answer.statusCode, { ...rest, ratelimit: left }, Buffer.concat(chunks).toString("utf8")]) });
      });
    });
    sending.on("error", reject).end(body);
  });
}

/** Waits until what came of a request is done: else the next one pays for it. */
async function quiet(d1) {
  for (let tries = 0; tries < 1_000; tries += 1) {
    const { n } = await d1.prepare("SELECT count(*) AS n FROM mails").first();
    if (n === 0) return sleep(5);
    await sleep(10);
  }
  throw new Error("mails were not sent within ten seconds");
}

async function report(d1, { took, answers, total }) {
  const { n } = await d1.prepare("SELECT count(*) AS n FROM email_links WHERE purpose = 'reset'").first();
  if (n !== total) throw new Error(`${n} links for ${total} accounts: the two kinds were not what they should be`);
  say(`\n${took.known.length} requests for known addresses and ${took.unknown.length} for unknown ones, in turns`);
  const [first] = answers;
  if (answers.size > 1) {
    for (const answer of answers) say(`  ${answer}`);
    throw new Error(`${answers.size} different answers`);
  }
  say(`  the same answer to all: ${JSON.parse(first)[0]}, ${Object.keys(JSON.parse(first)[1]).length} headers, ${JSON.parse(first)[2].length} characters`);
  for (const [name, of] of Object.entries({ median, mean })) {
    const [known, unknown] = KINDS.map((kind) => of(took[kind]));
    const ratio = known / unknown;
    say(`  ${name.padEnd(7)}known ${known.toFixed(3)} ms, unknown ${unknown.toFixed(3)} ms, ratio ${ratio.toFixed(4)} (goal within ${GOAL * 100} %: ${Math.abs(ratio - 1) <= GOAL ? "met" : "NOT MET"})`);
  }
  // The pairs of one moment: what lasts longer than these cancels out.
  const differences = took.known.map((ms, pair) => ms - took.unknown[pair]);
  const center = mean(differences);
  const error = Math.sqrt(mean(differences.map((each) => (each - center) ** 2)) / (differences.length - 1));
  say(`  known - unknown: mean ${center.toFixed(3)} ms, standard error ${error.toFixed(3)} ms, ${(center / mean(took.unknown) * 100).toFixed(1)} % +- ${(error / mean(took.unknown) * 100).toFixed(1)} %`);
}

const mean = (values) => values.reduce((sum, value) => sum + value, 0) / values.length;

function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

await whenMain(import.meta.url, bench);
