// The page of a share link in a real browser: looks, keyboard, assistive technology, with and without scripts.
// tests/api/shared_page.rs has what is shown to whom, escaping and caching.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { inflateSync } from "node:zlib";
import { looks, skip, useBrowser } from "./browser.mjs";
import { logIn, startWorker } from "./harness.mjs";

const SLUG = "0123456789ABCDEFGHIJab";
const PATH = `/c/${SLUG}`;
const COMPOSITION = "composition_01h455vb4pex5vsknk084sn02q";
/** A made-up Guardian: Zeal, Virtues, Firebrand. */
const CODE = "[&DQEqJS4aPio6AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=]";
const PLAYERS = 50;
const ZALGO = `Z${"\u0316\u0351\u0300".repeat(20)}a${"\u0351".repeat(40)}lgo`;
const NAMES = ["Anna", "Þórr der Große von und zu Immerwährend", "شجاع المحارب", ZALGO, "W".repeat(40), "<script>alert(1)</script>"];
/** Elite specializations of all nine professions. */
const SPECIALIZATIONS = [62, 61, 43, 5, 7, 48, 40, 60, 52];
const ROLES = ["primary_support", "secondary_support", "strip", "melee_dps", "ranged_dps", null];

function compositionOf(ownerId, buildId) {
  const slot = (index) => ({
    player: NAMES[index % NAMES.length],
    player_id: null,
    build_id: index % 3 === 2 ? null : index % 3 === 1 ? "build_01h455vb4pex5vsknk084sn02q" : buildId,
    specialization: SPECIALIZATIONS[index % SPECIALIZATIONS.length],
    profession: null,
    role: ROLES[index % ROLES.length],
    note: index % 7 === 0 ? "Swap to hammer when the gate is down." : "",
  });
  const group = (number) => ({ name: number % 2 ? `Wing ${number}` : "", slots: [0, 1, 2, 3, 4].map((place) => slot(number * 5 + place)) });
  return {
    id: COMPOSITION,
    owner_id: ownerId,
    team_id: null,
    visibility: "private",
    is_template: false,
    player_count: PLAYERS,
    updated_by: ownerId,
    created_at: "2026-11-22T00:00:00Z",
    name: "Thursday zerg",
    mode: "zerg",
    preset: "zerg_30",
    notes: "Meet at 20:00 at the northern camp.",
    tags: ["thursday"],
    subgroups: Array.from({ length: PLAYERS / 5 }, (_, number) => group(number)),
    updated_at: "2026-11-22T18:30:00Z",
  };
}

/** Writes a composition and a link to it, as the API would. */
async function share(worker) {
  const token = await logIn(worker, "commander@example.com");
  const made = await worker.fetch("/api/v1/builds", {
    method: "POST",
    headers: { "content-type": "application/json", authorization: `Bearer ${token}` },
    body: JSON.stringify({ name: "Stability first", chat_code: CODE, visibility: "unlisted" }),
  });
  const build = await made.json();
  assert.equal(made.status, 201, JSON.stringify(build));
  const document = JSON.stringify(compositionOf(build.owner_id, build.id));
  await worker.d1.batch([
    worker.d1
      .prepare("INSERT INTO compositions (id, owner_id, team_id, visibility, document, search_text, number, version) VALUES (?, ?, NULL, 'private', ?, '', 1, 1)")
      .bind(COMPOSITION, build.owner_id, document),
    worker.d1
      .prepare("INSERT INTO share_links (slug, composition_id, id, created_by, created_at) VALUES (?, ?, 'share_link', ?, 0)")
      .bind(SLUG, COMPOSITION, build.owner_id),
  ]);
}

describe("a shared page", { skip }, () => {
  let worker;
  before(async () => {
    worker = await startWorker();
    await share(worker);
  });
  after(() => worker?.dispose());
  const { visiting: visit, axe } = useBrowser();

  /** Opens `path` and runs `look`. */
  const visiting = (look, options = {}, path = PATH) =>
    visit(
      worker,
      async (page, context) => {
        await page.goto(new URL(path, worker.url).href);
        await look(page, context);
      },
      { isExpected: (text) => path !== PATH && text.includes("404"), ...options },
    );

  for (const { width, colorScheme } of looks(320, 360, 1280)) {
    test(`fits and passes axe at ${width} pixels, ${colorScheme}`, () =>
      visiting(
        async (page) => {
          await page.locator("button").first().waitFor();
          const { scrollWidth, spilling } = await page.evaluate(measure);
          assert.equal(scrollWidth, width, "nothing makes the page wider than the screen");
          assert.deepEqual(spilling, [], "nothing spills out of its box");
          const found = await axe(page, `edge-${width}-${colorScheme}`);
          assert.deepEqual(found.filter((text) => /^(serious|critical|moderate)/.test(text)), []);
        },
        { viewport: { width, height: 800 }, colorScheme, reducedMotion: "reduce" },
      ));
  }

  test("the keyboard reaches every copy button in order, and each copies its code", () =>
    visiting(
      async (page) => {
        const buttons = page.getByRole("button", { name: /^Copy the chat code of / });
        await buttons.first().waitFor();
        const count = await buttons.count();
        assert.equal(count, Math.ceil(PLAYERS / 3), "a button for each code that is shown");
        await page.keyboard.press("Tab");
        assert.equal(await page.evaluate(() => document.activeElement.textContent), "Skip to the subgroups");
        await page.keyboard.press("Enter");
        for (let index = 0; index < count; index += 1) {
          await page.keyboard.press("Tab");
          const reached = await page.evaluate(() => [...document.querySelectorAll("code + button")].indexOf(document.activeElement));
          assert.equal(reached, index, "the next stop is the next button");
          const outline = await page.evaluate(() => getComputedStyle(document.activeElement).outlineStyle);
          assert.equal(outline, "solid", "the focus can be seen");
        }
        await page.evaluate(() => navigator.clipboard.writeText("something else"));
        await page.keyboard.press("Space");
        await page.locator("#said", { hasText: "Copied the chat code of" }).waitFor();
        assert.equal(await page.evaluate(() => navigator.clipboard.readText()), CODE);
      },
      { permissions: ["clipboard-read", "clipboard-write"] },
    ));

  test("without a clipboard the code is selected and the reader told so", () =>
    visiting(async (page) => {
      await page.evaluate(() => Object.defineProperty(navigator, "clipboard", { value: undefined }));
      await page.locator("code + button").first().click();
      await page.locator("#said", { hasText: "The code is selected" }).waitFor();
      assert.equal(await page.evaluate(() => getSelection().toString()), CODE);
    }));

  test("is whole without scripts", () =>
    visiting(
      async (page) => {
        assert.equal(await page.locator("h1").innerText(), "Thursday zerg");
        assert.equal(await page.getByRole("button").count(), 0);
        const codes = await page.locator("code").allTextContents();
        assert.deepEqual(new Set(codes), new Set([CODE]));
        assert.equal(await page.locator(".slots > li").count(), PLAYERS);
        assert.equal(await page.getByText("<script>alert(1)</script>").first().isVisible(), true, "a name is text, whatever it says");
        await page.locator("code").first().click();
      },
      { javaScriptEnabled: false },
    ));

  test("headings and landmarks lead through it", () =>
    visiting(async (page) => {
      for (const role of ["banner", "main", "contentinfo"]) assert.equal(await page.getByRole(role).count(), 1, role);
      const levels = await page.locator("h1, h2, h3, h4").evaluateAll((all) => all.map((heading) => Number(heading.tagName[1])));
      levels.forEach((level, index) => assert.ok(level <= (levels[index - 1] ?? 0) + 1, `heading ${index} skips a level`));
      assert.equal(await page.getByRole("region", { name: "Subgroup 1 " }).count(), 2, "1 and 10");
      assert.equal(await page.locator("table").evaluateAll((all) => all.every((table) => table.querySelector("th[scope]"))), true);
    }));

  test("its image is a picture that a browser draws", () =>
    visiting(async (page) => {
      const address = new URL(await page.locator('meta[property="og:image"]').getAttribute("content"));
      const path = address.pathname + address.search;
      const answer = await worker.fetch(path);
      assert.equal(answer.headers.get("content-type"), "image/png");
      const image = Buffer.from(await answer.arrayBuffer());
      if (process.env.WVW_LOOK) await import("node:fs/promises").then(({ writeFile }) => writeFile(`${process.env.WVW_LOOK}/edge-card.png`, image));
      const data = image.subarray(image.indexOf("IDAT") + 4, image.indexOf("IEND") - 8);
      assert.equal(inflateSync(data).length, 630 * 601, "630 lines of 1200 pixels of 4 bits and their filters");
      const drawn = await page.evaluate(async (source) => {
        const picture = Object.assign(new Image(), { src: source });
        await picture.decode();
        return [picture.naturalWidth, picture.naturalHeight];
      }, path);
      assert.deepEqual(drawn, [1200, 630]);
    }));

  test("a link that leads nowhere says so in the same looks", () =>
    visiting(
      async (page) => {
        assert.match(await page.locator("main").innerText(), /leads to no composition/);
        assert.match(await page.locator("body").evaluate((body) => getComputedStyle(body).fontFamily), /system-ui/, "its style is loaded");
      },
      {},
      "/c/9999999999999999999999",
    ));
});

/** Runs in the page: how wide it is, and what stands out of the box that it belongs to. */
function measure() {
  const boxes = [...document.querySelectorAll(".group, .panels > section")];
  const spills = (box) => [...box.querySelectorAll("*")].some((each) => each.getBoundingClientRect().right > box.getBoundingClientRect().right + 1);
  return {
    scrollWidth: document.documentElement.scrollWidth,
    spilling: boxes.filter(spills).map((box) => box.querySelector("h2, h3").textContent),
  };
}
