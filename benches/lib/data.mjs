// The data and the requests of the bench: the same builds in every run, made through our own API.
import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { fromRoot } from "../../scripts/lib/shell.mjs";

const BUILDS = 120;
const PASSWORD = "a long enough pass phrase";
/** As the edge sends it with every request. */
const ADDRESS = { "cf-connecting-ip": "192.0.2.1" };

export const secret = () => randomBytes(32).toString("base64");

/** Fills an empty database through `call`, and gives what requests need: ids, and a way to get tokens. */
export async function seed(call) {
  const owner = await register(call, "owner");
  const other = await register(call, "other");
  const ids = [];
  const own = [];
  for (let number = 0; number < BUILDS; number += 1) {
    const [who, visibility] = number % 2 === 0 ? [owner, "private"] : [other, "public"];
    const created = await call("POST", "/api/v1/builds", { token: who.token, json: build(number, visibility) });
    const { id } = expect(created, 201);
    own.push(id);
    if (visibility === "private") ids.push(id);
  }
  return { ids: ids.slice(-20), own, token: owner.token, logIn: () => logIn(call, "owner"), email: "owner@bench.example" };
}

/** A squad of fifty players, five to a subgroup; gives pairs of requests whose difference is its analysis. */
export async function squad(call, { token, own }) {
  const builds = own.slice(-50);
  const roles = ["primary_support", "secondary_support", "strip", "melee_dps", "ranged_dps"];
  const slots = builds.map((id, index) => ({ player: `Player ${index}`, build_id: id, role: roles[index % 5] }));
  const subgroups = Array.from({ length: builds.length / 5 }, (_, group) => ({ name: `Wing ${group}`, slots: slots.slice(group * 5, group * 5 + 5) }));
  const made = await call("POST", "/api/v1/compositions", { token, json: { name: "Thursday", mode: "blob", preset: "minstrel_blob_50", subgroups } });
  const path = `/api/v1/compositions/${expect(made, 201).id}`;
  const headers = { ...ADDRESS, authorization: `Bearer ${token}` };
  const analysis = { path: `${path}/analysis`, headers };
  const { headers: answered } = await call("GET", analysis.path, { token });
  const known = { ...analysis, headers: { ...headers, "if-none-match": answered.etag }, status: 304 };
  return { request: { more: [analysis], less: [{ path, headers }] }, analysis: { more: [analysis], less: [known] } };
}

async function register(call, name) {
  const email = `${name}@bench.example`;
  const registered = await call("POST", "/api/v1/auth/register", { json: { email, password: PASSWORD, display_name: name } });
  expect(registered, 201);
  return { token: await logIn(call, name) };
}

async function logIn(call, name) {
  const answer = await call("POST", "/api/v1/auth/login", { json: { email: `${name}@bench.example`, password: PASSWORD } });
  return expect(answer, 200).access_token;
}

function expect({ status, body }, wanted) {
  if (status !== wanted) throw new Error(`seeding got ${status}: ${body}`);
  return JSON.parse(body);
}

const build = (number, visibility) => ({
  name: `Build ${number}`,
  chat_code: CODES[number % CODES.length],
  visibility,
  roles: ["primary_support", "strip"],
  tags: ["zerg", `raid ${number % 7}`],
  notes: `Number ${number}. Stand on the tag, keep stability up, and move on the call.`,
  gear: { stats: "Minstrel's", rune: "Monk", sigils: ["Energy", "Transference"] },
});

/** One chat code for each profession, in the form that the current game client writes. */
export const CODES = JSON.parse(readFileSync(fromRoot("src", "game", "reference.json"), "utf8")).professions.map(chatCode);

function chatCode({ code, core, elite }) {
  const bytes = Buffer.alloc(44 + 1 + 4 * 2 + 1 + 4);
  bytes.set([0x0d, code, core[0].id, 0b101101, core[2].id, 0b011010, elite[1].id, 0b100111]);
  for (let place = 0; place < 10; place += 1) bytes.writeUInt16LE(100 + 37 * place + code, 8 + 2 * place);
  const pets = [59, 46, 21, 18];
  const legends = [1, 2, 3, 4, 0x06, 0x12, 0xdc, 0x11, 0xcb, 0x11, 0x06, 0x12, 0xdc, 0x11, 0xcb, 0x11];
  if (code === 4) bytes.set(pets, 28);
  if (code === 9) bytes.set(legends, 28);
  bytes[44] = 4;
  [89, 50, 87, 5].forEach((weapon, index) => bytes.writeUInt16LE(weapon, 45 + 2 * index));
  bytes[53] = 1;
  bytes.writeUInt32LE(71_853, 54);
  return `[&${bytes.toString("base64")}]`;
}

/** What is measured. */
export function routes({ ids, token }) {
  const headers = { ...ADDRESS, authorization: `Bearer ${token}` };
  const json = { ...ADDRESS, "content-type": "application/json" };
  return {
    "GET /api/v1/builds/{id}": ids.map((id) => ({ path: `/api/v1/builds/${id}`, headers })),
    "GET /api/v1/builds?limit=50": [{ path: "/api/v1/builds?limit=50", headers }],
    "POST /api/v1/chat-codes/decode": CODES.map((code) => ({ method: "POST", path: "/api/v1/chat-codes/decode", headers: json, body: JSON.stringify({ code }) })),
    "GET /health/live": [{ path: "/health/live" }],
  };
}

/** The same data with an API key in the token's place. */
export async function credentials(call, data) {
  const created = await call("POST", "/api/v1/auth/api-keys", { token: data.token, json: { name: "bench", scopes: ["builds:read"] } });
  return { ...data, token: expect(created, 201).key };
}

/**
 * Requests that are refused for their token: `more` for its signature, which is well formed and of another text, so the
 * whole check is done; `less` for its header, before the key is looked for.
 */
export function spoiled({ ids, token }) {
  const [header, payload, signature] = token.split(".");
  const changed = (part, change) => Buffer.from(JSON.stringify(change(JSON.parse(Buffer.from(part, "base64url"))))).toString("base64url");
  const request = (text) => [{ path: `/api/v1/builds/${ids[0]}`, headers: { ...ADDRESS, authorization: `Bearer ${text}` }, status: 401 }];
  const other = changed(payload, (claims) => ({ ...claims, iat: claims.iat - 1 }));
  return {
    more: request(`${header}.${other}.${signature}`),
    less: request(`${changed(header, (members) => ({ ...members, typ: "JWT" }))}.${payload}.${signature}`),
  };
}

/** What must be answered alike besides: other ways through the same routes. */
export function variations({ ids, token }) {
  const headers = { ...ADDRESS, authorization: `Bearer ${token}` };
  const json = { ...ADDRESS, "content-type": "application/json" };
  const decode = (body, more = {}) => ({ method: "POST", path: "/api/v1/chat-codes/decode", headers: { ...json, ...more }, body });
  return [
    ...Object.values(spoiled({ ids, token })).flat(),
    { path: `/api/v1/builds/${ids[0]}`, headers: { "cf-connecting-ip": "2001:DB8::1:0:0:0:1" } },
    { path: `/api/v1/builds/${ids[0]}` },
    { path: `/api/v1/builds/${ids[0]}`, headers: { authorization: "Bearer x.y.z" } },
    { path: `/api/v1/builds/${ids[0]}`, headers: { authorization: `Bearer ${token.slice(0, -4)}AAAA` } },
    { path: `/api/v1/builds/${ids[0]}`, headers: { ...headers, "if-none-match": '"1"' } },
    { path: `/api/v1/builds/${ids[0]}`, headers: { ...headers, origin: "https://allowed.example", "accept-encoding": "gzip" } },
    { path: "/api/v1/builds/build_nothing", headers },
    { path: "/api/v1/builds", headers },
    { path: "/api/v1/builds" },
    { path: "/api/v1/builds?limit=5&profession=Guardian&tag=zerg", headers },
    { path: "/api/v1/builds?owner=me&q=number%201&limit=3", headers },
    { path: "/api/v1/builds?owner=me" },
    { path: "/api/v1/builds?limit=0&colour=red&limit=2", headers },
    { path: "/api/v1/builds?cursor=x", headers },
    decode(JSON.stringify({ code: "[&DQEqJS4aPio6AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=]" })),
    decode(JSON.stringify({ code: "[&AgEAWgAA]" })),
    decode(JSON.stringify({ code: "[&DQEq JS4=]" })),
    decode(JSON.stringify({ code: 1, colour: "red" })),
    decode(JSON.stringify([])),
    decode("", {}),
    decode("{}", { "content-type": "text/plain" }),
    { method: "DELETE", path: "/api/v1/chat-codes/decode" },
    { method: "OPTIONS", path: "/api/v1/chat-codes/decode", headers: { origin: "https://allowed.example", "access-control-request-method": "POST" } },
    { path: "/nowhere" },
  ];
}
