// Mail on the real runtime: through a mail server with STARTTLS and AUTH, through servers that are not to be trusted, and
// through the local send_email binding. Nobody but a server with the right name and certificate gets password or message.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readFile, readdir, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { after, before, describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { parse } from "smol-toml";
import { LocalMail } from "../../scripts/lib/local-mail.mjs";
import { wranglerDev } from "../../scripts/lib/wrangler-dev.mjs";
import { eventually, freePort } from "./client.mjs";

const root = fileURLToPath(new URL("../../", import.meta.url));
const PYTHON = process.env.SMTP_PYTHON ?? "";
const skip = PYTHON !== "" && existsSync(PYTHON) ? false : "aiosmtpd is not installed (SMTP_PYTHON names a Python that has it and cryptography; .ci/run installs both)";
const PASSWORD = "hunter2 ä";
const MESSAGE = {
  id: "mail_01kb3c9x",
  to: "lee@guild.gg",
  subject: "Grüße aus dem Nebel 🐉",
  text: "Öffne das:\n.\n..\nhttps://builds.guild.gg/x?a=b\n",
  html: '<p>Öffne <a href="https://builds.guild.gg/x?a=b">das</a></p>\n',
};

/** Starts smtp.py: `{ports, ca, said, stop}`. */
async function startServers() {
  const directory = await mkdtemp(join(tmpdir(), "wvw-smtp-"));
  const child = spawn(PYTHON, ["-W", "ignore", fileURLToPath(new URL("smtp.py", import.meta.url)), directory], { stdio: ["pipe", "pipe", "inherit"] });
  const said = [];
  const first = new Promise((resolve, reject) => {
    child.on("exit", (code) => reject(new Error(`smtp.py ended (${code})`)));
    createInterface({ input: child.stdout }).on("line", (line) => {
      said.push(JSON.parse(line));
      if (said.length === 1) resolve(said[0]);
    });
  });
  const stop = async () => {
    child.kill();
    await rm(directory, { recursive: true, force: true });
  };
  try {
    const { ports, ca } = await first;
    said.length = 0;
    return { ports, ca, said, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Has a Worker send a mail: what it says of it, null when all went well. `call` is its fetch. */
async function sendBy(call, message) {
  const answer = await call("/faults/mail", { method: "POST", body: JSON.stringify({ ...MESSAGE, ...message }) });
  assert.equal(answer.status, 200);
  return (await answer.json()).error;
}
const send = ({ fetch: call }, message) => sendBy(call, message);

describe("a mail server", { skip, concurrency: 4 }, () => {
  let servers;
  let startWorker;
  before(async () => {
    servers = await startServers();
    // The runtime reads it once, when it is loaded.
    process.env.NODE_EXTRA_CA_CERTS = servers.ca;
    ({ startWorker } = await import("./harness.mjs"));
  });
  after(async () => {
    delete process.env.NODE_EXTRA_CA_CERTS;
    await Promise.all([...workers.values()].map(async (worker) => (await worker).dispose()));
    await servers?.stop();
  });

  const workers = new Map();

  /** Works with a Worker that sends through one of the servers. */
  async function through(server, work, vars = {}) {
    const key = JSON.stringify([server, vars]);
    if (!workers.has(key)) workers.set(key, start(server, vars));
    await work(await workers.get(key));
  }

  const start = (server, vars) =>
    startWorker({
      bundle: "faulty",
      network: true,
      vars: {
        MAIL_TRANSPORT: "smtp",
        MAIL_FROM: "builds@guild.gg",
        SMTP_HOST: "localhost",
        SMTP_PORT: String(servers.ports[server]),
        SMTP_TLS: server.endsWith("implicit") ? "implicit" : "starttls",
        SMTP_USER: "wren",
        SMTP_PASSWORD: PASSWORD,
        ...vars,
      },
    });

  const arrived = (to) => servers.said.filter(({ recipients }) => recipients?.includes(to));
  const heard = (name) => servers.said.filter(({ server }) => server === name).map(({ heard: line }) => line);

  for (const server of ["starttls", "login", "implicit"]) {
    test(`${server}: a message arrives with both parts`, () =>
      through(server, async (worker) => {
        const to = `${server}@guild.gg`;
        assert.equal(await send(worker, { to }), null);
        const [mail, ...more] = arrived(to);
        assert.deepEqual(more, []);
        assert.equal(mail.over_tls, true);
        const logins = servers.said.filter((each) => each.server === server && each.auth).map(({ auth }) => auth);
        assert.ok(logins.includes(server === "login" ? "LOGIN" : "PLAIN"), logins.join());
        assert.equal(mail.sender, "builds@guild.gg");
        assert.deepEqual(mail.recipients, [to]);
        assert.deepEqual(mail.defects, []);
        assert.deepEqual(mail.parts, { "text/plain": MESSAGE.text, "text/html": MESSAGE.html });
        const { Date: date, ...headers } = mail.headers;
        assert.ok(Math.abs(Date.parse(date) - Date.now()) < 60_000, date);
        assert.equal(headers.From, "WvW Builder <builds@guild.gg>");
        assert.equal(headers.To, to);
        assert.equal(headers.Subject, MESSAGE.subject);
        assert.equal(headers["Message-ID"], "<mail_01kb3c9x@guild.gg>");
        assert.equal(headers["Auto-Submitted"], "auto-generated");
        assert.match(headers["Content-Type"], /^multipart\/alternative/);
        assert.ok(/^[\x00-\x7f]*$/.test(mail.raw), "in ASCII on the way");
      }));
  }

  test("answers of 4xx are for now, those of 5xx for good, and neither tells the address", () =>
    through("starttls", async (worker) => {
      assert.equal(await send(worker, { to: "later421@guild.gg" }), "mail, for now: 421 4.3.2 to RCPT");
      assert.equal(await send(worker, { to: "later451@guild.gg" }), "mail, for now: 451 4.7.1 to RCPT");
      assert.equal(await send(worker, { to: "never550@guild.gg" }), "mail, for good: 550 5.1.1 to RCPT");
      assert.equal(await send(worker, { to: "after@guild.gg" }), null);
    }));

  test("an address beyond ASCII is sent to, where the server takes it", () =>
    through("starttls", async (worker) => {
      assert.equal(await send(worker, { to: "grüße@guild.gg" }), null);
      assert.equal(arrived("grüße@guild.gg").length, 1);
    }));

  test("nothing in a message becomes a command, a header or another message", () =>
    through("starttls", async (worker) => {
      for (const message of [
        { to: "lee@guild.gg\r\nRCPT TO:<eve@evil.gg>" },
        { to: "lee@guild.gg>\r\nDATA\r\nSubject: x\r\n\r\nx\r\n.\r\n" },
        { to: "lee@guild.gg,eve@evil.gg" },
        { subject: "Hello\r\nBcc: eve@evil.gg" },
        { subject: "Hello\n\nbody" },
        { id: "x>\r\nBcc: eve@evil.gg" },
      ]) {
        assert.match(await send(worker, message), /^mail, for good/, JSON.stringify(message));
      }
      const text = "one\r\n.\r\nMAIL FROM:<eve@evil.gg>\n.\nRCPT TO:<eve@evil.gg>\r.\rtwo\n";
      assert.equal(await send(worker, { to: "dots@guild.gg", text }), null);
      const [mail, ...more] = arrived("dots@guild.gg");
      assert.deepEqual(more, []);
      assert.equal(mail.parts["text/plain"], text.replaceAll(/\r\n?/g, "\n"));
      assert.deepEqual(arrived("eve@evil.gg"), []);
    }));

  test("a wrong password: nothing is sent, and the error does not show it", () =>
    through(
      "starttls",
      async (worker) => {
        assert.equal(await send(worker, { to: "wrong@guild.gg" }), "mail, for now: 535 5.7.8 to AUTH");
        assert.deepEqual(arrived("wrong@guild.gg"), []);
        assert.ok(!JSON.stringify(worker.logs).includes("hunter3"));
      },
      { SMTP_PASSWORD: "hunter3" },
    ));

  for (const [server, lines] of Object.entries({ no_starttls: ["EHLO guild.gg\r\n"], refuses: ["EHLO guild.gg\r\n", "STARTTLS\r\n"], injected: ["EHLO guild.gg\r\n", "STARTTLS\r\n"] })) {
    test(`${server}: nothing leaves in the clear`, () =>
      through(server, async (worker) => {
        assert.match(await send(worker), /^mail, for now: /);
        assert.deepEqual(heard(server), lines);
      }));
  }

  for (const server of ["other_name", "stranger", "stranger_implicit"]) {
    test(`${server}: a certificate that is not for this server, or of nobody we trust, ends it before the password`, () =>
      through(server, async (worker) => {
        const to = `${server}@guild.gg`;
        assert.match(await send(worker, { to }), /^mail, for now: /);
        assert.deepEqual(arrived(to), []);
        assert.deepEqual(servers.said.filter((each) => each.server === server && each.auth), []);
      }));
  }

  test("closed: a server without room is for now", () =>
    through("closed", async (worker) => assert.equal(await send(worker), "mail, for now: 421 to the connection")));

  test("a server that is not there is for now", () =>
    through("starttls", async (worker) => assert.match(await send(worker), /^mail, for now: /), { SMTP_PORT: "1" }));

  test("silent: a server that says nothing is left", () =>
    through("silent", async (worker) => assert.equal(await send(worker), "mail, for now: an answer: not within 10 s")));

  test("dribble: a server that never ends a sentence is left", () =>
    through("dribble", async (worker) => assert.match(await send(worker), /^mail, for now: /)));

  test("hold: a server that keeps us waiting at the end is left", () =>
    through("starttls", async (worker) => assert.equal(await send(worker, { to: "hold@guild.gg" }), "mail, for now: an answer: not within 10 s")));
});

describe("the local binding, as `npm start` runs it", () => {
  let directory;
  let server;
  let url;
  const printed = [];
  before(async () => {
    directory = await mkdtemp(join(tmpdir(), "wvw-mail-"));
    const port = await freePort();
    url = `http://127.0.0.1:${port}`;
    const args = ["--config", await configuration(), "--ip", "127.0.0.1", "--port", String(port), "--persist-to", join(directory, ".wrangler", "state")];
    server = wranglerDev(args, { directory: mailDirectory(), shown: ".wrangler/mail", print: (line) => printed.push(line) });
    await eventually(async () => server.outcome || (await fetch(`${url}/health/live`).catch(() => ({}))).ok, 60_000);
    assert.equal(server.outcome, "", printed.join("\n"));
  });
  after(async () => {
    server?.stop();
    await server?.ended;
    await rm(directory, { recursive: true, force: true });
  });

  const mailDirectory = () => join(directory, ".wrangler", "mail");
  const call = (path, init) => fetch(`${url}${path}`, init);
  const mails = async (ending) => (await readdir(mailDirectory()).catch(() => [])).filter((name) => name.endsWith(ending)).sort();
  const read = async (ending) => Promise.all((await mails(ending)).map((name) => readFile(join(mailDirectory(), name), "utf8")));

  /** That of the repository, for the Worker that is bundled already. */
  async function configuration() {
    const { build, send_email, compatibility_date, compatibility_flags, durable_objects, migrations, vars } = parse(await readFile(join(root, "wrangler.toml"), "utf8"));
    assert.ok(build && send_email);
    const secret = () => randomBytes(32).toString("base64");
    const config = {
      name: "mail-test",
      main: join(root, "build", "bundle", "faulty", "entry.js"),
      no_bundle: true,
      send_metrics: false,
      ...{ send_email, compatibility_date, compatibility_flags, durable_objects, migrations },
      vars: { ...vars, MASTER_KEY: secret(), PASSWORD_PEPPER: secret() },
    };
    const file = join(directory, "wrangler.json");
    await writeFile(file, JSON.stringify(config));
    return file;
  }

  test("each message is a text and an HTML file below .wrangler, and its link is printed", async () => {
    for (const to of ["one@guild.gg", "two@guild.gg"]) assert.equal(await sendBy(call, { to }), null);
    assert.ok(await eventually(async () => (await mails(".html")).length === 2, 60_000), printed.join("\n"));
    const texts = await read(".txt");
    assert.equal(texts.length, 2);
    texts.forEach((text, at) => {
      assert.match(text, new RegExp(`^To: ${["one", "two"][at]}@guild\\.gg$`, "m"));
      assert.match(text, new RegExp(`^Subject: ${MESSAGE.subject}$`, "mu"));
      assert.ok(text.endsWith(`\n\n${MESSAGE.text}`), text);
    });
    assert.deepEqual(await read(".html"), [MESSAGE.html, MESSAGE.html]);
    await eventually(() => printed.join("\n").includes(".wrangler/mail/"), 60_000);
    const shown = printed.join("\n");
    assert.match(shown, /To: one@guild\.gg, Subject: Grüße aus dem Nebel/);
    assert.match(shown, /^ {4}https:\/\/builds\.guild\.gg\/x\?a=b$/m);
    assert.ok(!shown.includes("send_email binding called"), shown);
    if (process.platform !== "win32") {
      assert.equal((await stat(mailDirectory())).mode & 0o077, 0, "nobody else's to read");
    }
  });

  test("what breaks the rules is refused before the binding", async () => {
    assert.match(await sendBy(call, { subject: "Hello\r\nBcc: eve@evil.gg" }), /^mail, for good/);
    assert.match(await sendBy(call, { to: "lee@guild.gg, eve@evil.gg" }), /^mail, for good/);
  });
});

test("mail that is off is refused with the reason, and readiness says so", async () => {
  const { startWorker } = await import("./harness.mjs");
  const worker = await startWorker({ bundle: "faulty", vars: { MAIL_TRANSPORT: "off", MAIL_FROM: undefined } });
  try {
    assert.equal(await send(worker), "mail, for good: mail is switched off (MAIL_TRANSPORT)");
    assert.deepEqual(await worker.mails(), []);
    const { status, dependencies } = await (await worker.fetch("/health/ready")).json();
    assert.deepEqual([status, dependencies.find(({ name }) => name === "mail").status], ["ok", "off"]);
  } finally {
    await worker.dispose();
  }
});

test("output that is no mail is printed as it came, in any pieces", async () => {
  const directory = await mkdtemp(join(tmpdir(), "wvw-mail-"));
  try {
    await mkdir(join(directory, "parts"));
    const parts = ["text.txt", "html.html"].map((name) => join(directory, "parts", name));
    for (const part of parts) await writeFile(part, "https://x.gg/1 or https://x.gg/2\n");
    const output = `Starting\n\u001b[34msend_email binding called with MessageBuilder:\u001b[39m\nTo: a@b.gg\nSubject: S\n\nText: ${parts[0]}\nHTML: ${parts[1]}\n\u001b[32mReady\u001b[39m\nlast`;
    for (const size of [1, 7, 1_000]) {
      const printed = [];
      const mail = new LocalMail({ directory: join(directory, `of-${size}`), shown: "here", print: (line) => printed.push(line) });
      for (let at = 0; at < output.length; at += size) mail.feed(output.slice(at, at + size));
      await mail.end();
      assert.deepEqual(printed.slice(0, 3), ["Starting", "\u001b[32mReady\u001b[39m", "last"]);
      assert.deepEqual(printed.slice(3, 6), ["\n  ✉ To: a@b.gg, Subject: S", "    https://x.gg/1", "    https://x.gg/2"]);
      assert.equal((await readdir(join(directory, `of-${size}`))).length, 2);
    }
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
});
