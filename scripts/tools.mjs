// The build tools: npm packages of the lock file, and the wasm-bindgen command of the version in Cargo.lock. Kept between runs and
// shared by clones, made again only when a version changes.
import { mkdir, rename, rm, stat, readFile } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { ensureToolchains, using } from "./toolchain.mjs";
import { Failure, fromRoot, run, say, step, whenMain } from "./lib/shell.mjs";

/** Runs `npm ci` when the lock file changed since the last installation. */
export async function ensurePackages() {
  const [wanted, present] = await Promise.all([
    modified(fromRoot("package-lock.json")),
    modified(fromRoot("node_modules", ".package-lock.json")),
  ]);
  if (wanted === undefined) throw new Failure("package-lock.json is missing");
  if (present !== undefined && present >= wanted) return "unchanged";
  // No package needs its install script; not running any keeps strangers' code out of the set-up.
  await run("npm", ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"], { show: "all" });
  return "npm ci";
}

/** Gives the path of the wasm-bindgen command that fits the crate, building it when it is not there yet. */
export async function ensureWasmBindgen(toolchains) {
  const version = await lockedVersion("wasm-bindgen");
  const home = join(cacheDirectory(), "tools", `wasm-bindgen-${version}`);
  const binary = join(home, "bin", process.platform === "win32" ? "wasm-bindgen.exe" : "wasm-bindgen");
  if ((await modified(binary)) !== undefined) return binary;

  say(`  building wasm-bindgen ${version}, once (about two minutes on two cores)`);
  // Built beside its final place and then moved, so that an interrupted or a parallel run leaves nothing half done.
  const staging = `${home}.${process.pid}`;
  await mkdir(staging, { recursive: true });
  try {
    await run("cargo", ["install", "wasm-bindgen-cli", "--version", version, "--root", staging, "--bin", "wasm-bindgen"], {
      show: "progress",
      env: { ...using(toolchains.native), CARGO_TARGET_DIR: join(staging, "target") },
    });
    await rm(join(staging, "target"), { recursive: true, force: true });
    await rm(home, { recursive: true, force: true });
    await rename(staging, home);
  } finally {
    await rm(staging, { recursive: true, force: true });
  }
  return binary;
}

/** Where things are kept that every clone of this user can share. */
export const cacheDirectory = () => join(process.env.XDG_CACHE_HOME || join(homedir(), ".cache"), "wvw-builder");

/** The version that Cargo.lock holds of a crate. */
async function lockedVersion(crate) {
  const lock = await readFile(fromRoot("Cargo.lock"), "utf8");
  const version = new RegExp(`name = "${crate}"\nversion = "([^"]+)"`).exec(lock.replaceAll("\r\n", "\n"))?.[1];
  if (!version) throw new Failure(`Cargo.lock holds no ${crate}`);
  return version;
}

async function modified(path) {
  try {
    return (await stat(path)).mtimeMs;
  } catch {
    return undefined;
  }
}

await whenMain(import.meta.url, async () => {
  await step("npm packages", ensurePackages);
  await step("wasm-bindgen", async () => {
    await ensureWasmBindgen(await ensureToolchains());
  });
});
