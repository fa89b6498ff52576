// `npm run admin -- grant USER_ID`: names administrators, which takes access to the database and never the API. An address proves
// nothing: the id is asked for, shown with its account, and confirmed. The change and its row in the audit log are written
// together, and the last administrator stays one.
import { createInterface } from "node:readline/promises";
import { parseArgs } from "node:util";
import { nextRow } from "./lib/audit-chain.mjs";
import { databaseOptions, DatabaseFailure, openDatabase, quote } from "./lib/database.mjs";
import { Failure, say, whenMain } from "./lib/shell.mjs";
import { ensurePackages } from "./tools.mjs";

const USAGE = "Usage: npm run admin -- grant USER_ID | revoke USER_ID | list [--yes] [--env production]";
const USER_ID = /^user_[0-7][0-9a-hjkmnp-tv-z]{25}$/;
const ROLES = { grant: "administrator", revoke: "user" };
const MAX_TRIES = 5;
/** As crates/platform/src/lib.rs: fails the batch when the statement before it has changed nothing. */
const MUST_CHANGE = "SELECT iif(changes() > 0, 1, abs(-9223372036854775808))";
/** Another writer came in between: the row's number is taken, or the account is in another version. */
const BY_ANOTHER = /UNIQUE constraint failed: audit_log\.seq|integer overflow/;

async function admin(args) {
  const { values, positionals } = parseArgs({ args, allowPositionals: true, options: { ...databaseOptions, yes: { type: "boolean" } } });
  const [command, id, ...rest] = positionals;
  const isList = command === "list" && id === undefined;
  const isChange = Object.hasOwn(ROLES, command ?? "") && id !== undefined && rest.length === 0;
  if (!isList && !isChange) throw new Failure(USAGE);
  const database = openDatabase(values);
  await ensurePackages();
  if (isList) return list(database);
  if (!USER_ID.test(id)) throw await notAnId(database, id, command);
  return change(database, id, ROLES[command], values.yes === true);
}

async function list(database) {
  const [rows] = await database.execute("SELECT id, email, disabled_at FROM users WHERE role = 'administrator' ORDER BY id");
  for (const { id, email, disabled_at: disabledAt } of rows) say(`${id}  ${email}${disabledAt === null ? "" : "  (disabled)"}`);
  if (rows.length === 0) say(`There is no administrator in ${database.name}: npm run admin -- grant USER_ID`);
}

/** Why a text that is no id is refused; of an address, with the ids that have it. */
async function notAnId(database, text, command) {
  // As src/accounts/account/model.rs: what makes an address the same address.
  const key = quote(text.normalize("NFC").toLowerCase());
  const [rows] = text.includes("@") ? await database.execute(`SELECT id, email, display_name, created_at FROM users WHERE email_key = ${key}`) : [[]];
  if (rows.length === 0) return new Failure(`${text} is not the id of an account. Ask its owner for it: GET /api/v1/users/me shows it\n${USAGE}`);
  const found = rows.map((user) => `  ${describe(user)}`).join("\n");
  return new Failure(`An address proves nothing: anyone may have registered it. It is that of\n${found}\nAsk the person, in a way that you trust, for their id (GET /api/v1/users/me shows it), and if it is the same: npm run admin -- ${command} ${rows[0].id}`);
}

async function change(database, id, role, isConfirmed) {
  const isSure = isConfirmed ? () => true : confirmed;
  for (let tries = 0; tries < MAX_TRIES; tries += 1) {
    const { user, others, last } = await read(database, quote(id));
    if (user === undefined) throw new Failure(`No account in ${database.name} has the id ${id}`);
    if (user.role === role) return say(`${describe(user)} is ${nameOf(role)} already`);
    if (role === "user" && user.disabled_at === null && others === 0) throw new Failure(`${describe(user)} is the last administrator: grant another one first`);
    if (tries === 0) say(describe(user));
    if (tries === 0 && !(await isSure(`Shall this account be ${nameOf(role)}?`))) throw new Failure("Nothing was changed");
    const row = nextRow(last, { action: "account.role_changed", actor: "operator", target: user.id, detail: { role } });
    if (await write(database, user, role, row)) {
      say(`✓ ${user.id} is ${nameOf(role)} now (row ${row.seq} of the audit log)`);
      say("  It takes effect within 10 seconds. An access token keeps the scopes it was issued with: log in again, or refresh.");
      if (user.disabled_at !== null) say("  The account is disabled: an administrator can enable it.");
      return undefined;
    }
  }
  throw new Failure(`Other writers of ${database.name} came in between ${MAX_TRIES} times: try again`);
}

/** Asks on the terminal. Without one nobody can answer. */
async function confirmed(question) {
  if (!process.stdin.isTTY) throw new Failure("Nobody is there to confirm it: scripts say --yes");
  const terminal = createInterface({ input: process.stdin, output: process.stdout });
  const answer = await terminal.question(`${question} [yes/no] `);
  terminal.close();
  return answer.trim().toLowerCase() === "yes";
}

async function read(database, id) {
  const [users, [{ others }], rows] = await database.execute(
    [
      `SELECT id, email, display_name, created_at, role, disabled_at, version FROM users WHERE id = ${id}`,
      `SELECT count(*) AS others FROM users WHERE role = 'administrator' AND disabled_at IS NULL AND id <> ${id}`,
      "SELECT seq, hash, at FROM audit_log ORDER BY seq DESC LIMIT 1",
    ].join("; "),
  );
  return { user: users[0], others, last: rows[0] };
}

/** Writes the role and the row together; false when another writer came in between. */
async function write(database, { id, version }, role, row) {
  const leavesOne = `(${quote(role)} = 'administrator' OR disabled_at IS NOT NULL OR EXISTS (SELECT 1 FROM users other WHERE other.role = 'administrator' AND other.disabled_at IS NULL AND other.id <> users.id))`;
  const statements = [
    `UPDATE users SET role = ${quote(role)}, version = version + 1, updated_at = ${Date.now()} WHERE id = ${quote(id)} AND version = ${Number(version)} AND ${leavesOne}`,
    MUST_CHANGE,
    `INSERT INTO audit_log (seq, entry, previous_hash, hash) VALUES (${row.seq}, ${quote(row.entry)}, ${quote(row.previous_hash)}, ${quote(row.hash)})`,
  ];
  try {
    await database.execute(statements.join("; "));
    return true;
  } catch (error) {
    if (error instanceof DatabaseFailure && BY_ANOTHER.test(error.message)) return false;
    throw error;
  }
}

/** Whose an account is. A name may hold anything but line breaks: as JSON it cannot pass for something else. */
const describe = ({ id, email, display_name: name, created_at: at }) => `${id}  ${email}  ${JSON.stringify(name)}  registered ${new Date(at).toISOString().slice(0, 10)}`;
const nameOf = (role) => (role === "administrator" ? "an administrator" : "no administrator");

await whenMain(import.meta.url, admin);
