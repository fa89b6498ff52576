// Compiles the crate to the Wasm module and glue that wrangler bundles: build/worker holds a whole, optimised build below the size
// limit, or the script fails and keeps the last one.
import { createHash } from "node:crypto";
import { mkdir, readFile, readdir, rename, rm, stat, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { gzipSync } from "node:zlib";
import { layOutAssets } from "./assets.mjs";
import { Failure, fromRoot, root, run, say, step, whenMain } from "./lib/shell.mjs";
import { ensureToolchains, using } from "./toolchain.mjs";
import { ensurePackages, ensureWasmBindgen } from "./tools.mjs";

/** What was asked of the service before it had webhooks, teams and squads, and where it stands with them (docs/ARCHITECTURE.md, Figures). */
const GOAL_KB = 450;
const LIMIT_KB = 1_100;
const TARGET = "wasm32-unknown-unknown";
const RECORD = ".inputs.json";

// Named one by one rather than "all", so that a newer wasm-opt never emits an encoding workerd cannot read.
const WASM_FEATURES = [
  "mutable-globals",
  "sign-ext",
  "nontrapping-float-to-int",
  "bulk-memory",
  "multivalue",
  "reference-types",
  "exception-handling",
  "simd",
];

/** Builds the Worker into `out`, unless nothing that it is made of has changed. `features` are cargo features. */
export async function build({ out = fromRoot("build", "worker"), features = [] } = {}) {
  const toolchains = await ensureToolchains();
  const bindgen = await ensureWasmBindgen(toolchains);
  const commit = process.env.WVW_GIT_COMMIT ?? "";
  const recipe = { toolchain: toolchains.wasm, bindgen, features, commit };
  const last = await lastBuild(out);
  if (last !== undefined && (await digest(recipe, last.files)) === last.digest) {
    say("✓ Wasm (unchanged)");
    await weigh(out);
  } else {
    await assemble(out, recipe);
  }
}

/** All three steps, into a directory of their own that takes the old one's place at the end. */
async function assemble(out, recipe) {
  const staging = `${out}.${process.pid}`;
  await rm(staging, { recursive: true, force: true });
  await mkdir(staging, { recursive: true });
  try {
    const artifacts = join(staging, "artifacts");
    const started = Date.now();
    const label = `cargo build${recipe.features.length ? ` --features ${recipe.features}` : ""}`;
    await step(label, () => compile(recipe, artifacts));
    const files = await inputs();
    // A file saved while cargo ran may or may not be in this build: leave no digest, so that the next run builds again.
    const made = { files, digest: (await changedSince(started, files)) ? "" : await digest(recipe, files) };
    await step("wasm-bindgen", () => bind(join(artifacts, "wvw_builder.wasm"), recipe.bindgen, staging));
    await rm(artifacts, { recursive: true });
    await step("wasm-opt", () => optimise(join(staging, "index_bg.wasm")));
    await weigh(staging);
    await writeFile(join(staging, RECORD), JSON.stringify(made));
    await rm(out, { recursive: true, force: true });
    await rename(staging, out);
  } finally {
    await rm(staging, { recursive: true, force: true });
  }
}

async function compile({ toolchain, features }, artifacts) {
  const args = ["build", "--lib", "--release", "--locked", "--target", TARGET, "--target-dir", targetDirectory()];
  args.push("-Z", "build-std=std,panic_unwind");
  args.push("-Z", "build-std-features=panic-unwind,optimize_for_size");
  // Panic messages name files of the sources, not of this machine.
  args.push("-Z", "trim-paths", "--config", 'profile.release.trim-paths="all"');
  // Every feature set's Wasm has the same name, and cargo's own copy may be the next build's before we read it.
  args.push("-Z", "unstable-options", "--artifact-dir", artifacts);
  if (features.length > 0) args.push("--features", features.join(","));
  await run("cargo", args, {
    show: "progress",
    env: {
      ...using(toolchain),
      RUSTFLAGS: "-Cpanic=unwind -Zfmt-debug=shallow",
      // The `worker` crate's futures are js_sys's own; the macros must use the same queue.
      WASM_BINDGEN_USE_JS_SYS: "1",
    },
  });
}

// Apart from the native builds: two toolchains in one directory would wait for each other's lock.
const targetDirectory = () => join(process.env.CARGO_TARGET_DIR ?? fromRoot("target"), "edge");

async function bind(compiled, bindgen, staging) {
  await run(bindgen, [
    compiled,
    ...["--target", "module", "--no-typescript", "--out-name", "index", "--out-dir", staging],
    // After an abort (an overflown stack, say) the module can be started afresh instead of staying broken.
    ...["--experimental-reset-state-function", "--force-enable-abort-handler"],
  ]);
  const glue = join(staging, "index.js");
  const source = await readFile(glue, "utf8");
  // workerd gives a WebAssembly.Module to a plain import; it has no source phase imports yet.
  const plain = source.replace("import source ", "import ");
  if (plain === source) throw new Failure("wasm-bindgen's glue has no `import source` any more: look at scripts/build.mjs");
  await writeFile(glue, plain);
}

async function optimise(wasm) {
  const features = WASM_FEATURES.map((name) => `--enable-${name}`);
  const optimiser = fromRoot("node_modules", "binaryen", "bin", "wasm-opt");
  await run(process.execPath, [optimiser, wasm, "-o", wasm, "-Oz", ...features]);
}

async function weigh(directory) {
  const bytes = await readFile(join(directory, "index_bg.wasm"));
  const packed = gzipSync(bytes, { level: 9 }).length / 1000;
  const size = `${(bytes.length / 1000).toFixed(0)} kB, ${packed.toFixed(0)} kB gzipped`;
  if (packed > LIMIT_KB) throw new Failure(`The Wasm is ${size}; the limit is ${LIMIT_KB} kB gzipped`);
  say(`  Wasm: ${size} (goal ${GOAL_KB}, limit ${LIMIT_KB})`);
}

async function lastBuild(out) {
  const text = await readFile(join(out, RECORD), "utf8").catch(() => undefined);
  return text === undefined ? undefined : JSON.parse(text);
}

/** Every file the build read: the sources, what they include, and what decides how they are compiled. */
async function inputs() {
  const noted = await readFile(join(targetDirectory(), TARGET, "release", "wvw_builder.d"), "utf8");
  // Make's syntax: "target: file file", with a blank inside a name written as "\ ".
  const included = noted.split(/(?<!\\)\s+/).slice(1).map((name) => name.replaceAll("\\ ", " "));
  const fixed = ["Cargo.toml", "Cargo.lock", "build.rs", "rust-toolchain.toml", "package-lock.json"];
  fixed.push("scripts/build.mjs", "scripts/toolchain.mjs");
  const crates = await readdir(fromRoot("crates"));
  fixed.push(...crates.map((name) => `crates/${name}/Cargo.toml`));
  const all = [...included, ...fixed].filter(Boolean).map((name) => resolve(root, name));
  // What the build script wrote follows from what it read.
  return [...new Set(all.filter((path) => !path.startsWith(resolve(targetDirectory()))))].sort();
}

async function changedSince(time, files) {
  const times = await Promise.all(files.map(async (path) => (await stat(path).catch(() => undefined))?.mtimeMs ?? 0));
  return times.some((each) => each >= time);
}

async function digest(recipe, files) {
  const hash = createHash("sha256").update(JSON.stringify(recipe));
  for (const path of files) hash.update(path).update(await contents(path));
  return hash.digest("hex");
}

/** A file's bytes, or a directory's names and bytes; nothing for what is gone. */
async function contents(path) {
  const bytes = await readFile(path).catch((error) => error.code);
  if (bytes !== "EISDIR") return bytes;
  const names = (await readdir(path)).sort();
  const parts = await Promise.all(names.map(async (name) => [name, await contents(join(path, name))]));
  return Buffer.concat(parts.flat().map((part) => Buffer.from(part)));
}

await whenMain(import.meta.url, async (args) => {
  const { values } = parseArgs({
    args,
    options: { out: { type: "string", default: "build/worker" }, features: { type: "string", default: "" } },
  });
  await ensurePackages();
  await build({
    out: resolve(root, values.out),
    features: values.features.split(",").filter(Boolean),
  });
  await step("assets", layOutAssets);
});
