// The kernel as a Wasm module and as a program, built on demand, with one way to call both.
import { spawnSync } from "node:child_process";
import { readFile } from "node:fs/promises";
import { fromRoot, run } from "../../scripts/lib/shell.mjs";

const TARGET = "wasm32-unknown-unknown";
const PACKAGE = ["-p", "assignment-bench", "--release"];

/** Builds the module, with or without SIMD, and gives a function from request to answer. */
export async function wasm({ simd }) {
  const directory = fromRoot("target", simd ? "assign-simd" : "assign-plain");
  const env = { RUSTFLAGS: simd ? "-Ctarget-feature=+simd128" : "" };
  await run("cargo", ["build", ...PACKAGE, "--lib", "--target", TARGET, "--target-dir", directory], { show: "progress", env });
  const bytes = await readFile(`${directory}/${TARGET}/release/assignment_bench.wasm`);
  const { instance } = await WebAssembly.instantiate(bytes, {});
  const { memory, room, run: solve, answer } = instance.exports;
  const call = (request) => {
    const text = new TextEncoder().encode(JSON.stringify(request));
    const at = room(text.length);
    new Uint8Array(memory.buffer, at, text.length).set(text);
    const length = solve();
    return new TextDecoder().decode(new Uint8Array(memory.buffer, answer(), length));
  };
  return { call, size: bytes.length };
}

/** Builds the program and gives a function from requests to answers. */
export async function native() {
  await run("cargo", ["build", ...PACKAGE, "--bin", "assignment-bench"], { show: "progress" });
  return (requests) => {
    const input = requests.map((request) => `${JSON.stringify(request)}\n`).join("");
    const { status, stdout, stderr } = spawnSync(fromRoot("target", "release", "assignment-bench"), { input, encoding: "utf8", maxBuffer: 2 ** 28 });
    if (status !== 0) throw new Error(stderr);
    return stdout.trimEnd().split("\n");
  };
}
