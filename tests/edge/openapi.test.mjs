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

describe("the OpenAPI document", () => {
  let worker;
  let folder;
  before(async () => {
    worker = await startWorker();
    folder = await mkdtemp(join(tmpdir(), "wvw-openapi-"));
    await writeFile(join(folder, "openapi.json"), await (await worker.fetch("/openapi.json")).text());
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
  for (const [title, isLoggedIn] of [["without a token", false], ["with a token", true]]) {
    test(`holds against schemathesis ${title}: no 5xx, no answer outside it`, { skip, timeout: 300_000 }, async () => {
      const header = isLoggedIn ? ["-H", `Authorization: Bearer ${await logIn(worker, "tester@guild.gg")}`] : [];
      const checks = ["not_a_server_error", "status_code_conformance", "content_type_conformance", "response_headers_conformance", "response_schema_conformance", "unsupported_method"];
      const args = ["run", join(folder, "openapi.json"), "--url", worker.url.href, ...header, "--checks", checks.join(",")];
      args.push("--phases", "examples,coverage,fuzzing", "--max-examples", process.env.SCHEMATHESIS_EXAMPLES ?? "30", "--no-color");
      const { stdout } = await run(SCHEMATHESIS, args, { cwd: folder, maxBuffer: 1 << 26 }).catch(({ stdout, stderr }) => assert.fail(`${stdout}${stderr}`));
      const cases = stdout.match(/(\d+) generated/);
      assert.ok(Number(cases?.[1]) > 1_000, `a real run: ${cases?.[0]}`);
    });
  }
});
