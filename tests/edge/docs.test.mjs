// The interactive reference in a real browser, under our own Content-Security-Policy: read, try, register, log in, authorize.
// tests/api has what the document says, smoke.test.mjs the headers of every answer.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { skip, useBrowser } from "./browser.mjs";
import { startWorker } from "./harness.mjs";

describe("the reference at /docs in a browser", { skip }, () => {
  let worker;
  before(async () => (worker = await startWorker()));
  after(() => worker?.dispose());
  const browser = useBrowser();

  /** Opens `path`, runs `visit`, and then insists that the Content-Security-Policy was kept. */
  const visiting = (path, visit, options = {}) =>
    browser.visiting(
      worker,
      async (page) => {
        await page.addInitScript(() => {
          globalThis.violations = [];
          addEventListener("securitypolicyviolation", (event) => globalThis.violations.push(`${event.violatedDirective}: ${event.blockedURI}`));
        });
        await page.goto(new URL(path, worker.url).href);
        await visit(page);
        assert.deepEqual(await page.evaluate(() => globalThis.violations), [], "violations of the Content-Security-Policy");
      },
      options,
    );

  /** Opens a call and its "Try it out", sends it with `body`, and gives status and JSON. */
  async function tryOut(page, tag, operation, body) {
    const call = page.locator(`#operations-${tag}-${operation}`);
    await call.waitFor();
    if (!(await call.evaluate((element) => element.classList.contains("is-open")))) await call.locator(".opblock-summary-control").click();
    await call.getByRole("button", { name: "Try it out" }).click();
    if (body !== undefined) await call.locator("textarea.body-param__text").fill(JSON.stringify(body));
    await call.getByRole("button", { name: "Execute" }).click();
    const answer = call.locator(".live-responses-table .response");
    const status = Number(await answer.locator(".response-col_status").innerText());
    const text = await answer.locator(".highlight-code code").first().innerText();
    return { status, json: JSON.parse(text) };
  }

  test("shows every call of the document", () =>
    visiting("/docs", async (page) => {
      await page.locator(".opblock").first().waitFor();
      const shown = await page.locator(".opblock-summary-path").evaluateAll((paths) => paths.map((path) => path.dataset.path));
      const { paths } = await (await worker.fetch("/openapi.json")).json();
      const documented = Object.entries(paths).flatMap(([path, item]) =>
        Object.keys(item).filter((name) => ["get", "post", "put", "patch", "delete"].includes(name)).map(() => path),
      );
      assert.ok(documented.length > 15, `${documented.length} calls`);
      assert.deepEqual(shown.sort(), documented.sort());
    }));

  test("decodes a chat code on the spot", () =>
    visiting("/docs", async (page) => {
      const { status, json } = await tryOut(page, "Chat_codes", "decode_chat_code");
      assert.equal(status, 200);
      assert.equal(json.template.profession.id, "Guardian");
    }));

  test("leads from registering to a call with a token", () =>
    visiting("/docs", async (page) => {
      await page.locator(".opblock").first().waitFor();
      const account = { email: "reader@example.com", password: "correct horse battery staple" };
      const registered = await tryOut(page, "Identity", "register", { ...account, display_name: "Reader" });
      assert.equal(registered.status, 201, JSON.stringify(registered.json));

      const loggedIn = await tryOut(page, "Identity", "login", account);
      assert.equal(loggedIn.status, 200, JSON.stringify(loggedIn.json));

      await page.locator(".auth-wrapper .authorize").click();
      const dialog = page.locator(".dialog-ux");
      await dialog.locator("input").fill(loggedIn.json.access_token);
      await dialog.locator("button[type=submit]").click();
      await dialog.getByRole("button", { name: "Close" }).last().click();
      const me = await tryOut(page, "Identity", "get_me");
      assert.equal(me.status, 200, JSON.stringify(me.json));
      assert.equal(me.json.email, account.email);

      const kept = await page.evaluate(() => JSON.stringify([{ ...localStorage }, { ...sessionStorage }, document.cookie]));
      assert.equal(kept, '[{},{},""]', "the token is not kept in the browser");
    }));

  test("links in the introduction open their calls", () =>
    visiting("/docs", async (page) => {
      await page.locator(".opblock").first().waitFor();
      for (const link of await page.locator('.intro a[href^="#/"]').all()) {
        const [, tag, operation] = (await link.getAttribute("href")).split("/");
        await link.click();
        await page.locator(`#operations-${tag}-${operation}.is-open`).waitFor();
      }
    }));

  test("its first stop for the keyboard skips to the calls", () =>
    visiting("/docs", async (page) => {
      await page.locator(".opblock").first().waitFor();
      await page.keyboard.press("Tab");
      await page.keyboard.press("Enter");
      await page.keyboard.press("Tab");
      assert.ok(await page.evaluate(() => document.activeElement.closest("#operations") !== null), "the next stop is among the calls");
    }));

  for (const colorScheme of ["light", "dark"]) {
    test(`is readable on a phone, ${colorScheme}`, () =>
      visiting(
        "/docs",
        async (page) => {
          await tryOut(page, "Chat_codes", "decode_chat_code");
          const { width, pale } = await page.evaluate(measurePage);
          assert.equal(width, 390, "nothing makes the page wider than the screen");
          assert.deepEqual(pale, [], "text with a contrast below 4.5 to 1");
        },
        // Colours on their way from one to another are nobody's to read.
        { viewport: { width: 390, height: 844 }, colorScheme, reducedMotion: "reduce" },
      ));
  }

  test("a problem's page says what to do", () =>
    visiting("/docs/problems/invalid_token", async (page) => {
      assert.match(await page.locator("h1").innerText(), /access token or API key is not valid/);
      assert.match(await page.locator("main").innerText(), /Log in/);
      assert.match(await page.locator("body").evaluate((body) => getComputedStyle(body).fontFamily), /system-ui/, "its style is loaded");
    }));
});

/** Runs in the page: how wide it is, and each kind of text whose contrast (WCAG 2.2, 1.4.3) is below 4.5 to 1. */
function measurePage() {
  const parse = (color) => {
    const [red, green, blue, alpha = 1] = color.match(/[\d.]+/g).map(Number);
    return { rgb: [red, green, blue], alpha };
  };
  const over = ({ rgb, alpha }, below) => rgb.map((value, index) => value * alpha + below[index] * (1 - alpha));
  const linear = (value) => (value / 255 <= 0.04045 ? value / 255 / 12.92 : ((value / 255 + 0.055) / 1.055) ** 2.4);
  const luminance = ([red, green, blue]) => 0.2126 * linear(red) + 0.7152 * linear(green) + 0.0722 * linear(blue);
  const contrast = (element) => {
    const above = [];
    let opacity = 1;
    for (let each = element; each; each = each.parentElement) {
      const style = getComputedStyle(each);
      above.unshift(parse(style.backgroundColor));
      opacity *= Number(style.opacity);
    }
    const back = above.reduce((below, layer) => over(layer, below), [255, 255, 255]);
    const { rgb, alpha } = parse(getComputedStyle(element).color);
    const [light, dark] = [luminance(over({ rgb, alpha: alpha * opacity }, back)), luminance(back)].sort((a, b) => b - a);
    return (light + 0.05) / (dark + 0.05);
  };
  const pale = new Set();
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node = texts.nextNode(); node; node = texts.nextNode()) {
    const element = node.parentElement;
    if (node.data.trim() === "" || !element.checkVisibility() || element.matches("script, noscript, option")) continue;
    const found = contrast(element);
    if (found < 4.5) pale.add(`${found.toFixed(2)} ${element.tagName}.${element.className}: ${node.data.trim().slice(0, 30)}`);
  }
  return { width: document.documentElement.scrollWidth, pale: [...pale] };
}
