// Builds: one of them, and pages of them, with the SQL of src/builds/store.rs. Gives one statement for a read, and
// documents handed out as they are stored.
import { decode, isProfession, isSpecialization, ROLES } from "./chat-code";
import { invalid, isNotModified, notFound, Problem, type Answer, type Call, type FieldError } from "./http";
import { isId } from "./ids";
import { readQuery, type Parameter, type Values } from "./input";
import type { Caller } from "./tokens";

const PAST_ALL_IDS = "build_~";
const PAGE_CHARACTERS = 500_000;
const VISIBILITIES = ["private", "team", "unlisted", "public"];
const FIND = "SELECT owner_id, visibility, document, rendered_with, version FROM builds WHERE id = ?1";

const tagOf = (version: number) => `"${version}-${REFERENCE_VERSION}"`;

/** A stored document with its template rendered by today's tables. */
function rerender(document: string): string {
  const value = JSON.parse(document) as { chat_code: string; template: unknown };
  value.template = decode(value.chat_code);
  return JSON.stringify(value);
}

export async function getBuild(call: Call, caller: Caller | undefined): Promise<Answer> {
  if (!isId("build", call.id)) throw notFound();
  const rows = await call.env.DB.prepare(FIND).bind(call.id).raw<[string, string, string, string, number]>();
  if (rows.length === 0) throw notFound();
  const [owner, visibility, document, renderedWith, version] = rows[0]!;
  if (!isId("user", owner) || !VISIBILITIES.includes(visibility)) throw new Error("a build's row does not read");
  if (visibility !== "public" && visibility !== "unlisted" && caller?.userId !== owner) throw notFound();
  const etag = tagOf(version);
  if (isNotModified(call.request, etag)) return { status: 304, profile: "private", body: null, etag };
  return { status: 200, profile: "private", body: renderedWith === REFERENCE_VERSION ? document : rerender(document), etag };
}

const PARAMETERS: Record<string, Parameter> = {
  limit: { kind: "integer", min: 1, max: 100 },
  cursor: { kind: "text", min: 1, max: 100 },
  owner: { kind: "choice", words: ["me"] },
  profession: { kind: "text", min: 1, max: 20 },
  specialization: { kind: "integer", min: 1, max: 255 },
  role: { kind: "choice", words: ROLES },
  tag: { kind: "text", min: 1, max: 32, line: true },
  team_id: { kind: "text", min: 1, max: 100 },
  game_build: { kind: "integer", min: 1, max: 10_000_000 },
  q: { kind: "text", min: 1, max: 100, line: true },
};

interface Filters {
  limit: number;
  after: string;
  facets: [string, string][];
  search: string | undefined;
}

function readFilters(values: Values): Filters {
  const errors: FieldError[] = [];
  let after = PAST_ALL_IDS;
  const cursor = values.get("cursor");
  if (cursor !== undefined) {
    const id = readCursor(cursor as string);
    if (id === undefined) throw invalid([{ pointer: "?cursor", code: "invalid_cursor", detail: "Send next_cursor of the page before as it came, or leave it out." }]);
    after = id;
  }
  const facets: [string, string][] = [];
  const tag = values.get("tag");
  if (tag !== undefined) facets.push(["tag", (tag as string).trim().toLowerCase()]);
  const gameBuild = values.get("game_build");
  if (gameBuild !== undefined) facets.push(["game_build", String(gameBuild)]);
  const specialization = values.get("specialization");
  if (specialization !== undefined) {
    if (!isSpecialization(specialization as number)) errors.push({ pointer: "?specialization", code: "unknown_specialization", detail: "Use an id of GET /api/v1/game/specializations." });
    facets.push(["specialization", String(specialization)]);
  }
  const role = values.get("role");
  if (role !== undefined) facets.push(["role", role as string]);
  const profession = values.get("profession");
  if (profession !== undefined) {
    if (!isProfession(profession as string)) errors.push({ pointer: "?profession", code: "unknown_profession", detail: "Use an id of GET /api/v1/game/professions." });
    facets.push(["profession", profession as string]);
  }
  if (values.has("team_id")) errors.push({ pointer: "?team_id", code: "unknown_team", detail: "You are in no team with this id." });
  if (errors.length > 0) throw invalid(errors);
  return { limit: (values.get("limit") as number | undefined) ?? 20, after, facets, search: (values.get("q") as string | undefined)?.toLowerCase() };
}

function readCursor(cursor: string): string | undefined {
  try {
    const text = atob(cursor.replaceAll("-", "+").replaceAll("_", "/"));
    return text.startsWith("1.") && isId("build", text.slice(2)) ? text.slice(2) : undefined;
  } catch {
    return undefined;
  }
}

const cursorAfter = (id: string) => btoa(`1.${id}`).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");

/** SQL that is put together, with its values. */
class Sql {
  text = "";
  readonly values: (string | number)[] = [];

  bind(value: string | number): string {
    return `?${this.values.push(value)}`;
  }

  /** The ids of the newest builds that pass `condition` and the filters, `limit` + 1 of them. */
  select({ limit, after, facets, search }: Filters, condition: string, owner?: string) {
    const terms = owner === undefined ? termsOf(facets, search) : "";
    if (terms !== "") {
      this.text += `SELECT b.id FROM build_search s CROSS JOIN builds b ON b.number = -s.rowid WHERE s.build_search MATCH ${this.bind(terms)}`;
      if (after !== PAST_ALL_IDS) this.text += ` AND s.rowid >= (SELECT -number FROM builds WHERE id < ${this.bind(after)} ORDER BY id DESC LIMIT 1)`;
      this.text += condition;
    } else {
      this.text += `SELECT b.id FROM builds b WHERE b.id < ${this.bind(after)}${condition}`;
      if (owner !== undefined) this.text += this.bind(owner);
      for (const [facet, value] of facets) this.text += ` AND instr(b.facets, ${this.bind(` ${term("k", `${facet}=${value}`)} `)}) > 0`;
      if (search !== undefined) this.text += ` AND instr(b.search_text, ${this.bind(search)}) > 0`;
    }
    this.text += ` ORDER BY ${terms !== "" ? "s.rowid" : "b.id DESC"} LIMIT ${this.bind(limit + 1)}`;
  }
}

const term = (kind: string, text: string) => [...new TextEncoder().encode(text)].reduce((hex, byte) => hex + byte.toString(16).padStart(2, "0"), kind);

/** What the index of terms is asked for. */
function termsOf(facets: Filters["facets"], search: string | undefined): string {
  const terms = facets.map(([facet, value]) => term("k", `${facet}=${value}`));
  if (search !== undefined) {
    const letters = [...search];
    const size = Math.min(3, letters.length);
    const grams = Array.from({ length: letters.length - size + 1 }, (_, at) => term("g", letters.slice(at, at + size).join("")));
    terms.push(`"${grams.join(" ")}"`);
  }
  return terms.join(" AND ");
}

const PAGE = `SELECT '[' || coalesce(group_concat(document, ',' ORDER BY id DESC), '') || ']', min(id), \
count(*) < (SELECT count(*) FROM page), coalesce(max(is_stale), 0) FROM shown`;
const DOCUMENTS = "SELECT document FROM shown ORDER BY id DESC";

function statement(filters: Filters, caller: Caller | undefined, own: boolean, select: string): Sql {
  const sql = new Sql();
  sql.text = "WITH ids AS (";
  if (caller === undefined) {
    sql.select(filters, " AND b.visibility = 'public'");
  } else if (own) {
    sql.select(filters, " AND b.owner_id = ", caller.userId);
  } else {
    sql.text += "SELECT * FROM (";
    sql.select(filters, " AND b.visibility = 'public'");
    sql.text += ") UNION ALL SELECT * FROM (";
    sql.select(filters, " AND b.visibility <> 'public' AND b.owner_id = ", caller.userId);
    sql.text += `) ORDER BY id DESC LIMIT ${sql.bind(filters.limit + 1)}`;
  }
  sql.text +=
    `), page AS (SELECT d.id, d.document, d.rendered_with <> '${REFERENCE_VERSION}' AS is_stale, row_number() OVER (ORDER BY d.id DESC) AS n, ` +
    "sum(length(d.document)) OVER (ORDER BY d.id DESC) AS size FROM ids CROSS JOIN builds d ON d.id = ids.id), ";
  sql.text += `shown AS (SELECT * FROM page WHERE n <= ${sql.bind(filters.limit)} AND (n = 1 OR size <= ${PAGE_CHARACTERS})) ${select}`;
  return sql;
}

export async function listBuilds(call: Call, caller: Caller | undefined): Promise<Answer> {
  const values = readQuery(call.request.url, PARAMETERS);
  const filters = readFilters(values);
  const own = values.has("owner");
  if (own && caller === undefined) {
    throw new Problem(401, "authentication_required", "This call needs an access token or an API key", "owner=me needs an access token.", [], [["www-authenticate", "Bearer"]]);
  }
  const { text, values: bound } = statement(filters, caller, own, PAGE);
  const rows = await call.env.DB.prepare(text).bind(...bound).raw<[string, string | null, number, number]>();
  let [data, last, hasMore, isStale] = rows[0]!;
  if (isStale === 1) {
    const { text, values: bound } = statement(filters, caller, own, DOCUMENTS);
    const documents = await call.env.DB.prepare(text).bind(...bound).raw<[string]>();
    data = `[${documents.map(([document]) => rerender(document)).join(",")}]`;
  }
  if (hasMore !== 1) return { status: 200, profile: "private", body: `{"data":${data},"next_cursor":null}` };
  const cursor = cursorAfter(last!);
  let others = "";
  for (const [name, value] of values) if (name !== "cursor") others += `${name}=${encodeURIComponent(value)}&`;
  const link = `<${call.config.issuer}/api/v1/builds?${others}cursor=${cursor}>; rel="next"`;
  return { status: 200, profile: "private", body: `{"data":${data},"next_cursor":"${cursor}"}`, extra: [["link", link]] };
}
