// An instance of the bench as the body of POST /squads/assign.

/** The API's names of the roles of builds. */
const ROLES = { pri: "primary_support", sec: "secondary_support", dps: "melee_dps", strip: "strip" };
/** Copies are counted by specialization: each build stands for one of them. */
const SPECIALIZATIONS = [5, 7, 18, 27, 34, 40, 43, 48, 52, 55, 56, 57, 58, 59, 60, 61, 62, 63, 64, 65, 66, 67, 68, 69, 70, 71, 72, 73, 74, 75];

const name = (player) => `Player ${player}`;
const brought = (ids, units) => Object.fromEntries(ids.map((id, at) => [id, units[at]]));

export function bodyOf(instance, more) {
  const functions = (ids, targets, weights, kind) => ids.map((id, at) => ({ id, kind, target: targets[at], weight: weights[at] }));
  const build = ([at, liked]) => {
    const { name: called, role, p, s } = instance.builds[at];
    const scores = { ...brought(instance.PK, p), ...brought(instance.SK, s) };
    // The instances' preferences count twenty points each.
    return { name: called, specialization: SPECIALIZATIONS[at], role: ROLES[role], preference: 20 * liked, scores };
  };
  const body = {
    players: instance.players.map((owned, player) => ({ name: name(player), builds: owned.map(build) })),
    functions: [...functions(instance.PK, instance.PT, instance.PW, "party"), ...functions(instance.SK, instance.ST, instance.SW, "squad")],
    subgroups: instance.G,
    subgroup_size: instance.cap,
    pins: [],
    together: [],
    apart: [],
    roles: [],
    copies: [],
    ...more,
  };
  for (const it of instance.constraints ?? []) {
    if (it.kind === "plays") body.pins.push({ player: name(it.player) });
    if (it.kind === "pin_subgroup") body.pins.push({ player: name(it.player), subgroup: it.subgroup + 1 });
    if (it.kind === "pin_build") body.pins.push({ player: name(it.player), build: it.build });
    if (it.kind === "together" || it.kind === "apart") body[it.kind].push(it.players.map(name));
    if (it.kind === "role_min") body.roles.push({ role: Object.values(ROLES)[it.role], min: it.min });
    if (it.kind === "role_max") body.roles.push({ role: Object.values(ROLES)[it.role], max: it.max });
    if (it.kind === "copies") body.copies.push({ specialization: SPECIALIZATIONS[it.specialization], max: it.max });
    if (it.kind === "bench_max") body.bench_max = it.max;
  }
  return body;
}
