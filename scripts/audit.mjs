// `npm run audit -- verify`: reads the whole audit log and checks that each row follows the one before. A changed or removed row and,
// with `--expect`, a cut or rewritten log end with exit code 1.
import { parseArgs } from "node:util";
import { ChainCheck } from "./lib/audit-chain.mjs";
import { databaseOptions, openDatabase } from "./lib/database.mjs";
import { Failure, say, whenMain } from "./lib/shell.mjs";
import { ensurePackages } from "./tools.mjs";

const USAGE = "Usage: npm run audit -- verify [--expect SEQ:HASH] [--env production]";
const PAGE = 1_000;
/** Before every row: one that was put in front of the first is found too. */
const BEFORE_ALL = -Number.MAX_SAFE_INTEGER;

async function audit(args) {
  const { values, positionals } = parseArgs({ args, allowPositionals: true, options: { ...databaseOptions, expect: { type: "string" } } });
  if (positionals.length !== 1 || positionals[0] !== "verify") throw new Failure(USAGE);
  const check = new ChainCheck(head(values.expect));
  const database = openDatabase(values);
  await ensurePackages();
  let after = BEFORE_ALL;
  for (;;) {
    const [rows] = await database.execute(`SELECT seq, entry, previous_hash, hash FROM audit_log WHERE seq > ${after} ORDER BY seq LIMIT ${PAGE}`);
    for (const row of rows) check.add(row);
    if (rows.length < PAGE) break;
    after = rows.at(-1).seq;
  }
  check.end();
  say(`✓ ${check.seq} rows of the audit log in ${database.name} follow one another`);
  say(`  Note its head where this database cannot be reached, for --expect: ${check.seq}:${check.hash}`);
}

function head(text) {
  if (text === undefined) return undefined;
  const [, seq, hash] = /^(\d{1,15}):([0-9a-f]{64})$/.exec(text) ?? [];
  if (hash === undefined) throw new Failure(`--expect takes the head that verify has printed, SEQ:HASH. ${USAGE}`);
  return { seq: Number(seq), hash };
}

await whenMain(import.meta.url, audit);
