// Bundles a built Worker as a deployment would: build/bundle/<name> holds the modules that `wrangler deploy` would upload.
import { cp, mkdir, readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { fromRoot, run, step, whenMain } from "./lib/shell.mjs";
import { wrangler, wranglerEnv } from "./lib/wrangler.mjs";

const EDGE = ["src", "edge"];

/** A build with `fault-injection`, laid out like the repository so that the entry module finds its Wasm. */
export const FAULTY = fromRoot("build", "faulty", "build", "worker");

/** Bundles the Worker as built, or the one with `fault-injection`. */
export async function bundle(name = "worker") {
  const out = fromRoot("build", "bundle", name);
  await rm(out, { recursive: true, force: true });
  const entry = name === "faulty" ? [await faultyEntry()] : [];
  await run(process.execPath, [wrangler, "deploy", ...entry, "--env=", "--dry-run", "--outdir", out], { env: wranglerEnv });
}

async function faultyEntry() {
  const to = fromRoot("build", "faulty", ...EDGE);
  await mkdir(to, { recursive: true });
  for (const file of await readdir(fromRoot(...EDGE))) {
    if (/\.m?js$/.test(file)) await cp(fromRoot(...EDGE, file), join(to, file));
  }
  return join(to, "entry.mjs");
}

await whenMain(import.meta.url, ([name]) => step("bundle", () => bundle(name)));
