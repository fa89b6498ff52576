// The public keys: from isolate memory, then KV, then D1, with the ages of crates/auth/src/keys/ring.rs. A key which
// does not verify now is not given.
import type { Env } from "./platform";

const MAX_AGE_MS = 300_000;
const RELOADS_AT_ONCE = 10;
const RELOAD_MS = 3_000;
const MAX_MISSING = 100;
const SKEW_MS = 30_000;
const CACHE_KEY = "signing-keys/v2";
const CACHE_SECONDS = 600;
const THUMBPRINT = /^[A-Za-z0-9_-]{43}$/;
const PUBLIC_KEYS =
  "SELECT public_key, created_at, activates_at, retires_at, removed_at, revoked_at " +
  "FROM signing_keys WHERE revoked_at IS NULL ORDER BY generation DESC";

interface Entry {
  x: string;
  created_at: number;
  activates_at: number;
  retires_at: number | null;
  removed_at: number | null;
}

interface View {
  readAt: number;
  keys: Map<string, Entry & { key: CryptoKey }>;
}

let view: View | undefined;
let paidUntil = 0;
const missing = new Set<string>();

const isFresh = (readAt: number, now: number) => now >= readAt && now - readAt < MAX_AGE_MS;

/** The public key with this id, if tokens that it verifies may be believed now. */
export async function findKey(kid: string, env: Env, now: number): Promise<CryptoKey | undefined> {
  let held = view !== undefined && isFresh(view.readAt, now) ? view : await read(env, now);
  if (!held.keys.has(kid)) {
    const mayReload = paidUntil - now <= (RELOADS_AT_ONCE - 1) * RELOAD_MS;
    if (!THUMBPRINT.test(kid) || missing.has(kid) || !mayReload) return undefined;
    held = await reload(env, now);
    if (!held.keys.has(kid)) {
      paidUntil = Math.max(paidUntil, now) + RELOAD_MS;
      if (missing.size >= MAX_MISSING) missing.clear();
      missing.add(kid);
    }
  }
  const found = held.keys.get(kid);
  if (found === undefined) return undefined;
  const { activates_at: activatesAt, removed_at: removedAt } = found;
  return now + SKEW_MS >= activatesAt && (removedAt === null || removedAt > now) ? found.key : undefined;
}

async function read(env: Env, now: number): Promise<View> {
  const text = view === undefined ? await env.CACHE.get(CACHE_KEY) : null;
  if (text !== null) {
    const { read_at: readAt, keys, tag } = JSON.parse(text) as { read_at: number; keys: Entry[]; tag: string };
    const isOwn = await crypto.subtle.verify("HMAC", await tagKeyOf(env), Uint8Array.fromBase64(tag, { alphabet: "base64url" }), tagged(readAt, keys));
    if (isOwn && keys.length > 0 && isFresh(readAt, now)) return (view = await viewOf(readAt, keys));
  }
  return reload(env, now);
}

async function reload(env: Env, now: number): Promise<View> {
  const rows = await env.DB.prepare(PUBLIC_KEYS).raw<[number[], number, number, number | null, number | null]>();
  const keys = rows.map(([bytes, created_at, activates_at, retires_at, removed_at]): Entry => ({ x: toBase64Url(Uint8Array.from(bytes)), created_at, activates_at, retires_at, removed_at }));
  const tag = toBase64Url(new Uint8Array(await crypto.subtle.sign("HMAC", await tagKeyOf(env), tagged(now, keys))));
  await env.CACHE.put(CACHE_KEY, JSON.stringify({ read_at: now, keys, tag }), { expirationTtl: CACHE_SECONDS });
  return (view = await viewOf(now, keys));
}

/** Whoever can write to KV still cannot name a key. */
const tagKeyOf = (env: Env) =>
  crypto.subtle.importKey("raw", new TextEncoder().encode(env.MASTER_KEY), { name: "HMAC", hash: "SHA-256" }, false, ["sign", "verify"]);
const tagged = (readAt: number, keys: Entry[]) => new TextEncoder().encode(JSON.stringify([readAt, keys]));

async function viewOf(readAt: number, list: Entry[]): Promise<View> {
  const entries = list.map(async (entry): Promise<[string, Entry & { key: CryptoKey }]> => {
    // RFC 7638: the required members in lexicographic order.
    const jwk = new TextEncoder().encode(`{"crv":"Ed25519","kty":"OKP","x":"${entry.x}"}`);
    const kid = toBase64Url(new Uint8Array(await crypto.subtle.digest("SHA-256", jwk)));
    const bytes = Uint8Array.fromBase64(entry.x, { alphabet: "base64url" });
    return [kid, { ...entry, key: await crypto.subtle.importKey("raw", bytes, "Ed25519", false, ["verify"]) }];
  });
  return { readAt, keys: new Map(await Promise.all(entries)) };
}

const toBase64Url = (bytes: Uint8Array) =>
  btoa(String.fromCharCode(...bytes)).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
