// The served OpenAPI document in the hands of others: a validator, a client generator, a tester.
// Promises that what others make of the document works against the running Worker.
// Leaves comparing it with the route table to tests/api.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { Validator } from "@seriousme/openapi-schema-validator";
import { logIn, startWorker } from "./harness.mjs";

const run = promisify(execFile);
const root = fileURLToPath(new URL("../../", import.meta.url));
const tool = (name) => join(root, "node_modules", ".bin", name);
const SCHEMATHESIS = process.env.SCHEMATHESIS ?? "";

/** Uses the generated types as a tool's author would; a wrong document does not compile. */
const CLIENT = `
import type { components, paths } from "./api.js";
type Build = components["schemas"]["Build"];
type List = paths["/api/v1/builds"]["get"]["responses"]["200"]["content"]["application/json"];
type NewBuild = paths["/api/v1/builds"]["post"]["requestBody"]["content"]["application/json"];
type Problem = components["schemas"]["Problem"];
export const input: NewBuild = { name: "Support", chat_code: "[&DQ==]", roles: ["primary_support"] };
export async function names(api: string): Promise<string[]> {
  const answer = await fetch(api + "/api/v1/builds");
  if (!answer.ok) throw new Error(((await answer.json()) as Problem).code);
  const page = (await answer.json()) as List;
  return page.data.map((build: Build) => build.name + build.template.profession.id + (build.notes satisfies string));
}
// @ts-expect-error There is no such member.
export const wrong: NewBuild = { name: "x", is_admin: true };
`;

const CHECKS = ["not_a_server_error", "status_code_conformance", "content_type_conformance", "response_headers_conformance", "response_schema_conformance", "unsupported_method"];
/** Of the document's examples. A tester that has it deletes its account, and then tests nothing. */
const EXAMPLES_PASSWORD = "four words in a row";
const PASSWORD = "a tester keeps its own";
const CHAT_CODE = "[&DQEqJS4aPio6AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=]";

/** Calls the API as whoever has `credential`; gives the answer's body. */
async function call(worker, credential, method, path, body) {
  const headers = { authorization: `Bearer ${credential}`, ...(body && { "content-type": "application/json" }) };
  const answer = await worker.fetch(`/api/v1${path}`, { method, headers, body: body && JSON.stringify(body) });
  assert.ok(answer.ok, `${method} ${path}: ${answer.status}`);
  return answer.json();
}

/** An account to test with: `{credential, key, ids}`; `ids` are for operations that would meet nothing otherwise. */
async function account(worker, email, role = "user", password = PASSWORD) {
  await logIn(worker, email, password);
  await worker.d1.prepare("UPDATE users SET role = ? WHERE email_key = ?").bind(role, email).run();
  const credential = await logIn(worker, email, password);
  const build = () => call(worker, credential, "POST", "/builds", { name: "Support", chat_code: CHAT_CODE, roles: ["primary_support"] });
  const [kept, spare] = [await build(), await build()];
  const [key, other] = [await makeKey(worker, credential), await makeKey(worker, credential)];
  const { data: logins } = await call(worker, credential, "GET", "/auth/sessions");
  const ids = {
    get_build: kept.id,
    replace_build: kept.id,
    patch_build: kept.id,
    delete_build: spare.id,
    revoke_api_key: other.id,
    end_session: logins.find(({ current }) => !current).id,
  };
  return { credential, key: key.key, ids };
}

const makeKey = (worker, credential) =>
  call(worker, credential, "POST", "/auth/api-keys", { name: "Bot", scopes: ["account:read", "builds:read", "builds:write"] });

/** What succeeds only with a code of an authenticator app. */
const NEED_A_CODE = ["confirm_two_factor", "make_recovery_codes", "disable_two_factor"];
const isForAdministrators = ({ path }) => path.startsWith("/api/v1/admin/");

/**
 * As whom schemathesis calls. `may`: whether an operation that needs a credential must have succeeded at least once;
 * otherwise it must never have. `not`: operations that are left out, for they are the tester's own end; each has a
 * throwaway caller below. `ids`, `ifMatch`: values that are known to be right.
 */
const CALLERS = {
  nobody: async () => ({ may: () => false }),
  "a user": async (worker) => {
    const { credential, ids } = await account(worker, "user@tester.gg");
    Object.assign(ids, await delivery(worker, credential, 1));
    return { credential, ids, ifMatch: "*", may: (operation) => !isForAdministrators(operation), not: ["end_other_sessions", "change_password", "delete_me"] };
  },
  "an API key": async (worker) => {
    const { key, ids } = await account(worker, "key@tester.gg");
    // Coverage of the same schemas as a user's; here it is about who may.
    return { credential: key, ids, may: ({ id }) => /_builds?$|^get_me$/.test(id), phases: "examples,fuzzing" };
  },
  "an administrator": async (worker) => {
    const { credential, ids } = await account(worker, "boss@tester.gg", "administrator");
    const { id } = await call(worker, await logIn(worker, "other@tester.gg"), "GET", "/users/me");
    Object.assign(ids, await delivery(worker, credential, 2));
    return { credential, ids: { ...ids, get_account: id, change_account: id }, may: () => true, not: ["end_session", "change_password", "delete_me", "rotate_signing_keys"] };
  },
  // The password of the examples, so that they succeed.
  "a user who changes the password": (worker) => throwaway(worker, "password@tester.gg", "change_password"),
  "a user who leaves": (worker) => throwaway(worker, "leaving@tester.gg", "delete_me"),
  "an administrator who takes keys back": (worker) => throwaway(worker, "last@tester.gg", "rotate_signing_keys", "administrator"),
};

async function throwaway(worker, email, only, role) {
  const { credential } = await account(worker, email, role, EXAMPLES_PASSWORD);
  return { credential, only, may: () => true };
}

/** Ids of a delivery that an account has: one that failed. */
async function delivery(worker, credential, digit) {
  const { id } = await call(worker, credential, "POST", "/webhooks", { url: "https://hooks.guild.gg/", event_types: ["*"] });
  const [event, made] = ["event", "delivery"].map((prefix) => `${prefix}_0${digit}kanp2xc0e8br5v0xmvhv7j2d`);
  await worker.d1.batch([
    worker.d1.prepare("INSERT INTO webhook_events VALUES (?1, (SELECT user_id FROM webhooks WHERE id = ?2), NULL, 'ping', '{}', '', 0)").bind(event, id),
    worker.d1.prepare("INSERT INTO webhook_deliveries (id, webhook_id, event_id, state, reason, next_attempt_at) VALUES (?1, ?2, ?3, 'dead', 'exhausted', 0)").bind(made, id, event),
  ]);
  return { get_webhook_delivery: made, retry_webhook_delivery: made };
}

/** What schemathesis finds in the current directory. */
function settings({ ids = {}, ifMatch }) {
  const given = ([operation, id]) => `[[operations]]\ninclude-operation-id = "${operation}"\nparameters = { "path.id" = "${id}" }\n`;
  const always = ifMatch === undefined ? "" : `[parameters]\n"header.If-Match" = "${ifMatch}"\n`;
  // Else it finds registration and login in the document, and nobody is somebody.
  return ["[auth]\nauto-signup = false\n", always, ...Object.entries(ids).map(given)].join("\n");
}

/** The operations of the document that need a credential: `{id, method, path}`. */
function guarded(document) {
  const all = Object.entries(document.paths).flatMap(([path, item]) =>
    Object.entries(item).map(([method, { operationId: id, security }]) => ({ id, method: method.toUpperCase(), path, security })),
  );
  return all.filter(({ security }) => JSON.stringify(security) === '[{"bearer":[]}]');
}

describe("the OpenAPI document", () => {
  let worker;
  let folder;
  let document;
  before(async () => {
    // Schemathesis takes longer than a token lives.
    worker = await startWorker({ vars: { ACCESS_TOKEN_SECONDS: "3600" } });
    folder = await mkdtemp(join(tmpdir(), "wvw-openapi-"));
    document = await (await worker.fetch("/openapi.json")).json();
    await writeFile(join(folder, "openapi.json"), JSON.stringify(document));
  });
  after(async () => {
    await worker?.dispose();
    if (folder) await rm(folder, { recursive: true, force: true });
  });

  test("is valid OpenAPI 3.1", async () => {
    const validator = new Validator();
    const { valid, errors } = await validator.validate(join(folder, "openapi.json"));
    assert.ok(valid, JSON.stringify(errors, null, 1));
    assert.equal(validator.version, "3.1");
  });

  test("makes a TypeScript client that compiles", async () => {
    await run(process.execPath, [tool("openapi-typescript"), join(folder, "openapi.json"), "-o", join(folder, "api.ts")]);
    await writeFile(join(folder, "client.ts"), CLIENT);
    const options = ["--noEmit", "--strict", "--module", "nodenext", "--target", "es2022", "--lib", "es2022,dom"];
    await run(process.execPath, [tool("tsc"), ...options, join(folder, "client.ts")]).catch(({ stdout }) => assert.fail(stdout));
  });

  const skip = SCHEMATHESIS !== "" && existsSync(SCHEMATHESIS) ? false : "schemathesis is not installed (SCHEMATHESIS names it; .ci/run installs it)";
  for (const [name, caller] of Object.entries(CALLERS)) {
    test(`holds against schemathesis as ${name}: no 5xx, no answer outside it`, { skip, timeout: 600_000 }, async () => {
      const { credential, may, not = [], only, phases = "examples,coverage,fuzzing", ...known } = await caller(worker);
      await writeFile(join(folder, "schemathesis.toml"), settings(known));
      const args = ["run", join(folder, "openapi.json"), "--url", worker.url.href, "--checks", CHECKS.join(","), "--phases", phases];
      args.push("--max-examples", process.env.SCHEMATHESIS_EXAMPLES ?? "20", "--no-color");
      if (credential) args.push("-H", `Authorization: Bearer ${credential}`);
      for (const id of not) args.push("--exclude-operation-id", id);
      if (only) args.push("--include-operation-id", only);
      worker.logs.length = 0;
      const { stdout } = await run(SCHEMATHESIS, args, { cwd: folder, maxBuffer: 1 << 26 }).catch(({ stdout, stderr }) => assert.fail(`${stdout}${stderr}`));
      const cases = stdout.match(/(\d+) generated/);
      assert.ok(Number(cases?.[1]) > (only ? 10 : 500), `a real run: ${cases?.[0]}`);

      const lines = worker.lines({ event: "request" });
      assert.deepEqual(lines.filter(({ status }) => status >= 500), []);
      for (const operation of guarded(document).filter(({ id }) => !NEED_A_CODE.includes(id) && !not.includes(id) && (!only || id === only))) {
        const answers = lines.filter(({ method, route }) => method === operation.method && route === operation.path);
        const successes = answers.filter(({ status }) => status < 300).length;
        assert.equal(successes > 0, may(operation), `${operation.id}: ${successes} of ${answers.length} calls succeeded`);
      }
      if (credential && !only) await call(worker, credential, "GET", "/users/me");
    });
  }
});
