// The game's build template links: text to the JSON that our decoder answers. Gives the same members in the same order,
// and the same refusals, as src/game/chat_code.rs and template.rs.
import reference from "../../../src/game/reference.json";
import { invalid } from "./http";

const FIXED = 44;
const MAX_LEN = FIXED + 1 + 2 * 255 + 1 + 4 * 255;
const MAX_TEXT = 3 + Math.ceil(MAX_LEN / 3) * 4;
export const MAX_PASTE = 2 * MAX_TEXT;
const RANGER = 4;
const REVENANT = 9;

const PROFESSIONS = reference.professions.map(({ id, code }) => ({ id, code }));
const SPECIALIZATIONS = new Map<number, { name: string; elite: boolean; profession: string }>();
for (const { id: profession, core, elite } of reference.professions) {
  for (const { id, name } of core) SPECIALIZATIONS.set(id, { name, elite: false, profession });
  for (const { id, name } of elite) SPECIALIZATIONS.set(id, { name, elite: true, profession });
}
const WEAPONS = new Map(reference.weapons.map(({ id, name }) => [id, name]));
const LEGENDS = new Map(reference.legends.map(({ code, id, name }) => [code, { code, id, name }]));
const KINDS: Record<number, string> = {
  1: "a coin link", 2: "an item link", 3: "a text link", 4: "a map link", 5: "a PvP game link", 6: "a skill link",
  7: "a trait link", 8: "a player link", 9: "a recipe link", 10: "a wardrobe link", 11: "an outfit link",
  12: "a WvW objective link", 14: "an achievement link", 15: "a fashion template link",
};

export const isProfession = (id: string) => PROFESSIONS.some((profession) => profession.id === id);
export const isSpecialization = (id: number) => SPECIALIZATIONS.has(id);
export const ROLES = reference.roles.map(({ id }) => id);

const refuse = (code: string, detail: string) => invalid([{ pointer: "/code", code, detail }]);

/** Decodes the text of a chat link into the JSON form of its template. What else people paste is ours alone (paste.rs). */
export function decode(text: string) {
  if (text === "") throw refuse("empty", "The chat code is empty. Paste the whole link from the game, such as [&DQ...=].");
  if (text.length > MAX_TEXT) {
    throw refuse("too_long", `The chat code has ${text.length} characters; no build template has more than ${MAX_TEXT}. Send one link at a time.`);
  }
  if (!text.startsWith("[&") || !text.endsWith("]")) {
    throw refuse("missing_wrapper", 'There is no chat code in this text: one begins with "[&" and ends with "]". Paste the whole link from the game.');
  }
  return template(base64(text.slice(2, -1).replace(/\s+/g, "")));
}

function base64(body: string): Uint8Array {
  const wrong = /[^A-Za-z0-9+/=]/.exec(body);
  try {
    if (wrong === null) return Uint8Array.fromBase64(body, { lastChunkHandling: "strict" });
  } catch {
    // Said below.
  }
  const padding = /=(?!=*$)/.exec(body);
  const [at, reason] =
    wrong !== null ? [wrong.index, "this character is not in the base64 alphabet"]
    : padding !== null ? [padding.index, "padding stands where it does not belong"]
    : body.length % 4 !== 0 ? [body.length, "the padding is missing or incomplete"]
    : [body.replace(/=+$/, "").length - 1, "the last character has bits that no encoder sets"];
  throw refuse("invalid_base64", `The chat code is not valid base64 at character ${2 + at} of the link: ${reason}. Copy the link from the game again, unchanged.`);
}

function template(bytes: Uint8Array) {
  const { length } = bytes;
  if (length === 0) throw refuse("empty", "The chat code is empty. Paste the whole link from the game, such as [&DQ...=].");
  const type = bytes[0]!;
  if (type !== 0x0d) {
    const hex = type.toString(16).padStart(2, "0");
    throw refuse("not_a_build_template", `This is ${KINDS[type] ?? "an unknown kind of link"} (type 0x${hex} at byte 0), not a build template (type 0x0d). Copy the link from the build panel of the game.`);
  }
  if (length < FIXED) throw truncated(length, FIXED, "the fixed part");
  const profession = PROFESSIONS[bytes[1]! - 1];
  if (profession === undefined) throw refuse("unknown_profession", `There is no profession with code ${bytes[1]} (byte 1); codes go from 1 to 9.`);
  const tail = weaponSection(bytes);
  return {
    profession,
    specializations: [specialization(bytes, 2), specialization(bytes, 4), specialization(bytes, 6)],
    skills: { land: skillBar(bytes, 8), water: skillBar(bytes, 10) },
    pets: profession.code === RANGER ? { land: [bytes[28], bytes[29]], water: [bytes[30], bytes[31]] } : undefined,
    legends: profession.code === REVENANT ? { land: legends(bytes, 28, 32), water: legends(bytes, 30, 38) } : undefined,
    weapons: tail.weapons,
    skill_overrides: tail.overrides,
    raw: raw(bytes, profession.code),
  };
}

type Template = ReturnType<typeof template>;

/** What POST /builds would refuse, as BuildTemplate::contradictions says it. */
export function notes({ profession, specializations }: Template) {
  const found: { pointer: string; code: string; detail: string }[] = [];
  for (const [index, slot] of specializations.entries()) {
    if (slot === null || slot.id === 0) continue;
    const note = (code: string, detail: string) => found.push({ pointer: `/template/specializations/${index}`, code, detail });
    if (specializations.slice(0, index).some((other) => other?.id === slot.id)) {
      note("duplicate_specialization", `Specialization ${slot.id} stands in two slots; give each slot its own.`);
    }
    const known = SPECIALIZATIONS.get(slot.id);
    if (known === undefined) continue;
    if (known.profession !== profession.id) {
      note("specialization_of_other_profession", `${known.name} belongs to the ${known.profession}; this template is for the ${profession.id}.`);
    }
    if (known.elite && index !== 2) note("elite_not_in_third_slot", `${known.name} is an elite specialization; only the third slot takes one.`);
  }
  return found;
}

const u16 = (bytes: Uint8Array, at: number) => bytes[at]! | (bytes[at + 1]! << 8);

function specialization(bytes: Uint8Array, at: number) {
  const id = bytes[at]!;
  const choices = bytes[at + 1]!;
  const traits = [choices & 3, (choices >> 2) & 3, (choices >> 4) & 3];
  if (id === 0 && (choices & 63) === 0) return null;
  const known = SPECIALIZATIONS.get(id);
  return { id, name: known?.name ?? null, elite: known?.elite ?? null, traits };
}

const skillBar = (bytes: Uint8Array, at: number) => ({
  heal: u16(bytes, at),
  utilities: [u16(bytes, at + 4), u16(bytes, at + 8), u16(bytes, at + 12)],
  elite: u16(bytes, at + 16),
});

const legends = (bytes: Uint8Array, at: number, utilities: number) => ({
  active: legend(bytes[at]!),
  inactive: legend(bytes[at + 1]!),
  inactive_utilities: [u16(bytes, utilities), u16(bytes, utilities + 2), u16(bytes, utilities + 4)],
});

const legend = (code: number) => (code === 0 ? null : (LEGENDS.get(code) ?? { code, id: null, name: null }));

function weaponSection(bytes: Uint8Array) {
  const weapons: { id: number; name: string | null }[] = [];
  const overrides: number[] = [];
  const { length } = bytes;
  if (length === FIXED) return { weapons, overrides };
  let at = FIXED;
  let count = counted(bytes, at, 2, "weapons");
  for (at += 1; count > 0; count -= 1, at += 2) {
    const id = u16(bytes, at);
    weapons.push({ id, name: WEAPONS.get(id) ?? null });
  }
  if (at === length) throw truncated(length, length + 1, "the weapon section: the count of skill overrides is missing");
  count = counted(bytes, at, 4, "skill overrides");
  for (at += 1; count > 0; count -= 1, at += 4) overrides.push((u16(bytes, at) | (u16(bytes, at + 2) << 16)) >>> 0);
  if (at < length) {
    throw refuse("trailing_bytes", `The build template ends at byte ${at}, but ${length - at} more bytes follow. Remove what was added after it.`);
  }
  return { weapons, overrides };
}

/** The count byte at `at`, after making sure that what it announces is there. */
function counted(bytes: Uint8Array, at: number, size: number, part: string): number {
  const count = bytes[at]!;
  const needed = at + 1 + count * size;
  if (needed > bytes.length) {
    throw refuse("count_overruns", `The count of ${part} at byte ${at} is ${count}: that needs ${needed} bytes in all, but the code has ${bytes.length}. Copy the whole link from the game.`);
  }
  return count;
}

const truncated = (length: number, needed: number, part: string) =>
  refuse("truncated", `The chat code ends at byte ${length}, inside ${part}; it needs at least ${needed} bytes. Copy the whole link from the game.`);

/** What the game's current client would not write; undefined when there is nothing of it. */
function raw(bytes: Uint8Array, code: number) {
  const padding = [bytes[3]! >> 6, bytes[5]! >> 6, bytes[7]! >> 6];
  const from = code === RANGER ? 32 : code === REVENANT ? FIXED : 28;
  const hasPadding = (padding[0]! | padding[1]! | padding[2]!) !== 0;
  let hasReserved = false;
  for (let at = from; at < FIXED; at += 1) hasReserved ||= bytes[at] !== 0;
  if (bytes.length > FIXED && !hasPadding && !hasReserved) return undefined;
  let hex = "";
  for (let at = from; at < FIXED; at += 1) hex += bytes[at]!.toString(16).padStart(2, "0");
  return {
    weapon_section: bytes.length === FIXED ? false : undefined,
    trait_padding: hasPadding ? padding : undefined,
    reserved: hasReserved ? hex : undefined,
  };
}
