// Access tokens: the checks of crates/auth/src/tokens.rs, with the signature by WebCrypto. A token passes only if it is
// word for word of the kind that ours issues. Tokens that passed are remembered as they are, which costs less than a
// hash.
import type { Config, Env } from "./platform";
import { isId } from "./ids";
import { findKey } from "./keys";
import { Problem } from "./http";

const MAX_LENGTH = 4096;
const LEEWAY = 30;
const MAX_REMEMBERED = 2_048;
const SESSION_RECHECK_MS = 10_000;
const YEAR_9999 = 253_402_300_800;
const HEADER_MEMBERS = ["alg", "kid", "typ"].join();
const PAYLOAD_MEMBERS = ["amr", "aud", "auth_time", "client_id", "exp", "iat", "iss", "jti", "nbf", "scope", "sid", "sub"].join();
const BEARER = /^bearer ([A-Za-z0-9\-._~+/=]+)$/i;

const STANDING =
  "SELECT s.ended_at IS NULL AND s.expires_at > ?3 AND u.disabled_at IS NULL " +
  "AND s.authenticated_at >= u.password_changed_at, u.role " +
  "FROM sessions s JOIN users u ON u.id = s.user_id WHERE s.id = ?1 AND s.user_id = ?2";

export interface Caller {
  userId: string;
  sessionId: string;
  /** As of the last look at the database. */
  role: string;
  scopes: ReadonlySet<string>;
}

interface Remembered {
  caller: Caller;
  kid: string;
  notAfter: number;
  checkedMs: number;
}

const known = new Map<string, Remembered>();

function invalidToken(why: string): Problem {
  return new Problem(
    401,
    "invalid_token",
    "The access token or API key is not valid",
    "Log in (POST /api/v1/auth/login) and send the access token as Authorization: Bearer. An API key that is refused has ended, or was revoked or mistyped.",
    [],
    [["www-authenticate", 'Bearer error="invalid_token"']],
    why,
  );
}

/** Whom a token stands for that has passed here before; whether it still passes is not asked. */
export function remembered(header: string, now: number): Caller | undefined {
  const entry = known.get(header);
  return entry !== undefined && entry.notAfter * 1000 > now ? entry.caller : undefined;
}

/** The caller, on routes that look at a token when there is one: at once when it was seen just now. */
export function authenticate(header: string, scope: string, env: Env, config: Config, now: number): Caller | Promise<Caller> {
  const entry = known.get(header);
  const isKnown = entry !== undefined && entry.notAfter * 1000 > now;
  if (isKnown && now >= entry.checkedMs && now - entry.checkedMs < SESSION_RECHECK_MS) return withScope(entry.caller, scope);
  return verify(header, isKnown ? entry : undefined, env, config, now).then((caller) => withScope(caller, scope));
}

function withScope(caller: Caller, scope: string): Caller {
  if (caller.scopes.has(scope)) return caller;
  throw new Problem(
    403,
    "insufficient_scope",
    "The access token or API key does not allow this call",
    "Use one with the scope that WWW-Authenticate names. API keys cannot do what only a login may.",
    [],
    [["www-authenticate", `Bearer error="insufficient_scope", scope="${scope}"`]],
  );
}

async function verify(header: string, entry: Remembered | undefined, env: Env, config: Config, now: number): Promise<Caller> {
  if (entry !== undefined && (await findKey(entry.kid, env, now)) === undefined) throw invalidToken("its key was revoked");
  const checked = entry ?? (await check(header, env, config, now));
  const { userId, sessionId, scopes } = checked.caller;
  const rows = await env.DB.prepare(STANDING).bind(sessionId, userId, now).raw<[number, string]>();
  const state = rows[0];
  if (state === undefined || state[0] !== 1) {
    known.delete(header);
    throw invalidToken("the session has ended");
  }
  const caller = { userId, sessionId, scopes, role: state[1] };
  if (known.size >= MAX_REMEMBERED) {
    for (const [key, { notAfter }] of known) if (notAfter * 1000 <= now) known.delete(key);
    if (known.size >= MAX_REMEMBERED) known.clear();
  }
  known.set(header, { ...checked, caller, checkedMs: now });
  return caller;
}

async function check(authorization: string, env: Env, config: Config, now: number): Promise<Remembered> {
  if (authorization.length > MAX_LENGTH) throw invalidToken("longer than 4096 bytes");
  const token = BEARER.exec(authorization)?.[1];
  if (token === undefined) throw invalidToken("not a bearer token");
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

  const { kid } = header;
  const key = await findKey(kid, env, now);
  if (key === undefined) throw invalidToken("unknown kid");
  const signed = new TextEncoder().encode(token.slice(0, token.lastIndexOf(".")));
  if (!(await crypto.subtle.verify("Ed25519", key, fromBase64Url(parts[2]!, "signature"), signed))) throw invalidToken("signature");

  if (iss !== config.issuer) throw invalidToken("iss");
  if (aud !== config.audience) throw invalidToken("aud");
  if (typeof sub !== "string" || !isId("user", sub)) throw invalidToken("sub");
  if (typeof sid !== "string" || !isId("session", sid)) throw invalidToken("sid");
  if (typeof scope !== "string") throw invalidToken("payload");
  const caller = { userId: sub, sessionId: sid, role: "user", scopes: new Set(scope.split(" ")) };
  return { caller, kid, notAfter: (exp as number) + LEEWAY, checkedMs: now };
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
