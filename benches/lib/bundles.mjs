// Makes the bundles that are compared: ours as wrangler would upload it, an older one of ours, and the Hono peer's, which has passed
// the type checker and is minified.
import { existsSync } from "node:fs";
import { cp, mkdir, readFile, readdir, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { build as esbuild } from "esbuild";
import { bundle } from "../../scripts/bundle.mjs";
import { fromRoot, run, step } from "../../scripts/lib/shell.mjs";

/** Our Worker: gives its directory, whether it has Durable Objects, its migrations and the size of its Wasm. */
export async function ours() {
  await bundle("worker");
  return worker(fromRoot("build", "bundle", "worker"), fromRoot("migrations"), await readFile(fromRoot("wrangler.toml"), "utf8"));
}

async function worker(directory, migrations, config) {
  const name = (await readdir(directory)).find((each) => each.endsWith(".wasm"));
  const wasm = await readFile(join(directory, name));
  const size = { wasmBytes: wasm.length, wasmGzipped: gzipSync(wasm, { level: 9 }).length };
  return { directory, migrations, hasObjects: config.includes("durable_objects"), ...size };
}

/** Our Worker as it was at `commit`, made by that commit's own scripts. A commit never changes, so its bundle is kept. */
export async function before(commit) {
  const sha = (await git("rev-parse", "--verify", `${commit}^{commit}`)).trim();
  const kept = fromRoot("build", "before", sha);
  if (!existsSync(kept)) await step(`bundle of ${sha.slice(0, 7)}`, () => makeBefore(sha, kept));
  return worker(join(kept, "bundle"), join(kept, "migrations"), await readFile(join(kept, "wrangler.toml"), "utf8"));
}

async function makeBefore(sha, kept) {
  const target = fromRoot("target", "before");
  const tree = join(target, "source");
  await rm(tree, { recursive: true, force: true });
  await git("worktree", "prune");
  await git("worktree", "add", "--detach", tree, sha);
  try {
    const options = { cwd: tree, env: { CARGO_TARGET_DIR: target } };
    await run(process.execPath, ["scripts/build.mjs"], options);
    await run(process.execPath, ["scripts/bundle.mjs", "worker"], options);
    const staging = `${kept}.${process.pid}`;
    await mkdir(staging, { recursive: true });
    await cp(join(tree, "build", "bundle", "worker"), join(staging, "bundle"), { recursive: true });
    for (const name of ["migrations", "wrangler.toml"]) await cp(join(tree, name), join(staging, name), { recursive: true });
    await rename(staging, kept);
  } finally {
    await git("worktree", "remove", "--force", tree);
  }
}

const git = async (...args) => (await run("git", args)).stdout;

/** The peer: gives its directory and size. */
export async function peer() {
  // esbuild leaves types alone.
  await run(process.execPath, [fromRoot("node_modules", "typescript", "bin", "tsc"), "-p", fromRoot("benches", "hono")]);
  const directory = fromRoot("build", "bundle", "hono");
  await mkdir(directory, { recursive: true });
  const { version } = JSON.parse(await readFile(fromRoot("package.json"), "utf8"));
  const reference = await readFile(fromRoot("src", "game", "reference.json"));
  const outfile = join(directory, "entry.js");
  await esbuild({
    entryPoints: [fromRoot("benches", "hono", "src", "index.ts")],
    outfile,
    bundle: true,
    minify: true,
    format: "esm",
    target: "es2024",
    external: ["cloudflare:workers"],
    conditions: ["workerd", "worker", "browser"],
    define: { VERSION: JSON.stringify(version), REFERENCE_VERSION: JSON.stringify(fnv1a(reference)) },
    logLevel: "warning",
  });
  const script = await readFile(outfile);
  return { directory, hasObjects: true, bytes: script.length, gzipped: gzipSync(script, { level: 9 }).length };
}

/** As build.rs names the reference tables. */
function fnv1a(bytes) {
  let hash = 0x811c9dc5;
  for (const byte of bytes) hash = Math.imul(hash ^ byte, 0x01000193) >>> 0;
  return hash.toString(16).padStart(8, "0");
}
