// A forgotten password in a real browser, with the links as the mails bring them: once without scripts, and in each look.
// tests/api/password_reset.rs has which links end with what, mail.test.mjs the way of the mails.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { looks, skip, useBrowser } from "./browser.mjs";
import { eventually, startWorker } from "./harness.mjs";

const OLD = "four words in a row";
const NEW = "lanterns over quiet harbours";
/** The h1 of each page. */
const ASK = "Choose a new password";
const NO_LINK = "This link does not work any more";

describe("a forgotten password", { skip }, () => {
  let worker;
  before(async () => (worker = await startWorker()));
  after(() => worker?.dispose());
  const browser = useBrowser();

  const post = (path, body) => worker.fetch(`/api/v1/auth/${path}`, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) });
  const logIn = async (email, password) => (await post("login", { email, password })).status;

  /** Path and query of the link to a page in the mail to an address. */
  async function linkOf(page, email) {
    const written = new RegExp(`^https?://[^/\\s]+(/${page}\\?token=\\S+)$`, "m");
    const found = await eventually(async () => (await worker.mails()).filter(({ to }) => to === email).map(({ text }) => text.match(written)?.[1]).find(Boolean), 15_000);
    assert.ok(found, `a mail with a link to /${page}`);
    return found;
  }

  /** What opens links before people do. */
  async function prefetch(path) {
    for (const method of ["HEAD", "GET", "GET"]) {
      const answer = await worker.fetch(path, { method });
      assert.equal(answer.status, 200);
      await answer.arrayBuffer();
    }
  }

  /** From an account that has proved nothing to a login with the new password; `look` is called on each page. */
  async function walk(page, email, look) {
    const see = async (name, heading) => {
      assert.equal(await page.locator("h1").innerText(), heading);
      await look(name);
    };
    const open = async (path) => {
      const answer = await page.goto(new URL(path, worker.url).href);
      assert.equal(answer.status(), 200);
    };
    const send = async (button, status) => {
      const [answer] = await Promise.all([page.waitForNavigation(), page.getByRole("button", { name: button }).click()]);
      assert.equal(answer.status(), status, await page.locator("main").innerText());
    };
    assert.equal((await post("register", { email, password: OLD, display_name: "Tester" })).status, 201);

    const proof = await linkOf("verify", email);
    await prefetch(proof);
    await open(proof);
    await page.reload();
    await see("verify", "Is this address yours?");
    await send("This address is mine", 200);
    await see("verified", "The address is yours");
    await open(proof);
    await send("This address is mine", 410);
    await see("verify-used", NO_LINK);

    await open("/reset");
    await see("ask", ASK);
    await page.getByLabel("Your address").fill("nobody@guild");
    await send("Send me a link", 422);
    await see("ask-mistake", ASK);
    assert.equal(await page.getByRole("alert").innerText(), "This is no address that mail could go to.");
    await page.getByLabel("Your address").fill(email);
    await send("Send me a link", 200);
    await see("asked", "Look into your mailbox");

    const link = await linkOf("reset", email);
    await prefetch(link);
    await open(link);
    await page.reload();
    await see("choose", ASK);
    await page.getByLabel("New password").fill("short");
    await send("Set the password", 422);
    await see("choose-mistake", ASK);
    assert.match(await page.getByRole("alert").innerText(), /15 characters/);
    assert.equal(await logIn(email, OLD), 200, "nothing has happened yet");
    await page.getByLabel("New password").fill(NEW);
    await send("Set the password", 200);
    await see("chosen", "The password is the new one");
    assert.equal(await logIn(email, NEW), 200);
    assert.equal(await logIn(email, OLD), 401);

    await open(link);
    await page.getByLabel("New password").fill(`another of ${NEW}`);
    await send("Set the password", 410);
    await see("choose-used", NO_LINK);
    assert.match(await page.locator("main").innerText(), /It may have been used/);
    assert.equal(await logIn(email, NEW), 200, "still the one that was chosen first");
    await open("/verify");
    await see("verify-no-token", NO_LINK);
  }

  const isExpected = (text) => /the server responded with a status of (410|422)/.test(text);
  const check = (request) => request.headers().referer && `a Referer to ${request.url()}`;
  const visiting = (options, visit) =>
    browser.visiting(
      worker,
      async (page, context) => {
        await visit(page);
        assert.deepEqual(await context.cookies(), []);
      },
      { isExpected, check, ...options },
    );

  test("is walked from the mail to the login without scripts", () => visiting({ javaScriptEnabled: false }, (page) => walk(page, "plain@example.com", async () => {})));

  for (const { width, colorScheme } of looks(320, 1280)) {
    test(`every page of it fits and passes axe at ${width} pixels, ${colorScheme}`, () =>
      visiting({ viewport: { width, height: 800 }, colorScheme }, async (page) => {
        const seen = [];
        await walk(page, `${colorScheme}-${width}@example.com`, async (name) => {
          seen.push(name);
          assert.equal(await page.evaluate(() => document.documentElement.scrollWidth), width, `${name}: nothing makes the page wider than the screen`);
          assert.match(await page.locator("body").evaluate((body) => getComputedStyle(body).fontFamily), /system-ui/, `${name}: its style is loaded`);
          assert.deepEqual(await browser.axe(page, `${name}-${width}-${colorScheme}`), [], name);
        });
        assert.equal(new Set(seen).size, 11, seen.join());
      }));
  }
});
