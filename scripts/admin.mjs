// `npm run admin -- grant EMAIL`: names administrators, which takes access to the database and never the API.
// Promises: the change and its row in the audit log are written together; the last administrator stays one.
// Leaves to others: what administrators may do (src/identity/permissions.rs).
import { parseArgs } from "node:util";
import { nextRow } from "./lib/audit-chain.mjs";
import { databaseOptions, DatabaseFailure, openDatabase, quote } from "./lib/database.mjs";
import { Failure, say, whenMain } from "./lib/shell.mjs";
import { ensurePackages } from "./tools.mjs";

const USAGE = "Usage: npm run admin -- grant EMAIL | revoke EMAIL | list [--env production]";
const ROLES = { grant: "administrator", revoke: "user" };
const MAX_TRIES = 5;
/** As src/platform/mod.rs: fails the batch when the statement before it has changed nothing. */
const MUST_CHANGE = "SELECT iif(changes() > 0, 1, abs(-9223372036854775808))";
/** Another writer came in between: the row's number is taken, or the account is in another version. */
const BY_ANOTHER = /UNIQUE constraint failed: audit_log\.seq|integer overflow/;

async function admin(args) {
  const { values, positionals } = parseArgs({ args, allowPositionals: true, options: databaseOptions });
  const [command, email, ...rest] = positionals;
  const isList = command === "list" && email === undefined;
  const isChange = Object.hasOwn(ROLES, command ?? "") && email !== undefined && rest.length === 0;
  if (!isList && !isChange) throw new Failure(USAGE);
  const database = openDatabase(values);
  await ensurePackages();
  await (isList ? list(database) : change(database, email, ROLES[command]));
}

async function list(database) {
  const [rows] = await database.execute("SELECT id, email, disabled_at FROM users WHERE role = 'administrator' ORDER BY id");
  for (const { id, email, disabled_at: disabledAt } of rows) say(`${id}  ${email}${disabledAt === null ? "" : "  (disabled)"}`);
  if (rows.length === 0) say(`There is no administrator in ${database.name}: npm run admin -- grant EMAIL`);
}

async function change(database, email, role) {
  // As src/identity/accounts/model.rs: what makes an address the same address.
  const key = quote(email.normalize("NFC").toLowerCase());
  for (let tries = 0; tries < MAX_TRIES; tries += 1) {
    const { user, others, last } = await read(database, key);
    if (user === undefined) throw new Failure(`No account in ${database.name} has the address ${email}. It must be registered first (POST /api/v1/auth/register)`);
    if (user.role === role) return say(`${email} is ${nameOf(role)} already`);
    if (role === "user" && user.disabled_at === null && others === 0) throw new Failure(`${email} is the last administrator: grant another one first`);
    const row = nextRow(last, { action: "account.role_changed", actor: "operator", target: user.id, detail: { role } });
    if (await write(database, user, role, row)) {
      say(`✓ ${email} is ${nameOf(role)} now (row ${row.seq} of the audit log)`);
      say("  It takes effect within 10 seconds. An access token keeps the scopes it was issued with: log in again, or refresh.");
      if (user.disabled_at !== null) say("  The account is disabled: an administrator can enable it.");
      return undefined;
    }
  }
  throw new Failure(`Other writers of ${database.name} came in between ${MAX_TRIES} times: try again`);
}

async function read(database, key) {
  const [users, [{ others }], rows] = await database.execute(
    [
      `SELECT id, role, disabled_at, version FROM users WHERE email_key = ${key}`,
      `SELECT count(*) AS others FROM users WHERE role = 'administrator' AND disabled_at IS NULL AND email_key <> ${key}`,
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

const nameOf = (role) => (role === "administrator" ? "an administrator" : "no administrator");

await whenMain(import.meta.url, admin);
