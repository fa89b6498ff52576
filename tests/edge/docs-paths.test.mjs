// The documents in Markdown against the project they speak of: paths, names, links.
// Promises that what a document names is there.
// Leaves whether the words are true to the tests that the documents name.
import assert from "node:assert/strict";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { basename, dirname, join, normalize } from "node:path";
import { describe, test } from "node:test";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../..", import.meta.url));
/** Made by building or running, not part of the project. */
const MADE = new Set([".git", ".wrangler", "build", "node_modules", "target"]);
const MAX_LINES = 500;

const files = new Set();
const folders = new Set([""]);
(function walk(folder) {
  for (const entry of readdirSync(join(root, folder), { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (MADE.has(entry.name)) continue;
    if (!entry.isDirectory()) {
      files.add(path);
      continue;
    }
    folders.add(path);
    walk(path);
  }
})("");

const names = new Set([...files].map((path) => basename(path)));
const documents = [...files].filter((path) => path.endsWith(".md")).sort();
const read = (path) => readFileSync(join(root, path), "utf8");
const isThere = (path) => [files, folders].some((all) => all.has(normalize(path).replace(/\/$/, "").replace(/^\.$/, "")));
/** Outside of fenced blocks, whose paths may be a reader's own. */
const prose = (text) => text.replace(/^( {0,3})```[\s\S]*?^\1```/gm, "");

/** What GitHub makes of a heading to link to. */
const anchors = (text) =>
  new Set([...prose(text).matchAll(/^#+ (.+)$/gm)].map(([, title]) => title.toLowerCase().replace(/[^\p{L}\p{N} _-]/gu, "").replaceAll(" ", "-")));

const SOURCE = /\.(rs|mjs|ts|sql|toml|md|html|css|js|txt|dict)$/;
/** Names that are a file's, but not of a file of this project: made when it is built, or someone else's. */
const FOREIGN = /^(build|fuzz\/artifacts|node_modules|target)(\/|$)/;

/** The words in backquotes that name a file or a folder of this project. */
function pathsIn(text) {
  const spans = [...prose(text).matchAll(/`([^`\n]+)`/g)].map(([, span]) => span);
  const candidates = spans.filter((span) => /^[\w.@-]+(\/[\w.@-]+)*\/?$/.test(span) && !FOREIGN.test(span));
  return candidates.filter((span) => SOURCE.test(span) || (span.includes("/") && (folders.has(span.split("/")[0]) || span.endsWith("/"))));
}

/** From the top, from `src` or `tests`, or beside the document; a bare name may be that of any file. */
function isKnown(path, document) {
  const bare = !path.includes("/") && names.has(path);
  return bare || ["", "src", "tests", dirname(document)].some((base) => isThere(join(base, path)));
}

/** Where the names of tests, codes and settings come from. */
const sources = [...files].filter((path) => /^(examples|migrations|scripts|src|tests|wrangler\.toml|Cargo\.toml)/.test(path) && SOURCE.test(path));
const words = new Set(sources.filter((path) => path !== "tests/edge/docs-paths.test.mjs").flatMap((path) => read(path).match(/\w+/g) ?? []));
const namesIn = (text) => [...prose(text).matchAll(/`([A-Za-z0-9]+(?:_[A-Za-z0-9]+)+)`/g)].map(([, name]) => name);

function linksIn(text) {
  const all = [...prose(text).matchAll(/\]\(([^)\s]+)\)/g)].map(([, target]) => target);
  return all.filter((target) => !/^[a-z]+:/.test(target));
}

describe("each document", () => {
  for (const document of documents) {
    const text = read(document);
    test(`${document} names only paths that exist`, () => {
      assert.deepEqual(pathsIn(text).filter((path) => !isKnown(path, document)), []);
    });
    test(`${document} names only tests, codes and settings that exist`, () => {
      assert.deepEqual(namesIn(text).filter((name) => !words.has(name)), []);
    });
    test(`${document} links only to what is there`, () => {
      const dead = linksIn(text).filter((target) => {
        const [path, anchor] = target.split("#");
        const to = path === "" ? document : normalize(join(dirname(document), decodeURIComponent(path)));
        if (!isThere(to)) return true;
        return anchor !== undefined && statSync(join(root, to)).isFile() && !anchors(read(to)).has(anchor);
      });
      assert.deepEqual(dead, []);
    });
    test(`${document} has at most ${MAX_LINES} lines`, () => assert.ok(text.split("\n").length <= MAX_LINES + 1));
  }

  test("a path that is not there would be noticed", () => {
    const found = pathsIn("`src/nowhere.rs` `tests/api/` `src/app.rs` `nowhere.mjs` `/auth/login` `application/json` `a.b`");
    assert.deepEqual(found.filter((path) => !isKnown(path, "README.md")), ["src/nowhere.rs", "nowhere.mjs"]);
  });
});
