// The fresh instances against HiGHS and CP-SAT: a table of scores, bounds and times.
// node benches/assign/fresh.mjs PYTHON [--seconds 60] [--only 0,7,12] [--moves 600000] [--solvers highs,cpsat]
// PYTHON has highspy (which prints a line of its own) and ortools. Each assignment is checked by solvers.py, apart from the kernel.
import { spawnSync } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { fromRoot, say, whenMain } from "../../scripts/lib/shell.mjs";
import { COUNT, generate } from "./generate.mjs";
import { wasm } from "./kernel.mjs";
import { quantile } from "./shared.mjs";

await whenMain(import.meta.url, async (args) => {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      seconds: { type: "string", default: "60" },
      only: { type: "string" },
      moves: { type: "string", default: "600000" },
      solvers: { type: "string", default: "highs,cpsat" },
    },
  });
  const numbers = values.only ? values.only.split(",").map(Number) : Array.from({ length: COUNT }, (_, number) => number);
  const solvers = values.solvers.split(",").filter(Boolean);
  const { call } = await wasm({ simd: true });
  const directory = await mkdtemp(join(tmpdir(), "assign-"));
  const parts = [];
  const gaps = [];
  let broken = 0;
  let below = 0;
  say("| instance | players | subgroups | constraints | kernel | bound | gap % | ms | HiGHS | its bound | CP-SAT | its bound | of the better % |");
  say("|---|---|---|---|---|---|---|---|---|---|---|---|---|");
  for (const number of numbers) {
    const instance = generate(number);
    const path = join(directory, `${number}.json`);
    await writeFile(path, JSON.stringify(instance));
    const start = process.cpuUsage();
    const text = call({ instance, seed: 1, moves: Number(values.moves), starts: 2, steps: 200, rounds: 4 });
    const { user } = process.cpuUsage(start);
    const command = [fromRoot("benches", "assign", "solvers.py"), path, values.seconds, ...solvers];
    const { status, stdout, stderr } = spawnSync(positionals[0], command, { input: text, encoding: "utf8" });
    if (status !== 0) throw new Error(stderr);
    const { kernel, highs, cpsat } = JSON.parse(stdout.trimEnd().split("\n").at(-1));
    const best = Math.max(highs?.score ?? 0, cpsat?.score ?? 0);
    if (kernel.wrong || kernel.score !== kernel.said) broken += 1;
    if (kernel.bound < Math.max(best, kernel.score)) below += 1;
    const gap = (100 * (kernel.bound - kernel.score)) / kernel.bound;
    const part = best > 0 ? (100 * kernel.score) / best : NaN;
    gaps.push(gap);
    if (best > 0) parts.push(part);
    const cells = [number, instance.n, instance.G, instance.constraints.length, kernel.wrong ?? kernel.score, kernel.bound, gap.toFixed(2), Math.round(user / 1000)];
    cells.push(highs?.score ?? "", highs ? Math.round(highs.bound) : "", cpsat?.score ?? "", cpsat ? Math.round(cpsat.bound) : "", part.toFixed(2));
    say(`| ${cells.join(" | ")} |`);
  }
  await rm(directory, { recursive: true });
  say(`of the better of both: median ${quantile(parts, 0.5).toFixed(2)} %, worst ${Math.min(...parts).toFixed(2)} %; broken constraints or scores: ${broken}; bounds below a value: ${below}; gap: median ${quantile(gaps, 0.5).toFixed(2)} %, worst ${Math.max(...gaps).toFixed(2)} %`);
});
