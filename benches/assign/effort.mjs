// Effort against quality and gap, 10,000 to 3,000,000 moves: a table, and the plot of docs/ASSIGNMENT.md.
// node benches/assign/effort.mjs [DIRECTORY] [--out docs/assignment-effort.svg]
import { readFile, readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { fromRoot, say, whenMain } from "../../scripts/lib/shell.mjs";
import { wasm } from "./kernel.mjs";
import { quantile } from "./shared.mjs";

const EFFORTS = [10_000, 30_000, 100_000, 300_000, 600_000, 1_000_000, 3_000_000];
const SEEDS = 10;
const COLORS = ["#1b6ca8", "#c1440e", "#3a7d44", "#7b4ea3", "#8a6d00"];

await whenMain(import.meta.url, async (args) => {
  const { values, positionals } = parseArgs({ args, allowPositionals: true, options: { out: { type: "string", default: "docs/assignment-effort.svg" } } });
  const directory = positionals[0] ?? fromRoot("..", "shared", "data", "squads");
  const names = (await readdir(directory)).filter((name) => name.startsWith("instance_")).sort();
  const { call } = await wasm({ simd: true });
  const rows = [];
  for (const name of names) {
    const instance = JSON.parse(await readFile(join(directory, name), "utf8"));
    const runs = EFFORTS.map((moves) =>
      Array.from({ length: SEEDS }, (_, seed) => JSON.parse(call({ instance, seed: seed + 1, moves, starts: 2, steps: 200, rounds: 4 }))),
    );
    const best = Math.max(...runs.flat().map(({ score }) => score));
    const lost = runs.map((run) => quantile(run.map(({ score }) => 100 - (100 * score) / best), 0.5));
    const gap = runs.map((run) => quantile(run.map(({ score, bound }) => (100 * (bound - score)) / bound), 0.5));
    rows.push({ name: name.replace(".json", ""), best, lost, gap });
  }
  say(`| instance | best | ${EFFORTS.map((moves) => `${moves / 1000}k`).join(" | ")} |`);
  say(`|---|---|${EFFORTS.map(() => "---|").join("")}`);
  for (const { name, best, lost, gap } of rows) say(`| ${name} | ${best} | ${lost.map((it, at) => `${it.toFixed(3)} / ${gap[at].toFixed(2)}`).join(" | ")} |`);
  await writeFile(fromRoot(values.out), plot(rows));
});

function plot(rows) {
  const [width, height, left, top] = [360, 220, 60, 40];
  const most = Math.max(...rows.flatMap(({ lost, gap }) => [...lost, ...gap]), 0.5);
  const x = (at) => (Math.log10(EFFORTS[at] / EFFORTS[0]) / Math.log10(EFFORTS.at(-1) / EFFORTS[0])) * width;
  const y = (percent) => height - (percent / most) * height;
  const panel = (title, member, from) => {
    const lines = rows.map((row, number) => {
      const points = row[member].map((percent, at) => `${x(at).toFixed(1)},${y(percent).toFixed(1)}`).join(" ");
      return `<polyline fill="none" stroke="${COLORS[number]}" stroke-width="2" points="${points}"/>`;
    });
    const marks = [0, 0.25, 0.5, 0.75, 1].map((part) => {
      const percent = most * part;
      return `<path d="M0 ${y(percent).toFixed(1)}H${width}" stroke="#ccc"/><text x="-6" y="${(y(percent) + 4).toFixed(1)}" text-anchor="end">${percent.toFixed(2)}</text>`;
    });
    const efforts = EFFORTS.map((moves, at) => (at === 4 ? "" : `<text x="${x(at).toFixed(1)}" y="${height + 16}" text-anchor="middle">${moves >= 1e6 ? `${moves / 1e6}M` : `${moves / 1e3}k`}</text>`));
    return `<g transform="translate(${from} ${top})"><text x="${width / 2}" y="-14" text-anchor="middle">${title}</text>${[...marks, ...efforts, ...lines].join("")}</g>`;
  };
  const names = rows.map(({ name }, number) => `<g transform="translate(${left + number * 170} ${top + height + 40})"><path d="M0 -4H24" stroke="${COLORS[number]}" stroke-width="2"/><text x="30">${name}</text></g>`);
  const all = [panel("below the best known, %", "lost", left), panel("gap to the bound, %", "gap", left * 2 + width + 20), ...names];
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width * 2 + left * 2 + 60} ${height + top + 60}" font-family="sans-serif" font-size="12" role="img"><title>Moves against quality and gap, medians of ${SEEDS} seeds</title><rect width="100%" height="100%" fill="#fff"/>${all.join("")}</svg>\n`;
}
