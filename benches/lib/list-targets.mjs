// What the bench of lists asks for, and what each is compared with: every list, filter and kind of search, for nobody, for who has
// three builds, for who has all that one may have, and for a team.

const PAGE = 20;

const cursor = (id) => Buffer.from(`1.${id}`).toString("base64url");

/** `{name, path, token, beside, goal}`; `beside` is the name of what it is compared with. */
export async function targets(d1, logIn) {
  const tokens = { nobody: undefined, few: await logIn("few"), many: await logIn("many") };
  const [team, hook] = await Promise.all(["SELECT team_id FROM team_members WHERE user_id = (SELECT user_id FROM webhooks LIMIT 1) ORDER BY team_id LIMIT 1", "SELECT id FROM webhooks LIMIT 1"].map((sql) => d1.prepare(sql).first().then((row) => Object.values(row)[0])));
  const all = [];
  const add = (who, list, query, beside, goal) => {
    const given = Object.entries(query).map(([name, value]) => `${name}=${encodeURIComponent(value)}`);
    const shown = Object.entries(query).map(([name, value]) => `${name}=${name === "cursor" ? "..." : name === "team_id" ? "TEAM" : value}`);
    const name = `${who} ${list.replace(team, "TEAM").replace(hook, "HOOK")}${shown.length > 0 ? `?${shown.join("&")}` : ""}`;
    all.push({ name, path: `/api/v1/${list}${given.length > 0 ? `?${given.join("&")}` : ""}`, token: tokens[who], beside: beside ?? name, goal });
    return name;
  };
  /** The list, and its page 1,000, or its last one: `where` says in SQL what is in it, newest first or by `order`, in which a page begins after the `key` of a row. */
  const plain = async (who, list, query, where, order = "DESC", key = "id") => {
    const name = add(who, list, query);
    const { n } = await d1.prepare(`SELECT count(*) AS n FROM ${where}`).first();
    const offset = Math.min(999 * PAGE, n - PAGE) - 1;
    if (offset > PAGE) {
      const row = await d1.prepare(`SELECT ${key} AS id FROM ${where} ORDER BY ${key} ${order} LIMIT 1 OFFSET ${offset}`).first();
      const far = add(who, list, { ...query, cursor: cursor(row.id) }, name, "page");
      all.at(-1).name = `${far} (page ${Math.floor((offset + 1) / PAGE) + 1})`;
    }
    return name;
  };
  // In the order in which they were registered.
  const { results } = await d1.prepare("SELECT id FROM users ORDER BY id LIMIT 2").all();
  const [few, many] = results.map(({ id }) => id);
  const searches = ["e", "zq", "er", "守护", "火", "war", "support", "stand on the", "xylophone", "qwxyz", "before stability the", "stand on the tag", "the tag and the", "stand on the tag keep stability up"];
  const filters = {
    builds: [{ profession: "Guardian" }, { specialization: 62 }, { role: "primary_support" }, { role: "ranged_dps" }, { tag: "zerg" }, { tag: "guild 480" }, { tag: "hushed" }, { tag: "five of them" }, { tag: "absent" }, { game_build: 170_000 }, { profession: "Guardian", role: "strip" }, { profession: "Warrior", specialization: 62 }, { tag: "zerg", profession: "Revenant", role: "melee_dps" }, { tag: "zerg", game_build: 180_000 }],
    compositions: [{ mode: "zerg" }, { mode: "other" }, { is_template: "true" }, { is_template: "false" }, { tag: "zerg" }, { tag: "hushed" }, { tag: "five of them" }, { mode: "gvg", tag: "zerg", is_template: "true" }],
  };
  const searched = {
    builds: [{ q: "war", tag: "zerg" }, { q: "e", profession: "Guardian" }, { q: "zq", tag: "zerg" }, { q: "support", game_build: 170_000 }, { q: "xylophone", role: "strip" }],
    compositions: [{ q: "zer", tag: "zerg" }, { q: "e", mode: "gvg" }, { q: "xylophone", is_template: "false" }],
  };
  for (const list of ["builds", "compositions"]) {
    const narrowed = [...filters[list], ...searches.map((q) => ({ q })), ...searched[list]];
    const mine = (user) => (list === "builds" ? `builds WHERE owner_id = '${user}'` : `compositions WHERE owner_id = '${user}' AND (team_id IS NULL OR team_id IN (SELECT team_id FROM team_members WHERE user_id = '${user}'))`);
    const seen = `${list} WHERE visibility = 'public' OR owner_id = '${few}'${list === "compositions" ? ` OR team_id IN (SELECT team_id FROM team_members WHERE user_id = '${few}')` : ""}`;
    const open = await plain("nobody", list, {}, `${list} WHERE visibility = 'public'`);
    for (const query of narrowed) add("nobody", list, query, open, "narrowed");
    const asUser = await plain("few", list, {}, seen);
    for (const query of narrowed) add("few", list, query, asUser, "narrowed");
    await plain("few", list, { owner: "me" }, mine(few));
    const own = await plain("many", list, { owner: "me" }, mine(many));
    const ofTeam = await plain("few", list, { team_id: team }, `${list} WHERE team_id = '${team}'`);
    for (const query of narrowed) {
      add("few", list, { owner: "me", ...query }, asUser, "narrowed");
      add("many", list, { owner: "me", ...query }, own, "narrowed");
      add("few", list, { team_id: team, ...query }, ofTeam, "narrowed");
    }
  }
  const roster = await plain("few", `teams/${team}/players`, {}, `team_players WHERE team_id = '${team}'`, "ASC");
  for (const q of ["9", "player 99", "nobody"]) add("few", `teams/${team}/players`, { q }, roster, "narrowed");
  const log = await plain("few", `webhooks/${hook}/deliveries`, {}, `webhook_deliveries WHERE webhook_id = '${hook}'`, "DESC", "event_id");
  for (const state of ["delivered", "dead", "pending"]) add("few", `webhooks/${hook}/deliveries`, { state }, log, "narrowed");
  return all;
}
