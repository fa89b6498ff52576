// Access tokens: the checks of src/identity/tokens.rs, with the signature by WebCrypto.
// Promises that a token passes only if it is word for word of the kind that ours issues.
// Leaves to others: who may do what. Tokens that passed are remembered as they are, which costs less than a hash.
import type { Config, Env } from "./platform";
import { isId } from "./ids";
import { Problem } from "./http";

const MAX_LENGTH = 4096;
const LEEWAY = 30;
const MAX_REMEMBERED = 2_048;
const SESSION_RECHECK_MS = 10_000;
const RELOAD_MS = 30_000;
const YEAR_9999 = 253_402_300_800;
const HEADER_MEMBERS = ["alg", "kid", "typ"].join();
const PAYLOAD_MEMBERS = ["amr", "aud", "auth_time", "client_id", "exp", "iat", "iss", "jti", "nbf", "scope", "sid", "sub"].join();
const BEARER = /^bearer ([A-Za-z0-9\-._~+/=]+)$/i;

const SESSION_STATE =
  "SELECT s.ended_at IS NULL AND s.expires_at > ?3 AND u.disabled_at IS NULL, " +
  "u.password_changed_at FROM sessions s JOIN users u ON u.id = s.user_id " +
  "WHERE s.id = ?1 AND s.user_id = ?2";
const PUBLIC_KEYS = "SELECT public_key FROM signing_keys ORDER BY created_at DESC, kid";

export interface Caller {
  userId: string;
  sessionId: string;
  scopes: ReadonlySet<string>;
}

interface Remembered {
  caller: Caller;
  notAfter: number;
  issuedAt: number;
  checkedMs: number;
}

const known = new Map<string, Remembered>();

function invalidToken(why: string): Problem {
  return new Problem(
    401,
    "invalid_token",
    "The access token is not valid",
    "Log in (POST /api/v1/auth/login) and send the access token as Authorization: Bearer.",
    [],
    [["www-authenticate", 'Bearer error="invalid_token"']],
    why,
  );
}

/** The caller, on routes that look at a token when there is one: at once when it was seen just now. */
export function authenticate(header: string | null, scope: string, env: Env, config: Config, now: number): Caller | undefined | Promise<Caller> {
  if (header === null) return undefined;
  const token = BEARER.exec(header)?.[1];
  if (token === undefined) throw invalidToken("not a bearer token");
  if (token.length > MAX_LENGTH) throw invalidToken("longer than 4096 bytes");
  const entry = known.get(token);
  const isKnown = entry !== undefined && entry.notAfter * 1000 > now;
  if (isKnown && now >= entry.checkedMs && now - entry.checkedMs < SESSION_RECHECK_MS) return withScope(entry.caller, scope);
  return verify(token, isKnown ? entry : undefined, env, config, now).then((caller) => withScope(caller, scope));
}

function withScope(caller: Caller, scope: string): Caller {
  if (caller.scopes.has(scope)) return caller;
  throw new Problem(
    403,
    "insufficient_scope",
    "The access token does not allow this call",
    "Use a token with the scope that WWW-Authenticate names.",
    [],
    [["www-authenticate", `Bearer error="insufficient_scope", scope="${scope}"`]],
  );
}

async function verify(token: string, entry: Remembered | undefined, env: Env, config: Config, now: number): Promise<Caller> {
  const checked = entry ?? (await check(token, env, config, now));
  const { caller } = checked;
  const rows = await env.DB.prepare(SESSION_STATE).bind(caller.sessionId, caller.userId, now).raw<[number, number]>();
  const state = rows[0];
  if (state === undefined || state[0] !== 1 || checked.issuedAt < Math.floor(state[1] / 1000)) {
    known.delete(token);
    throw invalidToken("the session has ended");
  }
  if (known.size >= MAX_REMEMBERED) {
    for (const [key, { notAfter }] of known) if (notAfter * 1000 <= now) known.delete(key);
    if (known.size >= MAX_REMEMBERED) known.clear();
  }
  known.set(token, { ...checked, checkedMs: now });
  return caller;
}

async function check(token: string, env: Env, config: Config, now: number): Promise<Remembered> {
  const parts = token.split(".");
  if (parts.length !== 3) throw invalidToken("not three parts");
  const header = readPart(parts[0]!, HEADER_MEMBERS, "header");
  if (header["alg"] !== "EdDSA" || header["typ"] !== "at+jwt" || typeof header["kid"] !== "string") throw invalidToken("alg or typ");
  const payload = readPart(parts[1]!, PAYLOAD_MEMBERS, "payload");
  const { iat, nbf, exp, auth_time: authTime, iss, aud, sub, sid, scope } = payload;
  for (const time of [iat, nbf, exp, authTime]) {
    if (!Number.isInteger(time) || (time as number) < 0 || (time as number) >= YEAR_9999) throw invalidToken("a time out of range");
  }
  const seconds = Math.floor(now / 1000);
  if ((exp as number) + LEEWAY <= seconds) throw invalidToken("expired");
  if ((nbf as number) > seconds + LEEWAY || (iat as number) > seconds + LEEWAY) throw invalidToken("not yet valid");

  const key = await findKey(header["kid"], env, now);
  if (key === undefined) throw invalidToken("unknown kid");
  const signed = new TextEncoder().encode(token.slice(0, token.lastIndexOf(".")));
  if (!(await crypto.subtle.verify("Ed25519", key, fromBase64Url(parts[2]!, "signature"), signed))) throw invalidToken("signature");

  if (iss !== config.issuer) throw invalidToken("iss");
  if (aud !== config.audience) throw invalidToken("aud");
  if (typeof sub !== "string" || !isId("user", sub)) throw invalidToken("sub");
  if (typeof sid !== "string" || !isId("session", sid)) throw invalidToken("sid");
  if (typeof scope !== "string") throw invalidToken("payload");
  const caller = { userId: sub, sessionId: sid, scopes: new Set(scope.split(" ")) };
  return { caller, notAfter: (exp as number) + LEEWAY, issuedAt: iat as number, checkedMs: now };
}

/** A part of a token: an object with exactly these members. */
function readPart(part: string, members: string, name: string): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(fromBase64Url(part, name)));
  } catch {
    throw invalidToken(name);
  }
  const isObject = typeof value === "object" && value !== null && !Array.isArray(value);
  if (!isObject || Object.keys(value as object).sort().join() !== members) throw invalidToken(name);
  return value as Record<string, unknown>;
}

function fromBase64Url(text: string, name: string): Uint8Array<ArrayBuffer> {
  if (!/^[A-Za-z0-9_-]+$/.test(text)) throw invalidToken(name);
  try {
    // The alphabet without padding: what is left to refuse are bits that no encoder sets.
    const padded = text + "=".repeat((4 - (text.length % 4)) % 4);
    return Uint8Array.fromBase64(padded, { alphabet: "base64url", lastChunkHandling: "strict" });
  } catch {
    throw invalidToken(name);
  }
}

let keys = new Map<string, CryptoKey>();
let reloadedAt = -Infinity;

/** The public key with this id: from isolate memory, then KV, then D1; unknown ids reload once in 30 s. */
async function findKey(kid: string, env: Env, now: number): Promise<CryptoKey | undefined> {
  const found = keys.get(kid);
  if (found !== undefined || now - reloadedAt < RELOAD_MS) return found;
  reloadedAt = now;
  if (keys.size === 0) {
    const cached = JSON.parse((await env.CACHE.get("signing-keys/v1")) ?? "[]") as string[];
    keys = await importAll(cached);
  }
  if (!keys.has(kid)) {
    const rows = await env.DB.prepare(PUBLIC_KEYS).raw<[number[]]>();
    keys = await importAll(rows.map(([bytes]) => toBase64Url(Uint8Array.from(bytes))));
  }
  return keys.get(kid);
}

async function importAll(halves: string[]): Promise<Map<string, CryptoKey>> {
  const entries = halves.map(async (x): Promise<[string, CryptoKey]> => {
    // RFC 7638: the required members in lexicographic order.
    const jwk = new TextEncoder().encode(`{"crv":"Ed25519","kty":"OKP","x":"${x}"}`);
    const kid = toBase64Url(new Uint8Array(await crypto.subtle.digest("SHA-256", jwk)));
    const key = await crypto.subtle.importKey("raw", fromBase64Url(x, "key"), "Ed25519", false, ["verify"]);
    return [kid, key];
  });
  return new Map(await Promise.all(entries));
}

const toBase64Url = (bytes: Uint8Array) =>
  btoa(String.fromCharCode(...bytes)).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
