// The Rust toolchains: a release for native work, one pinned nightly for the Wasm. Stops and says what to do when one is missing.
import { readFile } from "node:fs/promises";
import { Failure, fromRoot, run, say, step, whenMain } from "./lib/shell.mjs";

const TARGET = "wasm32-unknown-unknown";

// Unwinding in Wasm needs a std built for it, and only a nightly builds std. That is what keeps one request's
// panic from ending every other request of the isolate.
const NIGHTLY = { name: "nightly-2026-05-20", commit: "e50aa6fba4e63ab34c72bf9acfd2c307c1155d1a", date: "2026-05-19" };

/** Gives the names of both toolchains, after installing what is missing. */
export async function ensureToolchains() {
  const installed = await list();
  const release = await nativeChannel();
  await complete(release, installed, ["rustfmt", "clippy"]);
  const nightly = await findNightly(installed);
  await complete(nightly, installed, ["rust-src"]);
  return { native: release, wasm: nightly };
}

/** The environment that makes cargo use a toolchain, whatever the caller's shell has set. */
export const using = (toolchain) => ({ RUSTUP_TOOLCHAIN: toolchain });

async function nativeChannel() {
  const text = await readFile(fromRoot("rust-toolchain.toml"), "utf8");
  const channel = /^channel\s*=\s*"([^"]+)"/m.exec(text)?.[1];
  if (!channel) throw new Failure("rust-toolchain.toml names no channel");
  return channel;
}

async function list() {
  const { stdout } = await rustup(["toolchain", "list"]);
  // "1.95.0-x86_64-unknown-linux-gnu (active, default)"
  return stdout.split("\n").map((line) => line.split(" ")[0]).filter((name) => name && name !== "no");
}

async function findNightly(installed) {
  const nightlies = [];
  for (const name of installed.filter((each) => each.startsWith("nightly"))) {
    const version = await rustcVersion(name);
    if (version?.commit === NIGHTLY.commit) return name;
    if (version && version.date >= NIGHTLY.date) nightlies.push({ name, ...version });
  }
  say(`  installing ${NIGHTLY.name}`);
  const args = ["toolchain", "install", NIGHTLY.name, "--profile", "minimal", "-c", "rust-src", "-t", TARGET];
  const { code, stderr } = await rustup([...args, "--no-self-update"], { allowFailure: true });
  if (code === 0) return NIGHTLY.name;
  // The oldest of the newer ones is the least unlike the pinned one.
  const [nearest] = nightlies.sort((a, b) => a.date.localeCompare(b.date));
  if (nearest) {
    say(`! ${NIGHTLY.name} could not be installed; building with ${nearest.name} of ${nearest.date} instead`);
    return nearest.name;
  }
  throw new Failure(
    `${NIGHTLY.name} is not installed and rustup could not install it:\n${stderr.trim()}\n` +
      `Install it, or any newer nightly: rustup ${args.join(" ")}`,
  );
}

async function rustcVersion(toolchain) {
  const { code, stdout } = await rustup(["run", toolchain, "rustc", "-vV"], { allowFailure: true });
  if (code !== 0) return undefined;
  const field = (name) => new RegExp(`^${name}: (.+)$`, "m").exec(stdout)?.[1] ?? "";
  return { commit: field("commit-hash"), date: field("commit-date") };
}

/** Installs a toolchain, its components and the wasm target, as far as they are missing. */
async function complete(toolchain, installed, components) {
  if (!installed.some((name) => name === toolchain || name.startsWith(`${toolchain}-`))) {
    say(`  installing Rust ${toolchain}`);
    const wanted = components.flatMap((name) => ["-c", name]);
    await rustup(["toolchain", "install", toolchain, "--profile", "minimal", ...wanted, "-t", TARGET, "--no-self-update"]);
    return;
  }
  const { stdout } = await rustup(["component", "list", "--installed", "--toolchain", toolchain]);
  const has = (name) => stdout.split("\n").some((line) => line === name || line.startsWith(`${name}-`));
  const missing = components.filter((name) => !has(name));
  if (missing.length > 0) await rustup(["component", "add", "--toolchain", toolchain, ...missing]);
  if (!has(`rust-std-${TARGET}`)) await rustup(["target", "add", "--toolchain", toolchain, TARGET]);
}

async function rustup(args, options) {
  try {
    return await run("rustup", args, options);
  } catch (error) {
    if (!/could not be started/.test(error.message)) throw error;
    throw new Failure("rustup is not installed or not on the PATH. Install it from https://rustup.rs and try again.");
  }
}

await whenMain(import.meta.url, () =>
  step("Rust toolchains", async () => {
    const { native, wasm } = await ensureToolchains();
    return `native ${native}, Wasm ${wasm}`;
  }),
);
