// The Worker's D1 for scripts: the local one, or an environment's, through `wrangler d1 execute`. The statements of one call happen
// all or none, a text is quoted or refused, and a database that another process is writing to is asked again.
import { setTimeout as sleep } from "node:timers/promises";
import { Failure, run } from "./shell.mjs";
import { wrangler, wranglerEnv } from "./wrangler.mjs";

/** For `parseArgs`: which database. `--persist-to` is where local state is, as wrangler has it. */
export const databaseOptions = { env: { type: "string" }, "persist-to": { type: "string" } };

/** The local database is a file: SQLite refuses a transaction, whole, when another process has written since it began. */
const BUSY = /database is locked/;
const MAX_TRIES = 5;
const PAUSE_MS = 100;

/** What went wrong in the database, in its own words; nothing was written. */
export class DatabaseFailure extends Failure {}

/** A database as `{name, execute(sql)}`; `execute` gives the rows of each statement. `runCommand` is for tests. */
export function openDatabase({ env, "persist-to": persistTo }, runCommand = run) {
  if (env !== undefined && persistTo !== undefined) throw new Failure("--persist-to is for the local database: leave out --env");
  const place = env === undefined ? ["--local", "--env=", ...(persistTo === undefined ? [] : ["--persist-to", persistTo])] : ["--remote", "--env", env];
  const name = env === undefined ? "the local database" : `the database of ${env}`;
  return {
    name,
    async execute(sql) {
      const args = [wrangler, "d1", "execute", "DB", ...place, "--yes", "--json", "--command", sql];
      // A quieter log would swallow the rows too.
      const options = { env: { ...wranglerEnv, WRANGLER_LOG: "log" }, allowFailure: true };
      for (let tries = 1; ; tries += 1) {
        const { code, stdout, stderr } = await runCommand(process.execPath, args, options);
        if (code === 0) return JSON.parse(stdout).map(({ results }) => results);
        const output = `${stdout}\n${stderr}`;
        if (!BUSY.test(output) || tries === MAX_TRIES) throw failure(name, output);
        // Two that were in each other's way must not come again at the same moment.
        await sleep(PAUSE_MS * tries * (1 + Math.random()));
      }
    },
  };
}

function failure(name, output) {
  if (/no such table/.test(output)) return new Failure(`${name} has not all tables: apply the migrations first (npm start, or wrangler d1 migrations apply)`);
  return new DatabaseFailure(`${name}: ${output.trim()}`);
}

/** `value` as an SQL text literal. */
export function quote(value) {
  if (/\p{Cc}/u.test(value)) throw new Failure("A value must not have control characters");
  return `'${value.replaceAll("'", "''")}'`;
}
