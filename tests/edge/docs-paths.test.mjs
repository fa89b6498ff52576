// The documents in Markdown against the project: what they name exists, and their tables say what the code says.
import assert from "node:assert/strict";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { basename, dirname, join, normalize } from "node:path";
import { describe, test } from "node:test";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../..", import.meta.url));
/** Made by building or running, not part of the project. */
const MADE = new Set([".git", ".wrangler", "build", "node_modules", "target", "fuzz/target"]);
const MAX_LINES = 500;

const files = new Set();
const folders = new Set([""]);
(function walk(folder) {
  for (const entry of readdirSync(join(root, folder), { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (MADE.has(path)) continue;
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
const sources = [...files].filter((path) => /^(crates|examples|migrations|scripts|src|tests|wrangler\.toml|Cargo\.toml)/.test(path) && SOURCE.test(path));
const words = new Set(sources.filter((path) => path !== "tests/edge/docs-paths.test.mjs").flatMap((path) => read(path).match(/\w+/g) ?? []));
const namesIn = (text) => [...prose(text).matchAll(/`([A-Za-z0-9]+(?:_[A-Za-z0-9]+)+)`/g)].map(([, name]) => name);

function linksIn(text) {
  const all = [...prose(text).matchAll(/\]\(([^)\s]+)\)/g)].map(([, target]) => target);
  return all.filter((target) => !/^[a-z]+:/.test(target));
}

/** The cells of the rows of all tables whose first column is called `first`. */
function rows(text, first) {
  const cells = (line) => line.split("|").slice(1, -1).map((cell) => cell.trim());
  const found = [];
  let inside = false;
  for (const line of text.split("\n")) {
    if (!line.startsWith("|")) inside = false;
    else if (cells(line)[0] === first) inside = true;
    else if (inside && !/^\|[-| :]+\|$/.test(line)) found.push(cells(line));
  }
  return found;
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

/** OWASP ASVS 5.0.0: the level of each requirement, in order, by section. */
const ASVS = Object.entries({
  1.1: "22", 1.2: "1111122223", 1.3: "112222222223", 1.4: "222", 1.5: "123",
  2.1: "122", 2.2: "112", 2.3: "12223", 2.4: "23",
  3.1: "3", 3.2: "113", 3.3: "12223", 3.4: "11222233", 3.5: "11122333", 3.6: "3", 3.7: "22333",
  4.1: "12233", 4.2: "23333", 4.3: "22", 4.4: "1222",
  5.1: "2", 5.2: "112333", 5.3: "113", 5.4: "222",
  6.1: "122", 6.2: "111111112222", 6.3: "11223333", 6.4: "112233", 6.5: "22222333", 6.6: "2223", 6.7: "33", 6.8: "2222",
  7.1: "222", 7.2: "1111", 7.3: "22", 7.4: "11222", 7.5: "223", 7.6: "22",
  8.1: "1233", 8.2: "1123", 8.3: "133", 8.4: "23",
  9.1: "111", 9.2: "1222",
  10.1: "22", 10.2: "223", 10.3: "22223", 10.4: "1111122222233333", 10.5: "22222", 10.6: "22", 10.7: "222",
  11.1: "2233", 11.2: "22233", 11.3: "11233", 11.4: "1222", 11.5: "23", 11.6: "23", 11.7: "33",
  12.1: "12233", 12.2: "11", 12.3: "22223",
  13.1: "2333", 13.2: "222223", 13.3: "2233", 13.4: "1222233",
  14.1: "22", 14.2: "12223333", 14.3: "122",
  15.1: "12233", 15.2: "12233", 15.3: "1222222", 15.4: "3333",
  16.1: "2", 16.2: "22222", 16.3: "2222", 16.4: "222", 16.5: "2223",
  17.1: "23", 17.2: "22223333", 17.3: "22",
}).flatMap(([section, levels]) => [...levels].map((level, index) => [`${section}.${index + 1}`, level]));

describe("docs/ASVS.md", () => {
  const answers = ["yes", "partly", "no", "operator", "n/a"];
  /** "1.2.3, 1.3.1-4" as single requirements. */
  const single = (cell) =>
    cell.split(", ").flatMap((item) => {
      const [, section, from, to = from] = item.match(/^(\d+\.\d+)\.(\d+)(?:-(\d+))?$/) ?? assert.fail(`not a requirement: ${item}`);
      return Array.from({ length: to - from + 1 }, (_, index) => `${section}.${Number(from) + index}`);
    });
  const levels = new Map(ASVS);
  const table = rows(read("docs/ASVS.md"), "Id");

  test("the list of requirements is the standard's: 70, 183 and 92 of its levels", () => {
    const count = (wanted) => ASVS.filter(([, level]) => level === wanted).length;
    assert.deepEqual(["1", "2", "3"].map(count), [70, 183, 92]);
  });

  test("answers each requirement of levels 1 and 2 once", () => {
    const answered = table.flatMap(([ids]) => single(ids)).filter((id) => levels.get(id) !== "3");
    assert.deepEqual(answered.sort(), ASVS.filter(([, level]) => level !== "3").map(([id]) => id).sort());
  });

  test("gives each its level, an answer and a reason", () => {
    for (const [ids, level, , answer, where] of table) {
      const found = new Set(single(ids).map((id) => levels.get(id)).filter((each) => each !== "3"));
      assert.equal(level, [...found].sort().join(", "), ids);
      assert.ok(answers.includes(answer), `${ids}: ${answer}`);
      assert.ok(where.length > 0, ids);
    }
  });

  test("counts right", () => {
    const count = (answer) => table.filter((row) => row[3] === answer).flatMap(([ids]) => single(ids)).filter((id) => levels.get(id) !== "3").length;
    const told = rows(read("docs/ASVS.md"), "Answer").map(([answer, , number]) => [answer, Number(number)]);
    assert.deepEqual(told, answers.map((answer) => [answer, count(answer)]));
  });
});

describe("docs/SECURITY_GUIDE.md", () => {
  const guide = read("docs/SECURITY_GUIDE.md");
  const plain = (cells) => cells.map((cell) => cell.replaceAll("`", ""));

  test("shows the permissions of crates/auth/src/permissions.rs", () => {
    const source = read("crates/auth/src/permissions.rs").match(/^permissions! \{([\s\S]*?)^\}/m)[1];
    const words = new Map([...read("crates/auth/src/model.rs").matchAll(/^ +(\w+) = "(\w+:\w+)"/gm)].map(([, name, word]) => [name, word]));
    const expected = [...source.matchAll(/^ {4}(\w+) +(\w+) +(\w+) +(true|false) +(true|false);$/gm)].map(([, name, scope, role, ...may]) => [
      name, words.get(scope), role.toLowerCase(), ...may.map((it) => (it === "true" ? "yes" : "no")),
    ]);
    assert.ok(expected.length > 0);
    assert.deepEqual(rows(guide, "Permission").map((row) => plain(row).slice(0, 5)), expected);
  });

  test("shows the limits of crates/limits/src/policies.rs", () => {
    const source = read("crates/limits/src/policies.rs").match(/^policies! \{([\s\S]*?)^\}/m)[1];
    const expected = [...source.matchAll(/^ {4}\w+ +"([\w-]+)" +"(\w+)" +(\d+) *\/ *(\d+);$/gm)].map(([, name, variable, quota, window]) => [
      name, `${quota}/${window}`, variable,
    ]);
    assert.ok(expected.length > 0);
    assert.deepEqual(rows(read("docs/LIMITS.md"), "Limit").map((row) => plain(row).slice(0, 3)), expected);
  });

});
