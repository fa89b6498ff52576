// The walk of the README, run as it is written. tests/api has the rules.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { after, before, describe, test } from "node:test";
import { walk } from "./client.mjs";
import { startWorker } from "./harness.mjs";

const README = new URL("../../README.md", import.meta.url);
const WRITTEN_FOR = "http://localhost:8787";

describe("the walk of the README", () => {
  let worker;
  let outputs;
  before(async () => {
    worker = await startWorker();
    outputs = await walk(await readFile(README, "utf8"), (script) => script.replaceAll(WRITTEN_FOR, worker.url.origin));
  });
  after(() => worker?.dispose());

  const json = (index) => JSON.parse(outputs[index]);

  test("registers", () => assert.equal(json(1).user.display_name, "Commander"));
  test("logs in and stores a build without a word", () => assert.deepEqual([outputs[2], outputs[3]].map((text) => text.trim()), ["", ""]));
  test("reads the build back with what its chat code says", () => {
    const build = json(4);
    assert.equal(build.name, "Support Firebrand");
    assert.equal(build.template.profession.id, "Guardian");
    assert.deepEqual(build.template.specializations.map(({ name }) => name), ["Zeal", "Virtues", "Firebrand"]);
  });
  test("finds it among the public builds", () => assert.equal(json(5).data[0].id, json(4).id));
  test("decodes without an account", () => assert.deepEqual(json(6).template, json(4).template));
  test("is told all mistakes at once", () => {
    const found = json(7).errors.map(({ pointer, code }) => `${pointer} ${code}`);
    assert.deepEqual(found.sort(), ["/chat_code truncated", "/name required", "/rolls unknown_field"]);
  });
});
