// 60 fresh instances with pins, apart and together pairs, role bounds, copies and a bench; the same on every machine. Each can be
// met: its constraints are read off a squad that was drawn first.
// node benches/assign/generate.mjs DIRECTORY
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { say, whenMain } from "../../scripts/lib/shell.mjs";

const PARTY = { stability: [150, 10], aegis: [60, 3], protection: [100, 5], resistance: [60, 4], might: [100, 3], fury: [80, 2], quickness: [40, 3], superspeed: [40, 3], cleanse: [150, 8], heal: [150, 8] };
const SQUAD = { strip: [18, 4], corrupt: [10, 3], pull: [6, 2], projectile: [6, 1], dps_melee: [22, 3], dps_ranged: [22, 3] };
/** What a role is good at; everything else it does a little, or not at all. */
const ROLES = {
  pri: ["stability", "aegis", "protection", "resistance", "might"],
  sec: ["cleanse", "heal", "protection", "superspeed", "quickness"],
  dps: ["dps_melee", "dps_ranged", "might", "fury"],
  strip: ["strip", "corrupt", "pull", "dps_melee", "dps_ranged"],
};
const ROLE_NAMES = Object.keys(ROLES);
const BUILDS = 26;

/** A generator of numbers from a seed (mulberry32). */
function random(seed) {
  let state = seed >>> 0;
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return (t ^ (t >>> 14)) >>> 0;
  };
  const below = (end) => next() % end;
  return { below, between: (least, most) => least + below(most - least + 1), pick: (list) => list[below(list.length)] };
}

export function generate(number) {
  const { below, between, pick } = random(1_000 + number);
  const G = between(2, 10);
  const cap = 5;
  // Some squads have free places, some a bench.
  const n = Math.max(10, Math.min(50, G * cap + between(-4, 8)));
  const builds = Array.from({ length: BUILDS }, (_, at) => {
    const role = ROLE_NAMES[at % 4];
    const units = (name) => (ROLES[role].includes(name) ? 10 * between(2, 12) : below(5) === 0 ? 10 * between(1, 3) : 0);
    return { name: `build ${at}`, role, p: Object.keys(PARTY).map(units), s: Object.keys(SQUAD).map(units) };
  });
  const players = Array.from({ length: n }, () => {
    const owned = new Set();
    const count = between(1, 4);
    while (owned.size < count) owned.add(below(BUILDS));
    return [...owned].map((build, at) => [build, [10, 6, 2, 0][at]]);
  });
  const instance = {
    n,
    G,
    cap,
    PK: Object.keys(PARTY),
    PT: Object.values(PARTY).map(([target]) => target),
    PW: Object.values(PARTY).map(([, weight]) => weight),
    SK: Object.keys(SQUAD),
    ST: Object.values(SQUAD).map(([target]) => target * n),
    SW: Object.values(SQUAD).map(([, weight]) => weight),
    builds,
    players,
  };
  return { ...instance, constraints: constraintsOf(instance, { below, between, pick }) };
}

function constraintsOf({ n, G, cap, builds, players }, { below, between, pick }) {
  // The squad that is drawn first.
  const order = Array.from({ length: n }, (_, player) => player).sort((a, b) => a - b);
  for (let at = n - 1; at > 0; at -= 1) {
    const other = below(at + 1);
    [order[at], order[other]] = [order[other], order[at]];
  }
  const seats = order.map((player, at) => ({ player, group: at < G * cap ? at % G : null, build: below(players[player].length) }));
  const playing = seats.filter(({ group }) => group !== null);
  const constraints = [];
  for (let count = between(0, 4); count > 0; count -= 1) {
    const { player, group, build } = pick(playing);
    if (constraints.some((it) => it.player === player)) continue;
    const kind = pick(["plays", "pin_subgroup", "pin_build"]);
    constraints.push(kind === "plays" ? { kind, player } : kind === "pin_subgroup" ? { kind, player, subgroup: group } : { kind, player, build });
  }
  for (let count = between(0, 5); count > 0; count -= 1) {
    const [a, b] = [pick(seats), pick(seats)];
    if (a.player !== b.player && (a.group === null || a.group !== b.group)) constraints.push({ kind: "apart", players: [a.player, b.player] });
  }
  for (let count = between(0, 2); count > 0; count -= 1) {
    const [a, b] = [pick(playing), pick(playing)];
    if (a.player !== b.player && a.group === b.group) constraints.push({ kind: "together", players: [a.player, b.player] });
  }
  const count = (of) => playing.filter(({ player, build }) => of(players[player][build][0])).length;
  ROLE_NAMES.forEach((name, role) => {
    const there = count((build) => builds[build].role === name);
    if (below(2) === 0 && there > 0) constraints.push({ kind: "role_min", role, min: there });
    if (below(3) === 0) constraints.push({ kind: "role_max", role, max: there + between(0, 2) });
  });
  for (let build = 0; build < builds.length; build += 1) {
    if (below(3) === 0) constraints.push({ kind: "copies", specialization: build, max: Math.max(1, count((it) => it === build)) });
  }
  constraints.push({ kind: "bench_max", max: n - playing.length });
  return constraints;
}

export const COUNT = 60;

await whenMain(import.meta.url, async ([directory]) => {
  await mkdir(directory, { recursive: true });
  for (let number = 0; number < COUNT; number += 1) await writeFile(join(directory, `${String(number).padStart(2, "0")}.json`), JSON.stringify(generate(number)));
  say(`${COUNT} instances in ${directory}`);
});
