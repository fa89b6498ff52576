// Runs one bundled Worker on the pinned Miniflare in a process of its own, with requests straight to the Worker and no network, and
// tells what CPU that process has used.
import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { extname, join } from "node:path";
import { Miniflare } from "miniflare";
import { unstable_getMiniflareWorkerOptions } from "wrangler";
import { fromRoot } from "../../scripts/lib/shell.mjs";

// Read when wrangler first logs: its word on .dev.vars says nothing about a run that brings its own variables.
process.env.WRANGLER_LOG ??= "warn";

const MODULE_TYPES = { ".js": "ESModule", ".wasm": "CompiledWasm" };
const NS_PER_TICK = 1e9 / Number(execFileSync("getconf", ["CLK_TCK"]).toString());

/**
 * Starts the modules of `directory` (the first is `entry.js`) with the bindings of wrangler.toml over `state`.
 * `vars` are its variables and secrets; without `hasObjects` it has no Durable Object classes. `line` gets each line that the runtime prints: the Worker's log.
 */
export async function start({ directory, state, vars, hasObjects = true, line = () => {} }) {
  const before = new Set(runtimes());
  const { workerOptions } = unstable_getMiniflareWorkerOptions(fromRoot("wrangler.toml"), "");
  const miniflare = new Miniflare({
    host: "127.0.0.1",
    port: 0,
    cf: false,
    d1Persist: join(state, "d1"),
    kvPersist: join(state, "kv"),
    durableObjectsPersist: join(state, "do"),
    handleRuntimeStdio: (stdout, stderr) => {
      readLines(stdout, line);
      readLines(stderr, line);
    },
    workers: [
      {
        ...workerOptions,
        durableObjects: hasObjects ? workerOptions.durableObjects : {},
        modulesRoot: directory,
        modules: await modules(directory),
        bindings: vars,
        unsafeDirectSockets: [{ host: "127.0.0.1", port: 0 }],
      },
    ],
  });
  await miniflare.ready;
  const { hostname, port } = await miniflare.unsafeGetDirectURL();
  const [pid, another] = runtimes().filter((each) => !before.has(each));
  if (pid === undefined || another !== undefined) throw new Error("the runtime's process could not be told from others");
  return { miniflare, pid, hostname, port: Number(port), stop: () => miniflare.dispose() };
}

async function modules(directory) {
  const names = (await readdir(directory)).filter((name) => MODULE_TYPES[extname(name)]);
  names.sort((a, b) => Number(b === "entry.js") - Number(a === "entry.js"));
  return names.map((name) => ({ type: MODULE_TYPES[extname(name)], path: join(directory, name) }));
}

function readLines(stream, line) {
  let rest = "";
  stream.setEncoding("utf8").on("data", (text) => {
    const lines = (rest + text).split("\n");
    rest = lines.pop();
    lines.forEach(line);
  });
}

/** The workerd processes that this process has started. */
function runtimes() {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => {
      const stat = statOf(pid);
      return stat !== undefined && stat.name === "workerd" && Number(stat.fields[1]) === process.pid;
    });
}

/** Ends every runtime of this process at once, without waiting. */
export const stopAll = () => runtimes().forEach((pid) => process.kill(pid, "SIGKILL"));

/** /proc/<pid>/stat (proc(5)): the name, and the fields behind it, of which the first is the state. */
function statOf(pid) {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, "utf8");
    const end = text.lastIndexOf(")");
    return { name: text.slice(text.indexOf("(") + 1, end), fields: text.slice(end + 2).split(" ") };
  } catch {
    // It has ended since the directory was read.
    return undefined;
  }
}

/**
 * Nanoseconds of CPU that a process has used, user and system, all threads: the scheduler's own account of each
 * thread where the kernel gives it, else utime + stime in clock ticks of usually 10 ms.
 */
export function cpuOf(pid) {
  try {
    const threads = readdirSync(`/proc/${pid}/task`);
    return threads.reduce((sum, thread) => sum + Number(readFileSync(`/proc/${pid}/task/${thread}/schedstat`, "utf8").split(" ")[0]), 0);
  } catch {
    const { fields } = statOf(pid);
    return (Number(fields[11]) + Number(fields[12])) * NS_PER_TICK;
  }
}
