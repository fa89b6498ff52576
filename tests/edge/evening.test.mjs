// The guild's evening of docs/ADVANCED_USAGE.md, run as it is written. tests/api has the rules, page.test.mjs the page's looks.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { after, before, describe, test } from "node:test";
import { walk } from "./client.mjs";
import { startWorker } from "./harness.mjs";

const GUIDE = new URL("../../docs/ADVANCED_USAGE.md", import.meta.url);
const WRITTEN_FOR = "http://localhost:8787";

describe("a guild's evening", () => {
  let worker;
  let outputs;
  before(async () => {
    worker = await startWorker();
    // Links lead where the Worker is.
    const here = (script) => script.replaceAll(WRITTEN_FOR, worker.url.origin).replace("curl -sf $page", `curl -sf ${worker.url.origin}/c/\${page##*/}`);
    outputs = await walk(await readFile(GUIDE, "utf8"), here);
    assert.equal(outputs.length, 12, "eleven blocks, and what follows the last");
  });
  after(() => worker?.dispose());

  /** The JSON objects of a block, which come one after the other. */
  const answers = (index) => JSON.parse(`[${outputs[index].trim().replaceAll("}{", "},{")}]`);

  test("shows the invitation and lets Odo in as an officer", () => {
    const [invitation, team] = answers(2);
    assert.equal(invitation.team.name, "Red Guard");
    assert.equal(invitation.role, "officer");
    assert.equal(team.role, "officer");
  });
  test("takes the roster as CSV", () => assert.deepEqual(answers(3)[0].added, 2));
  test("says what the squad lacks", () => {
    const [analysis] = answers(5);
    assert.ok(analysis.shortfalls.length > 0);
    assert.ok(analysis.subgroups[0].coverage);
  });
  test("keeps each version", () => {
    const [changed, versions] = answers(6);
    assert.equal(changed.notes, "Bring food.");
    assert.deepEqual(versions.data.map(({ version, change }) => `${version} ${change}`), ["2 changed", "1 created"]);
  });
  test("shows the page to whoever has the link", () => {
    assert.match(outputs[7], /<title>[^<]*Thursday/);
    assert.match(outputs[7], /Support Firebrand|Firebrand/);
    // The build is shared with the plan's own team, so its code is there to copy.
    assert.match(outputs[7], /\[&amp;DQEqJS|\[&#38;DQEqJS/);
  });
  test("says what goes with whoever is removed, and keeps them out", () => {
    const [gone, bans] = answers(9);
    assert.equal(gone.builds, 1);
    assert.equal(gone.banned, true);
    assert.equal(bans.data[0].display_name, "odo");
  });
  test("shows the leader what reaches outside", () => {
    const [links, webhooks] = answers(10);
    assert.equal(links.data[0].made_by.name, "vera");
    assert.equal(links.data[0].state, "shown");
    assert.deepEqual(webhooks.data, []);
  });
  test("has it all on the dashboard", () => {
    const [dashboard] = answers(8);
    assert.equal(dashboard.counts.teams, 1);
    assert.ok(dashboard.activity.some(({ type }) => type === "composition.updated"));
  });
});
