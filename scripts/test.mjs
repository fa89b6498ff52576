// `npm test`: everything a change must pass, in the order in which it fails soonest. Stops at the first failing step, names it, and
// exits 1; the last lines are the test runner's own summary.
import { readdir } from "node:fs/promises";
import { build } from "./build.mjs";
import { bundle, FAULTY } from "./bundle.mjs";
import { layOutAssets } from "./assets.mjs";
import { Failure, fromRoot, run, say, seconds, stopChildren, whenMain } from "./lib/shell.mjs";
import { wranglerEnv } from "./lib/wrangler.mjs";
import { ensureToolchains, using } from "./toolchain.mjs";
import { ensurePackages, ensureWasmBindgen } from "./tools.mjs";

let toolchains;

const steps = {
  async prepare() {
    toolchains = await ensureToolchains();
    await ensurePackages();
    await ensureWasmBindgen(toolchains);
  },
  format: () => cargo(["fmt", "--all", "--check"], "nothing"),
  "clippy, native": () => cargo(["clippy", "--locked", "--workspace", "--all-targets", "--", "-D", "warnings"]),
  "clippy, Wasm": () =>
    cargo(["clippy", "--locked", "--workspace", "--lib", "--all-features", "--target", "wasm32-unknown-unknown", "--", "-D", "warnings"]),
  "native tests": async () => summary(await cargo(["test", "--locked", "--workspace", "--", "--show-output"])),
  async "Wasm build"() {
    await build();
    await layOutAssets();
    await bundle("worker");
  },
  async "Wasm build with fault-injection"() {
    await build({ out: FAULTY, features: ["fault-injection"] });
    await bundle("faulty");
  },
};

async function test() {
  for (const [name, work] of Object.entries(steps)) {
    const start = performance.now();
    say(`▶ ${name}`);
    try {
      const note = await work();
      say(`✓ ${name} ${seconds(start)}${typeof note === "string" ? `: ${note}` : ""}`);
    } catch (error) {
      if (error instanceof Failure) throw new Failure(`${name} failed after ${seconds(start)}: ${error.message}`);
      throw error;
    }
  }
  say("▶ edge tests");
  process.exitCode = await edgeTests();
}

const cargo = (args, show = "progress") =>
  run("cargo", args, { show, env: { ...using(toolchains.native), WASM_BINDGEN_USE_JS_SYS: "1" } });

/** What cargo's test binaries reported, in one line; what they skipped, by name. */
function summary({ stdout }) {
  const passed = [...stdout.matchAll(/^test result: ok\. (\d+) passed/gm)].reduce((sum, [, count]) => sum + Number(count), 0);
  // A test that finds nothing to work on passes and says so; one that is ignored is said by cargo.
  const ignored = [...stdout.matchAll(/^test (.+) \.\.\. ignored(?:, (.+))?$/gm)].map(([, name, reason]) => `${name}${reason ? ` (${reason})` : ""}`);
  const idle = [...stdout.matchAll(/^skipped: (.+)$/gm)].map(([, what]) => what);
  const skipped = [...ignored, ...idle];
  for (const what of skipped) say(`  skipped: ${what}`);
  return `${passed - idle.length} passed, ${skipped.length} skipped`;
}

/** Node's own runner, whose summary ends the output; each file has a runtime of its own. */
async function edgeTests() {
  const files = (await readdir(fromRoot("tests", "edge"))).filter((name) => name.endsWith(".test.mjs")).sort();
  const args = ["--test", "--test-reporter=spec", ...files.map((name) => `tests/edge/${name}`)];
  const env = { ...wranglerEnv, WRANGLER_LOG: "warn" };
  return (await run(process.execPath, args, { show: "all", env, allowFailure: true })).code ?? 1;
}

await whenMain(import.meta.url, async () => {
  for (const signal of ["SIGINT", "SIGTERM"]) {
    process.on(signal, () => {
      stopChildren();
      process.exit(1);
    });
  }
  await test();
});
