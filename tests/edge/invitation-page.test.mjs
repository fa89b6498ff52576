// The page of an invitation in a real browser: looks and assistive technology.
// tests/api/invitation_page.rs has what it says, escaping, and what lets nobody in.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { looks, skip, useBrowser } from "./browser.mjs";
import { call } from "./guild.mjs";
import { logIn, startWorker } from "./harness.mjs";

/** Names as long and as odd as they may be. */
const TEAM = { name: "W".repeat(50), tag: "RED", description: `شجاع المحارب ${"Immerwährend".repeat(20)} <script>alert(1)</script>` };

describe("the page of an invitation", { skip }, () => {
  let worker;
  let path;
  before(async () => {
    worker = await startWorker();
    const token = await logIn(worker, "commander@example.com");
    const team = await call(worker, token, "POST", "/teams", TEAM);
    const invitation = await call(worker, token, "POST", `/teams/${team.id}/invitations`, { role: "officer" });
    path = new URL(invitation.url).pathname;
  });
  after(() => worker?.dispose());
  const { visiting, axe } = useBrowser();

  for (const { width, colorScheme } of looks(320, 1280)) {
    const visit = async (page) => {
      const answer = await page.goto(new URL(path, worker.url).href);
      assert.equal(answer.status(), 200);
      assert.match(await page.locator("h1").innerText(), /Invitation to W+/);
      assert.equal(await page.evaluate(() => document.documentElement.scrollWidth), width, "nothing makes the page wider than the screen");
      assert.deepEqual(await axe(page, `invitation-${width}-${colorScheme}`), []);
    };
    test(`fits and passes axe at ${width} pixels, ${colorScheme}`, () => visiting(worker, visit, { viewport: { width, height: 800 }, colorScheme }));
  }
});
