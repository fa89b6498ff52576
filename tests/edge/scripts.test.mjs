// `npm run admin` and `npm run audit` beside a running Worker: every change to rows of the audit log is found, and a grant
// is written with its row. tests/api has what administrators may do.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { ChainCheck, GENESIS, chain, nextRow } from "../../scripts/lib/audit-chain.mjs";
import { openDatabase, quote } from "../../scripts/lib/database.mjs";
import { logIn, startWorker } from "./harness.mjs";

const LOG = "/api/v1/admin/audit-log";
const scripts = fileURLToPath(new URL("../../scripts/", import.meta.url));

describe("administration from the command line", () => {
  let state;
  let worker;
  before(async () => {
    state = await mkdtemp(join(tmpdir(), "wvw-scripts-"));
    worker = await startWorker({ state: join(state, "v3") });
    for (const name of ["boss", "second", "third", "player"]) await logIn(worker, `${name}@guild.gg`);
  });
  after(async () => {
    await worker?.dispose();
    await rm(state, { recursive: true, force: true });
  });

  /** Runs a script to its end: `{code, output}`. */
  const script = (name, ...args) =>
    new Promise((resolve) => {
      execFile(process.execPath, [join(scripts, `${name}.mjs`), ...args, "--persist-to", state], (error, stdout, stderr) => {
        resolve({ code: error?.code ?? 0, output: `${stdout}${stderr}` });
      });
    });
  const idOf = async (email) => (await worker.d1.prepare("SELECT id FROM users WHERE email_key = ?").bind(email).first()).id;
  const roleOf = async (email) => (await worker.d1.prepare("SELECT role FROM users WHERE email_key = ?").bind(email).first()).role;
  const rows = async () => (await worker.d1.prepare("SELECT seq, entry, previous_hash, hash FROM audit_log ORDER BY seq").all()).results;
  const read = (token) => worker.fetch(LOG, { headers: { authorization: `Bearer ${token}` } });

  async function fails(call, pattern) {
    const { code, output } = await call;
    assert.equal(code, 1, output);
    assert.match(output, pattern);
  }

  async function succeeds(call, pattern) {
    const { code, output } = await call;
    assert.equal(code, 0, output);
    assert.match(output, pattern);
    return output;
  }

  test("says how it is used, and what is wrong with what it got", async () => {
    const before = await rows();
    const nobody = "user_01kanp2xc0e8br5v0xmvhv7j2d";
    for (const args of [[], ["grant"], ["grant", nobody, "more"], ["constructor", nobody], ["list", nobody]]) await fails(script("admin", ...args), /Usage: npm run admin/);
    await fails(script("audit"), /Usage: npm run audit/);
    await fails(script("audit", "verify", "--expect", "7:abc"), /--expect takes the head/);
    await fails(script("audit", "verify", "--env", "production"), /leave out --env/);
    await fails(script("admin", "grant", nobody, "--yes"), /No account in the local database has the id user_01kanp/);
    await fails(script("admin", "grant", "nobody@guild.gg", "--yes"), /not the id of an account/);
    await fails(script("admin", "grant", "x'@; UPDATE users SET role = 'administrator'; --", "--yes"), /not the id of an account/);
    await fails(script("admin", "grant", "boss@guild.gg\u0007"), /control characters/);
    assert.deepEqual(await rows(), before);
    assert.equal(await roleOf("boss@guild.gg"), "user");
  });

  test("an address proves nothing: it is told whose it is, and what to do", async () => {
    const id = await idOf("boss@guild.gg");
    for (const command of ["grant", "revoke"]) {
      await fails(script("admin", command, "Boss@Guild.gg", "--yes"), new RegExp(`An address proves nothing[^]*${id}  boss@guild\\.gg  ".*"  registered 20[^]*npm run admin -- ${command} ${id}`));
    }
    assert.equal(await roleOf("boss@guild.gg"), "user");
  });

  test("whose the id is is shown, and nothing is done that nobody confirms", async () => {
    const id = await idOf("boss@guild.gg");
    await fails(script("admin", "grant", id), new RegExp(`${id}  boss@guild\\.gg[^]*Nobody is there to confirm`));
    assert.equal(await roleOf("boss@guild.gg"), "user");
  });

  test("a role that cannot be logged is not given", async () => {
    await worker.d1.exec("CREATE TRIGGER no_row BEFORE INSERT ON audit_log BEGIN SELECT RAISE(ABORT, 'no row'); END");
    await fails(script("admin", "grant", await idOf("boss@guild.gg"), "--yes"), /no row/);
    await worker.d1.exec("DROP TRIGGER no_row");
    assert.equal(await roleOf("boss@guild.gg"), "user");
  });

  test("the first administrator is named, and gets in after the next login", async () => {
    const token = await logIn(worker, "boss@guild.gg");
    assert.equal((await read(token)).status, 403);
    const id = await idOf("boss@guild.gg");
    await succeeds(script("admin", "grant", id, "--yes"), /is an administrator now[^]*log in again, or refresh/);
    assert.equal((await read(token)).status, 403, "the scopes of a token are those it was issued with");
    const answer = await read(await logIn(worker, "boss@guild.gg"));
    assert.equal(answer.status, 200);
    const { data } = await answer.json();
    const granted = data.find(({ action }) => action === "account.role_changed");
    assert.deepEqual([granted.actor, granted.via, granted.detail], ["operator", null, { role: "administrator" }]);
    await succeeds(script("admin", "grant", id), /already/);
    await succeeds(script("admin", "list"), /^user_\w{26} {2}boss@guild\.gg$/m);
    await fails(script("admin", "revoke", id, "--yes"), /last administrator/);
  });

  test("scripts and Worker that write at once follow one another", async () => {
    // The next test needs the log to itself: wait for all, also when one has failed.
    const [second, third] = [await idOf("second@guild.gg"), await idOf("third@guild.gg")];
    const outcomes = await Promise.allSettled([
      succeeds(script("admin", "grant", second, "--yes"), /now/),
      succeeds(script("admin", "grant", third, "--yes"), /now/),
      logIn(worker, "player@guild.gg"),
    ]);
    for (const { reason } of outcomes) assert.ifError(reason);
    await succeeds(script("admin", "revoke", third, "--yes"), /no administrator now/);
    assert.equal(await roleOf("second@guild.gg"), "administrator");
    await succeeds(script("audit", "verify"), new RegExp(`✓ ${(await rows()).length} rows`));
  });

  test("every row is checked, and whatever was done to one is named", async () => {
    let last = JSON.parse(JSON.stringify((await rows()).at(-1)));
    last.at = JSON.parse(last.entry).at;
    const more = [];
    while (last.seq < 1_200) {
      last = { ...nextRow(last, { action: "session.ended", actor: "system", target: "session_x", detail: null }), at: last.at };
      more.push(last);
    }
    const insert = worker.d1.prepare("INSERT INTO audit_log (seq, entry, previous_hash, hash) VALUES (?, ?, ?, ?)");
    await worker.d1.batch(more.map((row) => insert.bind(row.seq, row.entry, row.previous_hash, row.hash)));
    const output = await succeeds(script("audit", "verify"), /✓ 1200 rows/);
    const head = /1200:[0-9a-f]{64}/.exec(output)[0];
    // It asks for an account too, and is told nothing of there being one: two rows.
    await logIn(worker, "player@guild.gg");
    await succeeds(script("audit", "verify", "--expect", head), /✓ 1202 rows/);

    const tampered = async (sql, args, expected) => {
      const copy = await rows();
      await worker.d1.exec(sql);
      await fails(script("audit", "verify", ...args), expected);
      await worker.d1.batch([worker.d1.prepare("DELETE FROM audit_log"), ...copy.map((row) => insert.bind(row.seq, row.entry, row.previous_hash, row.hash))]);
    };
    await tampered("UPDATE audit_log SET entry = replace(entry, '\"actor\":\"user_', '\"actor\":\"user-') WHERE seq = 3", [], /Row 3 of the audit log was changed/);
    await tampered("DELETE FROM audit_log WHERE seq IN (1103, 1104)", [], /Rows 1103 to 1104 are missing/);
    await tampered("DELETE FROM audit_log WHERE seq >= 1050", ["--expect", head], /ends with row 1049: Rows 1050 to 1200 are missing/);
    await succeeds(script("audit", "verify", "--expect", head), /✓ 1202 rows/);
  });
});

describe("a database that another process writes to", () => {
  const busy = { code: 1, stdout: '{"error": {"text": "internal error"}}', stderr: "SQLite failed; database is locked: SQLITE_BUSY" };
  const free = { code: 0, stdout: '[{"results": [{"n": 1}]}]', stderr: "" };
  const database = (...answers) => {
    const asked = [];
    const run = async (_command, args) => {
      asked.push(args.at(-1));
      return answers[Math.min(asked.length, answers.length) - 1];
    };
    return { asked, execute: openDatabase({}, run).execute };
  };

  test("is asked again", async () => {
    const { asked, execute } = database(busy, busy, free);
    assert.deepEqual(await execute("SELECT 1 AS n"), [[{ n: 1 }]]);
    assert.deepEqual(asked, Array(3).fill("SELECT 1 AS n"));
  });

  test("is given up after five times, in its own words", async () => {
    const { asked, execute } = database(busy);
    await assert.rejects(execute("SELECT 1"), /database is locked: SQLITE_BUSY/);
    assert.equal(asked.length, 5);
  });

  test("is asked once when something else is wrong", async () => {
    const { asked, execute } = database({ ...busy, stderr: "UNIQUE constraint failed: audit_log.seq" });
    await assert.rejects(execute("INSERT"), /UNIQUE constraint failed/);
    assert.equal(asked.length, 1);
  });
});

describe("the chain of the audit log", () => {
  test("is that of crates/auth/src/audit/model.rs", () => {
    assert.equal(chain(GENESIS, '{"seq":1}'), "a453da8151216b5ae0a15c5377bc79da35cc4f629a9e9a3dcab70bf0b485609a");
  });

  test("a row is never before the one it follows", () => {
    const at = "2999-01-01T00:00:00.000Z";
    const row = nextRow({ seq: 1, hash: GENESIS, at }, { action: "a", actor: "b", target: "c", detail: null });
    assert.equal(JSON.parse(row.entry).at, at);
  });

  const log = (count, actor = "system") => {
    const made = [];
    for (let n = 0; n < count; n += 1) made.push({ ...nextRow(made.at(-1), { action: "a", actor, target: "c", detail: null }), at: "" });
    return made;
  };
  const check = (rows, expected) => () => {
    const it = new ChainCheck(expected);
    for (const row of rows) it.add(row);
    it.end();
  };

  for (const [name, damage, message] of [
    ["the first row removed", (rows) => rows.slice(1), /^Row 1 is missing/],
    ["a row before the first", (rows) => [{ ...rows[0], seq: 0 }, ...rows], /^Row 0 does not belong/],
    ["an entry changed", (rows) => rows.with(2, { ...rows[2], entry: rows[2].entry.replace("system", "nobody") }), /^Row 3 .* was changed/],
    ["an entry that is no JSON", (rows) => rows.with(2, { ...rows[2], entry: "x", hash: chain(rows[2].previous_hash, "x") }), /^Row 3 .* was changed/],
    ["two rows exchanged", (rows) => [rows[0], { ...rows[2], seq: 2 }, { ...rows[1], seq: 3 }, ...rows.slice(3)], /^Row 2 .* was changed/],
    ["one row written anew", (rows) => rows.with(2, log(3, "nobody")[2]), /^Row 3 .* does not follow row 2/],
  ]) {
    test(name, () => assert.throws(check(damage(log(5)), undefined), { message }));
  }

  test("what the chain alone cannot show, a head noted elsewhere does", () => {
    const rows = log(5);
    const head = { seq: 4, hash: rows[3].hash };
    assert.doesNotThrow(check(rows, head));
    assert.doesNotThrow(check(log(5, "nobody"), undefined));
    assert.throws(check(log(5, "nobody"), head), { message: /^Row 4 .* has not the expected hash/ });
    assert.doesNotThrow(check(rows.slice(0, 3), undefined));
    assert.throws(check(rows.slice(0, 3), head), { message: /ends with row 3: Row 4 is missing/ });
  });

  test("a text is quoted, never read as SQL", () => {
    assert.equal(quote("o'brien"), "'o''brien'");
    for (const text of ["a\0b", "a\nb", "\u0085"]) assert.throws(() => quote(text), /control characters/);
  });
});
