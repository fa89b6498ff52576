// A real browser for the tests of pages: nothing may leave the origin, and nothing may go wrong in the page.
import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { after, before } from "node:test";
import { chromium } from "playwright-core";

const CHROMIUM = process.env.CHROMIUM || "/usr/bin/chromium";
/** Why tests of pages are skipped, or false. */
export const skip = existsSync(CHROMIUM) ? false : `no browser at ${CHROMIUM}: install Debian's chromium, or set CHROMIUM`;

/** Opens a browser for the tests of a `describe`; gives `{visiting, axe}`. */
export function useBrowser() {
  let browser;
  let axeSource;
  before(async () => {
    axeSource = await readFile(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
    // Its sandbox needs rights that containers and root have not; it visits nothing but our own Worker.
    browser = await chromium.launch({ executablePath: CHROMIUM, args: ["--no-sandbox", "--disable-dev-shm-usage"] });
  });
  after(() => browser?.close());

  /**
   * Opens a page, runs `visit(page, context)`, and then insists that nothing was wrong and nothing left the Worker's origin.
   * `isExpected` says which messages of the console are no mistake; `check` looks at each request, and names what is wrong.
   */
  async function visiting(worker, visit, { isExpected = () => false, check = () => undefined, ...options } = {}) {
    const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, ...options });
    const page = await context.newPage();
    page.setDefaultTimeout(30_000);
    const wrong = [];
    page.on("pageerror", (error) => wrong.push(`error: ${error.message}`));
    page.on("console", (message) => {
      if (!["error", "warning"].includes(message.type()) || isExpected(message.text())) return;
      wrong.push(`${message.type()}: ${message.text()} (${message.location().url})`);
    });
    page.on("request", (request) => {
      const { protocol, origin } = new URL(request.url());
      if (protocol !== "data:" && origin !== worker.url.origin) wrong.push(`request to ${request.url()}`);
      const mistake = check(request);
      if (mistake) wrong.push(mistake);
    });
    try {
      await visit(page, context);
      assert.deepEqual(wrong, []);
    } finally {
      await context.close();
    }
  }

  /** What axe finds in a page, as texts that begin with the impact; a picture of it is kept where WVW_LOOK says. */
  async function axe(page, name) {
    if (process.env.WVW_LOOK) await page.screenshot({ path: `${process.env.WVW_LOOK}/${name}.png`, fullPage: true });
    // By the debugger's own door: the page's policy admits no script of anyone else's.
    await page.evaluate(axeSource);
    const { violations } = await page.evaluate(() => globalThis.axe.run(document, { resultTypes: ["violations"] }));
    return violations.map(({ id, impact, nodes }) => `${impact} ${id}: ${nodes[0].html.slice(0, 120)}`);
  }

  return { visiting, axe };
}

/** Each width in light and in dark. */
export const looks = (...widths) => widths.flatMap((width) => ["light", "dark"].map((colorScheme) => ({ width, colorScheme })));
