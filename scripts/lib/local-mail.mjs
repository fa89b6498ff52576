// Mails of a local Worker: wrangler writes their parts to temporary files and logs where; here each becomes a text file and an HTML
// file to keep, with its link on the terminal. All other output is printed as it came.
import { copyFile, mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { stripVTControlCharacters } from "node:util";

const BEGINNING = "send_email binding called with MessageBuilder:";
const PART = /^(Text|HTML): (.+)$/;

/** Reads what wrangler prints, line by line. `print` takes lines, `shown` is how the directory is called there. */
export class LocalMail {
  #directory;
  #shown;
  #print;
  #rest = "";
  #mail;
  #count = 0;
  #work = Promise.resolve();

  constructor({ directory, shown, print }) {
    this.#directory = directory;
    this.#shown = shown;
    this.#print = print;
  }

  feed(text) {
    const lines = (this.#rest + text).split("\n");
    this.#rest = lines.pop();
    for (const line of lines) this.#line(line);
  }

  /** Is over when everything that was fed has been written. */
  end() {
    if (this.#rest !== "") this.#line(this.#rest);
    this.#rest = "";
    return this.#work;
  }

  #line(raw) {
    const line = stripVTControlCharacters(raw).trim();
    if (line.endsWith(BEGINNING)) this.#mail = { headers: [], parts: {} };
    else if (this.#mail === undefined) this.#print(raw);
    else this.#of(line);
  }

  /** A line of what wrangler says of a mail; the last one names the HTML. */
  #of(line) {
    const mail = this.#mail;
    const part = PART.exec(line);
    if (part) mail.parts[part[1]] = part[2];
    else if (line !== "") mail.headers.push(line);
    if (part?.[1] !== "HTML") return;
    this.#mail = undefined;
    this.#count += 1;
    const name = `${new Date().toISOString().replaceAll(/[:.]/g, "-")}-${this.#count}`;
    this.#work = this.#work.then(() => this.#keep(name, mail)).catch((error) => this.#print(`  A mail could not be kept: ${error.message}`));
  }

  async #keep(name, { headers, parts }) {
    // Links in mails are as good as passwords.
    await mkdir(this.#directory, { recursive: true, mode: 0o700 });
    const text = await readFile(parts.Text, "utf8");
    const file = join(this.#directory, name);
    await writeFile(`${file}.txt`, `${headers.join("\n")}\n\n${text}`, { mode: 0o600 });
    await copyFile(parts.HTML, `${file}.html`);
    const about = headers.filter((header) => /^(To|Subject): /.test(header)).join(", ");
    this.#print(`\n  ✉ ${about}`);
    for (const [link] of text.matchAll(/https?:\/\/\S+/g)) this.#print(`    ${link}`);
    this.#print(`    ${this.#shown}/${name}.txt and .html\n`);
  }
}
