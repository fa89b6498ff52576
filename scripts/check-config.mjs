// `npm run check-config -- --env production`: says what the Worker would refuse, before it is deployed, by the check that it runs at
// its start (src/config.rs, src/triggers.rs). Values are never shown.
import { readFile } from "node:fs/promises";
import { parseArgs } from "node:util";
import { Failure, fromRoot, run, say, whenMain } from "./lib/shell.mjs";
import { ensureToolchains, using } from "./toolchain.mjs";
import { ensurePackages } from "./tools.mjs";

// What `wrangler secret put` keeps out of our sight; taken from the environment when it is there.
const SECRETS = ["MASTER_KEY", "MASTER_KEY_PREVIOUS", "PASSWORD_PEPPER", "SMTP_PASSWORD"];

async function checkConfig(args) {
  const { values } = parseArgs({ args, options: { env: { type: "string" } } });
  const { native } = await ensureToolchains();
  await ensurePackages();
  const section = await configuration(values.env);
  const settings = { ...bindings(section), ...variables(section), ...(await secrets(values.env)) };
  const { code, stdout } = await run("cargo", ["run", "--locked", "--example", "check-config"], {
    show: "progress",
    env: using(native),
    input: JSON.stringify({ settings, environment: { queues: section.queues, triggers: section.triggers } }),
    allowFailure: true,
  });
  if (stdout.trim()) say(stdout.trimEnd());
  const unnamed = bindingsWithoutId(section);
  for (const binding of unnamed) say(`${binding} has no id: fill in what wrangler printed when it was created`);
  const name = values.env ?? "development";
  if (code !== 0 || unnamed.length > 0) throw new Failure(`The configuration of ${name} is not complete (wrangler.toml, and the secrets in the environment or ${secretsFile(values.env)})`);
  say(`✓ The configuration of ${name} is complete`);
}

async function configuration(env) {
  const { parse } = await import("smol-toml");
  const config = parse(await readFile(fromRoot("wrangler.toml"), "utf8"));
  const section = env === undefined ? config : config.env?.[env];
  if (section === undefined) throw new Failure(`wrangler.toml has no [env.${env}]`);
  return section;
}

const bindingsWithoutId = ({ d1_databases: databases = [], kv_namespaces: namespaces = [] }) =>
  [...databases, ...namespaces].filter((each) => !(each.database_id ?? each.id)).map((each) => each.binding);

/** The Worker's check asks only whether a binding is there. */
const bindings = ({ send_email: senders = [] }) => Object.fromEntries(senders.map(({ name }) => [name, "a binding"]));

function variables(section) {
  // The Worker gets every variable as text.
  return Object.fromEntries(Object.entries(section.vars ?? {}).map(([name, value]) => [name, String(value)]));
}

async function secrets(env) {
  const text = await readFile(fromRoot(secretsFile(env)), "utf8").catch(() => "");
  const written = text.matchAll(/^[ \t]*([A-Z][A-Z0-9_]*)[ \t]*=[ \t]*(["']?)(.*?)\2[ \t]*$/gm);
  const found = Object.fromEntries([...written].map(([, name, , value]) => [name, value]));
  for (const name of SECRETS) if (process.env[name]) found[name] = process.env[name];
  return found;
}

const secretsFile = (env) => (env === undefined ? ".dev.vars" : `.dev.vars.${env}`);

await whenMain(import.meta.url, checkConfig);
