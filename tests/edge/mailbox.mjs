// The mails that a Worker sends through the local send_email binding, as Miniflare logs them.
import { readFile } from "node:fs/promises";
import { stripVTControlCharacters } from "node:util";
import { Log, LogLevel } from "miniflare";

const HEADER = /^(From|To|Subject|Text|HTML): (.*)$/gm;

/** A log that prints nothing and keeps what it is told of mails. */
export class Mailbox extends Log {
  #found = [];

  constructor() {
    super(LogLevel.INFO);
  }

  log(message) {
    const text = stripVTControlCharacters(message);
    if (text.includes("send_email binding called")) this.#found.push(Object.fromEntries([...text.matchAll(HEADER)].map(([, name, value]) => [name, value])));
  }

  /** `{to, subject, text, html}` of each. */
  mails() {
    const read = async ({ To: to, Subject: subject, Text: text, HTML: html }) => ({ to, subject, text: await readFile(text, "utf8"), html: await readFile(html, "utf8") });
    return Promise.all(this.#found.map(read));
  }
}
