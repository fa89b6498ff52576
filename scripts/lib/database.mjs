// The Worker's D1 for scripts: the local one, or an environment's, through `wrangler d1 execute`.
// Promises: the statements of one call happen all or none; a text is quoted, or refused, never read as SQL.
// Leaves to others: what to ask (admin, audit), and access to the account (wrangler login, or its API token).
import { Failure, run } from "./shell.mjs";
import { wrangler, wranglerEnv } from "./wrangler.mjs";

/** For `parseArgs`: which database. `--persist-to` is where local state is, as wrangler has it. */
export const databaseOptions = { env: { type: "string" }, "persist-to": { type: "string" } };

/** What went wrong in the database, in its own words; nothing was written. */
export class DatabaseFailure extends Failure {}

/** A database as `{name, execute(sql)}`; `execute` gives the rows of each statement. */
export function openDatabase({ env, "persist-to": persistTo }) {
  if (env !== undefined && persistTo !== undefined) throw new Failure("--persist-to is for the local database: leave out --env");
  const place = env === undefined ? ["--local", "--env=", ...(persistTo === undefined ? [] : ["--persist-to", persistTo])] : ["--remote", "--env", env];
  const name = env === undefined ? "the local database" : `the database of ${env}`;
  return {
    name,
    async execute(sql) {
      const args = [wrangler, "d1", "execute", "DB", ...place, "--yes", "--json", "--command", sql];
      // A quieter log would swallow the rows too.
      const { code, stdout, stderr } = await run(process.execPath, args, { env: { ...wranglerEnv, WRANGLER_LOG: "log" }, allowFailure: true });
      if (code !== 0) throw failure(name, `${stdout}\n${stderr}`);
      return JSON.parse(stdout).map(({ results }) => results);
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
