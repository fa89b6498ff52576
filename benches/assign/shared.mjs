// The five shared instances: score and CPU of ten seeds each in Wasm, and the gap of the bound and its cost.
// node benches/assign/shared.mjs [DIRECTORY] [--moves 600000] [--starts 2] [--plain]
import { readFile, readdir } from "node:fs/promises";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { fromRoot, say, whenMain } from "../../scripts/lib/shell.mjs";
import { native, wasm } from "./kernel.mjs";

const GOALS = { instance_10_0: 13_920, instance_20_0: 28_180, instance_30_0: 45_360, instance_50_0: 56_260, instance_50_1: 73_325 };
const WORK = { steps: 200, rounds: 4 };

const cpu = () => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1_000;
};

export const quantile = (numbers, part) => {
  const sorted = [...numbers].sort((a, b) => a - b);
  const at = (sorted.length - 1) * part;
  return sorted[Math.floor(at)] + (sorted[Math.ceil(at)] - sorted[Math.floor(at)]) * (at % 1);
};

await whenMain(import.meta.url, async (args) => {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: { moves: { type: "string", default: "600000" }, starts: { type: "string", default: "2" }, plain: { type: "boolean", default: false } },
  });
  const directory = positionals[0] ?? fromRoot("..", "shared", "data", "squads");
  const effort = { moves: Number(values.moves), starts: Number(values.starts) };
  const { call } = await wasm({ simd: !values.plain });
  const program = await native();
  for (const name of (await readdir(directory)).filter((it) => it.startsWith("instance_")).sort()) {
    const instance = JSON.parse(await readFile(join(directory, name), "utf8"));
    const scores = [];
    const times = [];
    const gaps = [];
    const proofs = [];
    let same = true;
    // The first call compiles.
    call({ instance, seed: 99, ...effort, moves: 50_000, ...WORK });
    for (let seed = 1; seed <= 10; seed += 1) {
      const request = { instance, seed, ...effort };
      const start = cpu();
      const text = call(request);
      times.push(cpu() - start);
      const answer = JSON.parse(text);
      scores.push(answer.score);
      const before = cpu();
      const proof = call({ ...request, placements: answer.placements, ...WORK });
      proofs.push(cpu() - before);
      const { bound } = JSON.parse(proof);
      gaps.push((100 * (bound - answer.score)) / bound);
      const [again, proofAgain] = program([request, { ...request, placements: answer.placements, ...WORK }]);
      same &&= again === text && proofAgain === proof;
    }
    const goal = GOALS[name.replace(".json", "")];
    const round = (number) => Number(number.toFixed(3));
    const spread = (list) => `${[0, 0.5, 0.9, 1].map((part) => quantile(list, part).toFixed(1)).join(" / ")}`;
    say(
      `${name.replace(".json", "")}: median ${quantile(scores, 0.5)} (goal ${goal}), worst ${Math.min(...scores)} (${round((100 * Math.min(...scores)) / goal)} %), best ${Math.max(...scores)}; ` +
        `CPU ms min / median / p90 / max ${spread(times)}; gap % median ${round(quantile(gaps, 0.5))}, worst ${round(Math.max(...gaps))}; proof ms ${spread(proofs)}; native the same: ${same}`,
    );
  }
});
