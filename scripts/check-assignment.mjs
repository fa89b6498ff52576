// Checks an answer of POST /squads/assign from the answer alone: constraints, score, and the bound that its prices prove. Shares
// nothing with the kernel; all sums are BigInt. Usage: node scripts/check-assignment.mjs FILE... (or - for standard input)
import { readFile } from "node:fs/promises";
import { text } from "node:stream/consumers";
import { say, whenMain } from "./lib/shell.mjs";

/** Everything that is wrong with an answer; nothing when all of it holds. */
export function check(answer) {
  const wrong = [];
  const { model, certificate } = answer;
  const seats = seatsOf(answer, wrong);
  for (const constraint of model.constraints) {
    if (!holds(constraint, model, seats)) wrong.push(`constraint does not hold: ${JSON.stringify(constraint)}`);
  }
  seats.forEach((seat, player) => {
    if (seat && !(seat.group < model.subgroups && model.players[player].builds[seat.build])) wrong.push(`${model.players[player].name}: no such seat`);
  });
  for (let group = 0; group < model.subgroups; group += 1) {
    if (seats.filter((seat) => seat?.group === group).length > model.subgroup_size) wrong.push(`subgroup ${group + 1} is too large`);
  }
  const score = scoreOf(model, seats);
  if (score !== BigInt(answer.score)) wrong.push(`the score is ${score}, not ${answer.score}`);
  wrong.push(...checkBound(answer, model, certificate));
  if (BigInt(answer.bound) < score) wrong.push(`the bound ${answer.bound} is below the score ${score}`);
  if (answer.is_optimal && BigInt(answer.bound) !== score) wrong.push("called optimal without proof");
  return wrong;
}

function seatsOf(answer, wrong) {
  const numbers = new Map(answer.model.players.map(({ name }, number) => [name, number]));
  const seats = answer.model.players.map(() => null);
  const seen = new Set();
  const take = (name, seat) => {
    if (!numbers.has(name)) wrong.push(`${name} is not in the model`);
    else if (seen.has(name)) wrong.push(`${name} is named twice`);
    else seats[numbers.get(name)] = seat;
    seen.add(name);
  };
  for (const { subgroup, players } of answer.subgroups) {
    for (const { player, build } of players) take(player, { group: subgroup - 1, build });
  }
  for (const { player } of answer.bench) take(player, null);
  for (const { name } of answer.model.players) if (!seen.has(name)) wrong.push(`${name} is nowhere`);
  return seats;
}

function holds(constraint, model, seats) {
  const groups = (players) => players.map((player) => seats[player]?.group ?? null);
  const played = seats.flatMap((seat, player) => (seat ? [model.players[player].builds[seat.build]] : []));
  const count = (of) => played.filter(of).length;
  const { kind, player, players } = constraint;
  switch (kind) {
    case "plays":
      return seats[player] !== null;
    case "pin_subgroup":
      return seats[player]?.group === constraint.subgroup;
    case "pin_build":
      return seats[player]?.build === constraint.build;
    case "together":
      return new Set(groups(players)).size <= 1;
    case "apart": {
      const there = groups(players).filter((group) => group !== null);
      return new Set(there).size === there.length;
    }
    case "role_min":
      return count(({ role }) => role === constraint.role) >= constraint.min;
    case "role_max":
      return count(({ role }) => role === constraint.role) <= constraint.max;
    case "copies":
      return count(({ specialization }) => specialization === constraint.specialization) <= constraint.max;
    case "squad_size":
      return played.length <= constraint.max;
    case "bench_max":
      return seats.length - played.length <= constraint.max;
    default:
      return false;
  }
}

const least = (a, b) => (a < b ? a : b);
const sum = (list) => list.reduce((total, each) => total + each, 0n);

function scoreOf(model, seats) {
  let score = 0n;
  const worth = (members) => (fn, at) => {
    const units = sum(members.map(({ units }) => BigInt(units[at])));
    return BigInt(fn.weight) * least(units, BigInt(fn.target));
  };
  const builds = (group) => seats.flatMap((seat, player) => (seat && (group === null || seat.group === group) ? [model.players[player].builds[seat.build]] : []));
  model.functions.forEach((fn, at) => {
    if (fn.kind === "squad") score += worth(builds(null))(fn, at);
    else for (let group = 0; group < model.subgroups; group += 1) score += worth(builds(group))(fn, at);
  });
  return score + sum(builds(null).map(({ preference }) => BigInt(preference)));
}

/**
 * The bound: prices of all players, what squad functions may give beyond their prices, what bounded numbers may give,
 * and for each subgroup at most the best priced one. It holds for any prices that are not negative.
 */
function checkBound(answer, model, certificate) {
  const wrong = [];
  const scale = BigInt(certificate.scale);
  const prices = certificate.players.map(BigInt);
  const functions = certificate.functions.map(BigInt);
  if (prices.length !== model.players.length || functions.length !== model.functions.length) return ["prices are missing"];
  if ([...prices, ...functions].some((price) => price < 0n)) wrong.push("a price is negative");
  let total = sum(prices);
  model.functions.forEach((fn, at) => {
    const rest = scale - functions[at];
    if (fn.kind === "squad" && rest > 0n) total += rest * BigInt(fn.weight) * BigInt(fn.target);
  });
  const extra = new Map();
  for (const row of certificate.counts) {
    const bounds = countBounds(row, model);
    const [low, high] = [BigInt(row.min_price), BigInt(row.max_price)];
    if (low < 0n || high < 0n) wrong.push("a price is negative");
    // A number that the model does not bound has no price to sell.
    if (low > 0n && BigInt(row.min) > BigInt(bounds.min)) wrong.push(`the model asks for no ${row.min} of ${row.counts} ${row.id}`);
    if (high > 0n && (row.max === null || row.max < bounds.max)) wrong.push(`the model has no maximum of ${row.max} of ${row.counts} ${row.id}`);
    total += high * BigInt(row.max ?? 0) - low * BigInt(row.min);
    extra.set(`${row.counts} ${row.id}`, low - high);
  }
  const options = model.players.flatMap(({ builds }, player) =>
    builds
      .filter((_, build) => model.constraints.every((it) => it.kind !== "pin_build" || it.player !== player || it.build === build))
      .map((build) => {
        let value = BigInt(build.preference) * scale - prices[player];
        model.functions.forEach((fn, at) => {
          // One build brings no more than is asked for.
          if (fn.kind === "squad") value += functions[at] * BigInt(fn.weight) * least(BigInt(build.units[at]), BigInt(fn.target));
        });
        value += extra.get("playing null") ?? 0n;
        value += extra.get(`role ${build.role}`) ?? 0n;
        value += extra.get(`specialization ${build.specialization}`) ?? 0n;
        return { player, value, units: build.units };
      }),
  );
  const claimed = BigInt(certificate.subgroup);
  const better = betterSubgroup(model, options, scale, claimed);
  if (better === "unknown") wrong.push("the subgroups are too many to look at");
  else if (better) wrong.push(`a subgroup is worth ${better.value}, more than ${claimed}: players ${better.players.join(", ")}`);
  if (claimed < 0n) wrong.push("an empty subgroup is worth 0");
  total += BigInt(model.subgroups) * claimed;
  if (total / scale > BigInt(answer.bound)) wrong.push(`the prices prove ${total / scale}, not ${answer.bound}`);
  return wrong;
}

/** What the model says of a number: the least and the greatest that its constraints leave. */
function countBounds({ counts, id }, model) {
  const all = model.players.length;
  const bounds = { min: 0, max: Math.min(all, model.subgroups * model.subgroup_size) };
  for (const it of model.constraints) {
    if (counts === "playing" && it.kind === "squad_size") bounds.max = Math.min(bounds.max, it.max);
    if (counts === "playing" && it.kind === "bench_max") bounds.min = Math.max(bounds.min, all - it.max);
    if (counts === "role" && it.kind === "role_min" && it.role === id) bounds.min = Math.max(bounds.min, it.min);
    if (counts === "role" && it.kind === "role_max" && it.role === id) bounds.max = Math.min(bounds.max, it.max);
    if (counts === "specialization" && it.kind === "copies" && String(it.specialization) === id) bounds.max = Math.min(bounds.max, it.max);
  }
  return bounds;
}

const NODES = 5_000_000;

/**
 * A subgroup that is worth more than `claimed`, or nothing. Depth first over the options in their order; a branch is left
 * when what it has, and the best that each free place could still add, is not more. Adding only gets worth less as
 * a subgroup fills, so that sum bounds all that lies below.
 */
function betterSubgroup(model, options, scale, claimed) {
  const party = model.functions.map((fn, at) => ({ ...fn, at })).filter(({ kind }) => kind === "party");
  // Numbers are exact here: all of them are far below 2^53.
  const claim = Number(claimed);
  const points = options.map(({ units }) => Float64Array.from(party, ({ at, weight, target }) => Number(scale) * weight * Math.min(units[at], target)));
  const values = options.map(({ value }) => Number(value));
  const targets = Float64Array.from(party, ({ weight, target }) => Number(scale) * weight * target);
  const apart = model.constraints.filter(({ kind }) => kind === "apart").map(({ players }) => new Set(players));
  const clash = (a, b) => a === b || apart.some((set) => set.has(a) && set.has(b));
  let nodes = 0;
  let found;
  const look = (rest, missing, players, value, room) => {
    if (found || room === 0) return;
    nodes += 1;
    if (nodes > NODES) {
      found = "unknown";
      return;
    }
    const open = [];
    for (const option of rest) {
      if (players.some((player) => clash(player, options[option].player))) continue;
      let gain = values[option];
      for (let k = 0; k < missing.length; k += 1) gain += Math.min(missing[k], points[option][k]);
      if (gain > 0) open.push({ option, gain });
    }
    open.sort((a, b) => b.gain - a.gain);
    for (let at = 0; at < open.length && !found; at += 1) {
      let bound = value;
      for (let place = at; place < Math.min(open.length, at + room); place += 1) bound += open[place].gain;
      if (bound <= claim) return;
      const { option, gain } = open[at];
      const taken = [...players, options[option].player];
      if (value + gain > claim) {
        found = { value: value + gain, players: taken.map((player) => model.players[player].name) };
        return;
      }
      const left = missing.map((it, k) => Math.max(0, it - points[option][k]));
      look(open.slice(at + 1).map((it) => it.option), left, taken, value + gain, room - 1);
    }
  };
  look(options.map((_, at) => at), targets, [], 0, model.subgroup_size);
  return found;
}

await whenMain(import.meta.url, async (files) => {
  for (const file of files.length > 0 ? files : ["-"]) {
    const answer = JSON.parse(file === "-" ? await text(process.stdin) : await readFile(file, "utf8"));
    const wrong = check(answer);
    if (wrong.length > 0) process.exitCode = 1;
    for (const each of wrong) say(`✗ ${file}: ${each}`);
    if (wrong.length === 0) say(`✓ ${file}: score ${answer.score}, bound ${answer.bound}, gap ${answer.gap.basis_points / 100} %`);
  }
});
