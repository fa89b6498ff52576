// The page of an invitation in a real browser: looks, assistive technology, without scripts.
// Promises: nothing leaves the origin, nothing breaks the Content-Security-Policy, axe finds nothing serious.
// Leaves to others: what it says, escaping and what lets nobody in (tests/api/invitation_page.rs).
import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { after, before, describe, test } from "node:test";
import { chromium } from "playwright-core";
import { logIn, startWorker } from "./harness.mjs";

const CHROMIUM = process.env.CHROMIUM || "/usr/bin/chromium";
const skip = existsSync(CHROMIUM) ? false : `no browser at ${CHROMIUM}: install Debian's chromium, or set CHROMIUM`;
/** Names as long and as odd as they may be. */
const TEAM = { name: "W".repeat(50), tag: "RED", description: `شجاع المحارب ${"Immerwährend".repeat(20)} <script>alert(1)</script>` };

describe("the page of an invitation", { skip }, () => {
  let worker;
  let browser;
  let axe;
  let path;
  before(async () => {
    worker = await startWorker();
    const authorization = `Bearer ${await logIn(worker, "commander@example.com")}`;
    const post = async (target, body) => {
      const headers = { "content-type": "application/json", authorization };
      const answer = await worker.fetch(target, { method: "POST", headers, body: JSON.stringify(body) });
      const document = await answer.json();
      assert.equal(answer.status, 201, JSON.stringify(document));
      return document;
    };
    const team = await post("/api/v1/teams", TEAM);
    const invitation = await post(`/api/v1/teams/${team.id}/invitations`, { role: "officer" });
    path = new URL(invitation.url).pathname;
    axe = await readFile(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
    // Its sandbox needs rights that containers and root have not; it visits nothing but our own Worker.
    browser = await chromium.launch({ executablePath: CHROMIUM, args: ["--no-sandbox", "--disable-dev-shm-usage"] });
  });
  after(async () => {
    await browser?.close();
    await worker?.dispose();
  });

  for (const width of [320, 1280]) {
    for (const colorScheme of ["light", "dark"]) {
      test(`fits and passes axe at ${width} pixels, ${colorScheme}`, async () => {
        const context = await browser.newContext({ viewport: { width, height: 800 }, colorScheme });
        const page = await context.newPage();
        const wrong = [];
        page.on("pageerror", (error) => wrong.push(`error: ${error.message}`));
        page.on("console", (message) => wrong.push(`${message.type()}: ${message.text()}`));
        page.on("request", (request) => {
          const { protocol, origin } = new URL(request.url());
          if (protocol !== "data:" && origin !== worker.url.origin) wrong.push(`request to ${request.url()}`);
        });
        try {
          const answer = await page.goto(new URL(path, worker.url).href);
          assert.equal(answer.status(), 200);
          assert.match(await page.locator("h1").innerText(), /Invitation to W+/);
          assert.equal(await page.evaluate(() => document.documentElement.scrollWidth), width, "nothing makes the page wider than the screen");
          if (process.env.WVW_LOOK) await page.screenshot({ path: `${process.env.WVW_LOOK}/invitation-${width}-${colorScheme}.png`, fullPage: true });
          // By the debugger's own door: the page's policy admits no script of anyone else's.
          await page.evaluate(axe);
          const { violations } = await page.evaluate(() => globalThis.axe.run());
          assert.deepEqual(violations.map(({ id, impact }) => `${impact}: ${id}`), []);
          assert.deepEqual(wrong, []);
        } finally {
          await context.close();
        }
      });
    }
  }
});
