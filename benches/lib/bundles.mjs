// Makes the two bundles that are compared: ours as a deployment would upload it, and the Hono peer's.
// Promises: ours is exactly what wrangler would upload; the peer has passed the type checker and is minified.
// Leaves to others: compiling our Wasm (scripts/build.mjs), running the bundles (runtime.mjs).
import { mkdir, readFile, readdir } from "node:fs/promises";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { build as esbuild } from "esbuild";
import { bundle } from "../../scripts/bundle.mjs";
import { fromRoot, run } from "../../scripts/lib/shell.mjs";

/** Our Worker: gives its directory and the size of its Wasm. */
export async function ours() {
  await bundle("worker");
  const directory = fromRoot("build", "bundle", "worker");
  const name = (await readdir(directory)).find((each) => each.endsWith(".wasm"));
  const wasm = await readFile(join(directory, name));
  return { directory, wasmBytes: wasm.length, wasmGzipped: gzipSync(wasm, { level: 9 }).length };
}

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
    conditions: ["workerd", "worker", "browser"],
    define: { VERSION: JSON.stringify(version), REFERENCE_VERSION: JSON.stringify(fnv1a(reference)) },
    logLevel: "warning",
  });
  const script = await readFile(outfile);
  return { directory, bytes: script.length, gzipped: gzipSync(script, { level: 9 }).length };
}

/** As build.rs names the reference tables. */
function fnv1a(bytes) {
  let hash = 0x811c9dc5;
  for (const byte of bytes) hash = Math.imul(hash ^ byte, 0x01000193) >>> 0;
  return hash.toString(16).padStart(8, "0");
}
