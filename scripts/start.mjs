// `npm start`: from a clone to a Worker that answers on this machine. Says when it is ready and where, asks nothing, and leaves no
// process behind.
import { randomBytes } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import { layOutAssets } from "./assets.mjs";
import { build } from "./build.mjs";
import { Failure, fromRoot, run, say, step, stopChildren, whenMain } from "./lib/shell.mjs";
import { wranglerDev } from "./lib/wrangler-dev.mjs";
import { wrangler, wranglerEnv } from "./lib/wrangler.mjs";
import { ensureToolchains } from "./toolchain.mjs";
import { ensurePackages, ensureWasmBindgen } from "./tools.mjs";

const READY_WITHIN_MS = 60_000;

async function start(args) {
  const { port } = options(args);
  await checkPortIsFree(port);
  await prepare();
  const directory = fromRoot(".wrangler", "mail");
  const server = wranglerDev(["--env=", "--port", String(port), "--var", `ISSUER:http://localhost:${port}`], { directory, shown: ".wrangler/mail", print: say });
  onSignal(() => server.stop());
  await Promise.race([ready(port, server), server.ended]);
  await server.ended;
  if (!server.stopping) throw new Failure(`wrangler dev ended by itself (${server.outcome})`);
}

function options(args) {
  const { values } = parseArgs({ args, options: { port: { type: "string", default: "8787" } } });
  const port = Number(values.port);
  if (!Number.isInteger(port) || port < 1 || port > 65_535) throw new Failure(`--port ${values.port} is not a port`);
  return { port };
}

/** wrangler would quietly move on to another port; a clear word now is better than a wrong URL later. */
async function checkPortIsFree(port) {
  for (const host of ["127.0.0.1", "::1"]) {
    const code = await new Promise((resolve) => {
      const probe = createServer();
      probe.once("error", (error) => resolve(error.code));
      probe.listen({ port, host }, () => probe.close(() => resolve("free")));
    });
    if (code === "EADDRINUSE") throw new Failure(`Port ${port} is taken. Stop what uses it, or choose another: npm start -- --port ${port + 1}`);
    if (code === "EACCES") throw new Failure(`Port ${port} needs more rights than this user has. Choose another: npm start -- --port 8787`);
  }
}

async function prepare() {
  onSignal(() => {
    stopChildren();
    process.exit(0);
  });
  let toolchains;
  await step("Rust toolchains", async () => {
    toolchains = await ensureToolchains();
  });
  await step("npm packages", ensurePackages);
  await step("build tools", async () => {
    await ensureWasmBindgen(toolchains);
  });
  await step(".dev.vars", ensureSecrets);
  await build();
  await step("assets", layOutAssets);
  await step("D1 migrations", () =>
    run(process.execPath, [wrangler, "d1", "migrations", "apply", "DB", "--local"], { env: wranglerEnv }).then(() => undefined),
  );
}

/** Makes secrets for this clone alone. An existing file is never touched: it may hold what data is sealed with. */
async function ensureSecrets() {
  const secret = () => randomBytes(32).toString("base64");
  const text = [
    "# Made by `npm start` for this clone alone. Never commit it; delete it and .wrangler to begin afresh.",
    "ENVIRONMENT=development",
    `MASTER_KEY=${secret()}`,
    `PASSWORD_PEPPER=${secret()}`,
    "# Trying things out takes more accounts than the 5 an hour of production.",
    "LIMIT_REGISTRATION=1000/3600",
  ].join("\n");
  try {
    await writeFile(fromRoot(".dev.vars"), `${text}\n`, { mode: 0o600, flag: "wx" });
    return "made";
  } catch (error) {
    if (error.code !== "EEXIST") throw error;
    return "kept";
  }
}

async function ready(port, server) {
  const url = `http://localhost:${port}`;
  const deadline = performance.now() + READY_WITHIN_MS;
  let last = "no answer";
  while (performance.now() < deadline && !server.outcome) {
    const answer = await fetch(`${url}/health/ready`).catch((error) => ({ failure: error.cause?.code ?? error.message }));
    if (answer.status === 200) {
      say(`\n  WvW Builder is ready at ${url} (API reference: ${url}/docs). Ctrl-C ends it.\n  Mails are not sent: each is written to .wrangler/mail, its link is shown here.\n`);
      return;
    }
    last = answer.failure ?? `${answer.status} ${await answer.text()}`;
    await sleep(100);
  }
  if (server.outcome || server.stopping) return;
  await server.stop();
  throw new Failure(`The Worker was not ready within ${READY_WITHIN_MS / 1000} s. /health/ready said: ${last}`);
}

let handler = () => {};
const onSignal = (next) => (handler = next);

await whenMain(import.meta.url, async (args) => {
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => handler());
  await start(args);
});
