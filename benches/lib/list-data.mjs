// 200,000 builds and 20,000 compositions for the bench of lists, as rows that the stores would have written: the same in each run,
// skewed as players skew them, with some tags nearly everywhere and most in a few rows.

export const BUILDS = 200_000;
export const COMPOSITIONS = 20_000;
/** What an account may have at most. */
const QUOTA = { builds: 1_000, compositions: 200 };

const DIGITS = "0123456789abcdefghjkmnpqrstvwxyz";
const START_MS = Date.UTC(2024, 10, 1);
const SPAN_MS = 2 * 365 * 86_400_000;

/** Numbers from 0 to 1, always the same ones (mulberry32). */
function randomness(seed) {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

const random = randomness(5);
const below = (bound) => Math.floor(random() * bound);
const pick = (list) => list[below(list.length)];
/** The first ones far more often than the last. */
const skewed = (list) => list[Math.floor(list.length * random() ** 3)];

/** A TypeID of a moment, and the number that goes with it: as src/ids.rs makes them. */
export function id(prefix, ms) {
  const bits = (BigInt(ms) << 80n) | (7n << 76n) | (BigInt(below(4_096)) << 64n) | (2n << 62n) | (BigInt(below(2 ** 30)) << 32n) | BigInt(below(2 ** 31));
  let text = "";
  for (let place = 25n; place >= 0n; place -= 1n) text += DIGITS[Number((bits >> (place * 5n)) & 31n)];
  const number = (BigInt(ms) << 16n) | ((bits >> 60n) & 0xfff0n) | ((bits >> 58n) & 0xfn);
  return { id: `${prefix}_${text}`, number: String(number) };
}

const TAGS = ["zerg", "eu", "na", "boon ball", "gvg", "havoc", "roaming", "meta", "beginner", "open tag", ...Array.from({ length: 490 }, (_, index) => `guild ${index}`)];
const ROLES = ["primary_support", "strip", "secondary_support", "melee_dps", "ranged_dps"];
const WORDS =
  "the on tag and keep your stability up stand move when call with their for before you boons fields damage heal to in bomb use then of strip from pull out at line back if swap blast cleanse all water squad fire not group engage stack might push into camp group range melee enemy burst dodge after weapon skill rotation open first second build only never always wait watch cooldown utility elite healing tower gate wall choke bridge corner stairs inner outer lord ring cloud small large havoc scout supply siege ram catapult trebuchet ballista arrow cart oil repair upgrade tactic banner golem dragon airship shield bubble fast slow chill cripple immobilize daze stun knockdown launch float fear taunt blind weakness vulnerability torment confusion poison bleeding burning resistance resolution aegis alacrity quickness fury vigor regeneration swiftness superspeed protection stealth reveal portal pull mesmer guardian warrior necro engineer ranger thief revenant elementalist condition power vitality toughness precision ferocity expertise concentration minstrel celestial marauder berserker dire trailblazer plaguedoctor rune relic sigil food sharpening oil infusion armor trinket amulet ring accessory backpiece guild alliance home borderland eternal battleground green blue red reset friday monday weekend morning night server timezone discord voice commander lieutenant driver pug roamer duel solo party subgroup positioning spacing flank backline frontline midline bodyguard bait reset kite peel".split(
    " ",
  );
const STYLES = ["Support", "Roaming", "Zerg", "Celestial", "Minstrel", "Power", "Condition", "Boon ball", "Strip", "Bunker"];
const FOREIGN = ["守护", "火牌 辅助", "战场支援", "Straße der Wächter", "Défenseur de la brèche", "суппорт", "死霊術師", "방패"];

function words(count) {
  let text = "";
  for (let index = 0; index < count; index += 1) text += `${index === 0 ? "" : " "}${skewed(WORDS)}`;
  return text;
}

function tags() {
  const found = new Set();
  for (let count = below(5); count > 0; count -= 1) found.add(skewed(TAGS));
  return found;
}

/** Owners of `amount` things: `regular` ones with a few up to the quota, then who has the quota, then who has three. */
function owners(amount, quota, users) {
  const list = [];
  for (let left = 3; left > 0; left -= 1) list.push(users.few);
  for (let left = quota; left > 0; left -= 1) list.push(users.many);
  for (let index = 0; list.length < amount; index = (index + 1) % users.others.length) {
    // A hundredth of them has much. Who comes twice still has no more than the quota.
    const share = index % 100 === 0 ? Math.floor(quota * 0.3) : 1 + below(Math.floor(quota / 12));
    for (let left = share; left > 0 && list.length < amount; left -= 1) list.push(users.others[index]);
  }
  // In the order in which they are made: mixed.
  for (let index = list.length - 1; index > 0; index -= 1) {
    const other = below(index + 1);
    [list[index], list[other]] = [list[other], list[index]];
  }
  return list;
}

/** Who may see it: most is public, much is not. */
function visibility(team) {
  const chance = random();
  if (team) return chance < 0.7 ? "team" : "public";
  return chance < 0.6 ? "public" : chance < 0.9 ? "private" : "unlisted";
}

const time = (ms) => new Date(ms).toISOString();

/** Rows of builds. `documents` has one of each profession, `users` is `{few, many, others, teams}`. */
export function* builds(documents, users) {
  const makers = owners(BUILDS, QUOTA.builds, users);
  for (let index = 0; index < BUILDS; index += 1) {
    const ms = START_MS + Math.floor((SPAN_MS / BUILDS) * index);
    const made = id("build", ms);
    const owner = makers[index];
    // Ten teams with all that they may have, and one build in ten is theirs.
    const team = index % 10 === 0 && owner !== users.few ? users.teams[(index / 10) % users.teams.length] : null;
    const base = skewed(documents);
    let seen = visibility(team);
    const labels = tags();
    // A tag that many have in private and a few in public, and one that five builds in all have.
    if (seen === "private" && index % 3 === 0) labels.add("hushed");
    if (seen === "public" && index % 20_000 === 1) labels.add("hushed");
    if (index % 40_000 === 7) [seen] = [labels.add("five of them") && (team ? seen : "public")];
    const roles = new Set();
    for (let count = 1 + below(2); count > 0; count -= 1) roles.add(skewed(ROLES));
    const foreign = index % 500 === 3;
    const document = {
      ...base,
      id: made.id,
      owner_id: owner,
      name: foreign ? pick(FOREIGN) : `${pick(STYLES)} ${base.template.specializations.at(-1)?.name ?? base.profession}${random() < 0.3 ? ` ${below(100)}` : ""}`,
      visibility: seen,
      team_id: team,
      roles: [...roles],
      tags: [...labels],
      notes: words(below(3) === 0 ? 0 : Math.floor(60 * random() ** 2)) + (index % 50_000 === 11 ? " xylophone" : ""),
      game_build: random() < 0.7 ? 150_000 + below(60) * 1_000 : null,
      created_at: time(ms),
      updated_at: time(ms),
    };
    const facets = [["profession", document.profession]];
    for (const slot of document.template.specializations) if (slot) facets.push(["specialization", String(slot.id)]);
    for (const role of roles) facets.push(["role", role]);
    for (const tag of labels) facets.push(["tag", tag]);
    if (document.game_build !== null) facets.push(["game_build", String(document.game_build)]);
    yield { ...made, owner, team, visibility: seen, document: JSON.stringify(document), search_text: `${document.name}\n${document.notes}`.toLowerCase(), facets };
  }
}

const MODES = ["zerg", "boon_ball", "blob", "gvg", "havoc", "roaming", "other"];

/** Rows of compositions. `base` is one with players. */
export function* compositions(base, users) {
  const makers = owners(COMPOSITIONS, QUOTA.compositions, users);
  for (let index = 0; index < COMPOSITIONS; index += 1) {
    const ms = START_MS + Math.floor((SPAN_MS / COMPOSITIONS) * index);
    const made = id("composition", ms);
    const team = index % 4 === 0 ? users.teams[(index / 4) % users.teams.length] : null;
    let seen = visibility(team);
    const labels = tags();
    if (seen === "private" && index % 2 === 0) labels.add("hushed");
    if (seen === "public" && index % 4_000 === 1) labels.add("hushed");
    if (index % 4_000 === 7) [seen] = [labels.add("five of them") && (team ? seen : "public")];
    const mode = skewed(MODES);
    const isTemplate = index % 12 === 0;
    const name = index % 300 === 3 ? pick(FOREIGN) : `${pick(STYLES)} ${mode} ${below(500)}`;
    const document = { ...base, id: made.id, owner_id: makers[index], team_id: team, name, mode, visibility: seen, is_template: isTemplate, notes: words(below(20)) + (index % 5_000 === 11 ? " xylophone" : ""), tags: [...labels], updated_by: makers[index], created_at: time(ms), updated_at: time(ms) };
    const facets = [["mode", mode], ["template", String(isTemplate)], ...[...labels].map((tag) => ["tag", tag])];
    yield { ...made, owner: makers[index], team, visibility: seen, document: JSON.stringify(document), search_text: `${name}\n${document.notes}`.toLowerCase(), facets };
  }
}
