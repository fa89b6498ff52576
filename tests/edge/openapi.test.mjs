// The served OpenAPI document in the hands of others: a validator, a client generator, a tester. tests/api compares it with the routes.
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
import { call, makeGuild } from "./guild.mjs";
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

/** An account to test with: `{credential, key, ids, pointed}`, see `makeGuild`. */
async function account(worker, email, role = "user", password = PASSWORD) {
  await logIn(worker, email, password);
  await worker.d1.prepare("UPDATE users SET role = ? WHERE email_key = ?").bind(role, email).run();
  const credential = await logIn(worker, email, password);
  const { ids, pointed } = await makeGuild(worker, credential, `mate.of.${email}`);
  const [key, other] = [await makeKey(worker, credential), await makeKey(worker, credential)];
  const { data: logins } = await call(worker, credential, "GET", "/auth/sessions");
  const session = logins.find(({ current }) => !current).id;
  return { credential, key: key.key, pointed, ids: { ...ids, revoke_api_key: { id: other.id }, end_session: { id: session } } };
}

/** All that a key can have. */
const SCOPES = ["account:read", ...["builds", "teams", "compositions", "webhooks"].flatMap((of) => [`${of}:read`, `${of}:write`])];
const makeKey = (worker, credential) => call(worker, credential, "POST", "/auth/api-keys", { name: "Bot", scopes: SCOPES });

/** What succeeds only with a code of an authenticator app. */
const NEED_A_CODE = ["confirm_two_factor", "make_recovery_codes", "disable_two_factor", "stop_two_factor_removal"];
const isForAdministrators = ({ path }) => path.startsWith("/api/v1/admin/");
/** What takes a proof that no key can give. */
const NEED_A_PROOF = ["delete_team", "hand_over_team", "change_team_member"];
/** What no key opens: that, and the account itself, but for reading its name. */
const isClosedToKeys = ({ id, path }) => NEED_A_PROOF.includes(id) || id !== "get_me" && /^\/api\/v1\/(auth|admin|users\/me)(\/|$)/.test(path);

/** What takes the password of the examples, or ends the tester itself. */
const OWN_END = ["change_password", "delete_me", "reauthenticate", "end_everything"];

/**
 * As whom schemathesis calls. `may`: whether an operation that needs a credential must have succeeded at least once;
 * otherwise it must never have. `not`: operations that are left out, for they are the tester's own end; each has a
 * throwaway caller below. `ids`, `ifMatch`: values that are known to be right. `pointed`: the document, of what is there.
 */
const CALLERS = {
  nobody: async () => ({ may: () => false }),
  "a user": async (worker) => {
    const { credential, ids, pointed } = await account(worker, "user@tester.gg");
    return { credential, ids, pointed, ifMatch: "*", may: (operation) => !isForAdministrators(operation), not: ["end_other_sessions", ...OWN_END] };
  },
  "an API key": async (worker) => {
    const { key, ids, pointed } = await account(worker, "key@tester.gg");
    // Coverage of the same schemas as a user's; here it is about who may.
    return { credential: key, ids, pointed, ifMatch: "*", may: (operation) => !isClosedToKeys(operation), phases: "examples,fuzzing" };
  },
  "an administrator": async (worker) => {
    const { credential, ids, pointed } = await account(worker, "boss@tester.gg", "administrator");
    const { id } = await call(worker, await logIn(worker, "other@tester.gg"), "GET", "/users/me");
    return { credential, ids: { ...ids, get_account: { id }, change_account: { id } }, pointed, ifMatch: "*", may: () => true, not: ["end_session", ...OWN_END, "rotate_signing_keys"] };
  },
  // The password of the examples, so that they succeed.
  "a user who changes the password": (worker) => throwaway(worker, "password@tester.gg", "change_password"),
  "a user who proves who they are": (worker) => throwaway(worker, "proving@tester.gg", "reauthenticate"),
  "a user who ends everything": (worker) => throwaway(worker, "ending@tester.gg", "end_everything"),
  "a user who leaves": (worker) => throwaway(worker, "leaving@tester.gg", "delete_me"),
  "an administrator who takes keys back": (worker) => throwaway(worker, "last@tester.gg", "rotate_signing_keys", "administrator"),
};

async function throwaway(worker, email, only, role) {
  const { credential } = await account(worker, email, role, EXAMPLES_PASSWORD);
  return { credential, only, may: () => true };
}

/** What schemathesis finds in the current directory. */
function settings({ ids = {}, ifMatch }) {
  const given = ([operation, values]) => {
    const pairs = Object.entries(values).map(([name, value]) => `"path.${name}" = "${value}"`);
    return `[[operations]]\ninclude-operation-id = "${operation}"\nparameters = { ${pairs.join(", ")} }\n`;
  };
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
      const { credential, may, not = [], only, phases = "examples,coverage,fuzzing", pointed = (text) => text, ...known } = await caller(worker);
      await writeFile(join(folder, "pointed.json"), pointed(JSON.stringify(document)));
      await writeFile(join(folder, "schemathesis.toml"), settings(known));
      const args = ["run", join(folder, "pointed.json"), "--url", worker.url.href, "--checks", CHECKS.join(","), "--phases", phases];
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
      const wrong = [];
      for (const operation of guarded(document).filter(({ id }) => !NEED_A_CODE.includes(id) && !not.includes(id) && (!only || id === only))) {
        const answers = lines.filter(({ method, route }) => method === operation.method && route === operation.path);
        const successes = answers.filter(({ status }) => status < 300).length;
        if (successes > 0 !== may(operation)) wrong.push(`${operation.id}: ${successes} of ${answers.length} calls succeeded`);
      }
      assert.deepEqual(wrong, []);
      if (credential && !only) await call(worker, credential, "GET", "/users/me");
    });
  }
});
