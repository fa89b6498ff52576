// The shared instances through POST /squads/assign on workerd: CPU of its process for a whole request, ten seeds each.
// node benches/assign/edge.mjs [DIRECTORY]; needs the bundle of scripts/bundle.mjs, and /proc.
import { readFile, readdir } from "node:fs/promises";
import { join } from "node:path";
import { fromRoot, say, whenMain } from "../../scripts/lib/shell.mjs";
import { startWorker } from "../../tests/edge/harness.mjs";
import { check } from "../../scripts/check-assignment.mjs";
import { bodyOf } from "./request.mjs";
import { quantile } from "./shared.mjs";

const TICK_MS = 10;
const ROUNDS = 5;

/** Milliseconds of CPU of all workerd processes below this one. */
async function cpu() {
  let ticks = 0;
  for (const pid of (await readdir("/proc")).filter((name) => /^\d+$/.test(name))) {
    const stat = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => "");
    const [, name, rest] = /^\d+ \((.*)\) (.*)$/s.exec(stat) ?? [];
    const fields = rest?.split(" ");
    if (name === "workerd" && Number(fields[1]) === process.pid) ticks += Number(fields[11]) + Number(fields[12]);
  }
  return ticks * TICK_MS;
}

await whenMain(import.meta.url, async ([directory = fromRoot("..", "shared", "data", "squads")]) => {
  const worker = await startWorker();
  const headers = { "content-type": "application/json" };
  const assign = async (body) => (await worker.send({ method: "POST", path: "/api/v1/squads/assign", headers, body: JSON.stringify(body) })).json();
  for (const name of (await readdir(directory)).filter((it) => it.startsWith("instance_")).sort()) {
    const instance = JSON.parse(await readFile(join(directory, name), "utf8"));
    await assign(bodyOf(instance, { seed: 99 }));
    const times = [];
    const scores = [];
    const gaps = [];
    for (let seed = 1; seed <= 10; seed += 1) {
      // The kernel counts CPU in ticks of 10 ms: several of the same are one measurement.
      const start = await cpu();
      let answer;
      for (let round = 0; round < ROUNDS; round += 1) answer = await assign(bodyOf(instance, { seed }));
      times.push(((await cpu()) - start) / ROUNDS);
      const wrong = check(answer);
      if (wrong.length > 0) throw new Error(wrong.join("; "));
      scores.push(answer.score);
      gaps.push(answer.gap.basis_points / 100);
    }
    const spread = [0, 0.5, 0.9, 1].map((part) => quantile(times, part).toFixed(0)).join(" / ");
    say(`${name}: median ${quantile(scores, 0.5)}, worst ${Math.min(...scores)}; gap % median ${quantile(gaps, 0.5)}, worst ${Math.max(...gaps)}; CPU ms of a request min / median / p90 / max ${spread}`);
  }
  await worker.dispose();
});
