// Rate limits: leases in the isolate's memory, and the Durable Object that hands them out. Gives the rules of
// crates/limits/src, in the numbers of JavaScript: exact for quotas whose microseconds fit 53 bits.
import { DurableObject } from "cloudflare:workers";
import { Problem, type Call } from "./http";
import type { Caller } from "./tokens";

const LEASE_MS = 2_000;
const MAX_LEASE = 100;
const MIN_LEASED_PER_MINUTE = 600;
const SHORT_WINDOW_S = 2;
const ASKING_MS = 1_000;
const LOW_PART = 16;
const EARLY_MS = LEASE_MS / 2;
const KEEP_STATE_MS = 60_000;
const MAX_KEYS = 10_000;
const PART_OF_WINDOW = 200;
const ASK_WITHIN_MS = 2_000;

export interface Policy {
  name: string;
  quota: number;
  windowS: number;
}

export interface Ask {
  policies: Policy[];
  need: number;
  mayLease: boolean;
  back: number;
  backAgeMs: number;
}

interface Standing {
  remaining: number;
  resetMs: number;
  retryMs: number;
}

export interface Decision {
  granted: number;
  standings: Standing[];
}

/** Microseconds since 1970 when all of a quota is there again, and `quota`-ths of one. */
type Tat = [us: number, parts: number];

/** Reads `1000/60`. */
export function readPolicy(name: string, text: string): Policy {
  const [quota, windowS] = text.split("/").map(Number);
  return { name, quota: quota!, windowS: windowS! };
}

const clamp = (value: number, least: number, most: number) => Math.min(Math.max(value, least), most);
const interval = ({ windowS }: Policy) => windowS * 1e6;

function spent(policy: Policy, [us, parts]: Tat, now: number): number {
  const ahead = clamp(us - now, -1, interval(policy));
  return clamp(ahead * policy.quota + Math.min(parts, policy.quota), 0, interval(policy) * policy.quota);
}

const after = ({ quota }: Policy, amount: number, now: number): Tat => [now + Math.floor(amount / quota), amount % quota];
const remaining = (policy: Policy, tat: Tat, now: number) => policy.quota - Math.ceil(spent(policy, tat, now) / interval(policy));

function share(policy: Policy, left: number, need: number): number {
  const isSlow = policy.quota * 60 < MIN_LEASED_PER_MINUTE * policy.windowS;
  if (isSlow || left * 4 < policy.quota) return need;
  const part = policy.windowS <= SHORT_WINDOW_S ? 4 : 20;
  return Math.max(clamp(Math.floor(left / part), 1, MAX_LEASE), need);
}

function standing(policy: Policy, tat: Tat, now: number, waiting: number): Standing {
  const used = spent(policy, tat, now);
  const lacking = used + Math.min(waiting, policy.quota) * interval(policy) - interval(policy) * policy.quota;
  const milliseconds = (amount: number) => Math.ceil(Math.ceil(amount / policy.quota) / 1000);
  return { remaining: remaining(policy, tat, now), resetMs: milliseconds(used), retryMs: milliseconds(Math.max(lacking, 0)) };
}

/** Counts for one key, and keeps nothing but what it has stored. */
export class Limiter extends DurableObject {
  take({ policies, need, mayLease, back, backAgeMs }: Ask): Decision {
    const { storage } = this.ctx;
    const stored = storage.kv.get<Tat[]>("state");
    const now = Date.now() * 1000;
    let wanted = Infinity;
    const tats = policies.map((policy, index): Tat => {
      let tat: Tat = stored?.[index] ?? [0, 0];
      if (backAgeMs >= 0 && backAgeMs < policy.windowS * 1000) {
        const given = Math.min(back, policy.quota) * interval(policy);
        tat = after(policy, Math.max(spent(policy, tat, now) - given, 0), now);
      }
      wanted = Math.min(wanted, share(policy, remaining(policy, tat, now), need));
      return tat;
    });
    if (!mayLease) wanted = need;
    const isGranted = policies.every((policy, index) => wanted <= remaining(policy, tats[index]!, now));
    const next = isGranted ? tats.map((tat, index) => after(policies[index]!, spent(policies[index]!, tat, now) + wanted * interval(policies[index]!), now)) : tats;
    storage.kv.put("state", next);
    if (stored === undefined) storage.setAlarm(Math.max(forgetAt(next), Date.now() + KEEP_STATE_MS));
    const waiting = isGranted ? 0 : need;
    return { granted: isGranted ? wanted : 0, standings: policies.map((policy, index) => standing(policy, next[index]!, now, waiting)) };
  }

  async alarm() {
    const { storage } = this.ctx;
    const at = forgetAt(storage.kv.get<Tat[]>("state") ?? []);
    if (at > Date.now()) await storage.setAlarm(at);
    else await storage.deleteAll();
  }
}

const forgetAt = (tats: Tat[]) => Math.floor((Math.max(0, ...tats.map(([us]) => us)) + 1) / 1000) + 1;

interface Entry {
  leased: number;
  leaseEndsMs: number;
  low: number;
  back: number;
  backSinceMs: number;
  askedMs: number;
  refusedUntilMs: number;
  violated: string[];
  /** What is left of each policy, and when all of it is there again. */
  left: { remaining: number; wholeAtMs: number }[];
}

const entries = new Map<string, Entry>();

function entryOf(key: string, now: number): Entry {
  let entry = entries.get(key);
  if (entry !== undefined) return entry;
  if (entries.size >= MAX_KEYS) {
    for (const [old, { leaseEndsMs, askedMs, refusedUntilMs }] of entries) {
      if (leaseEndsMs <= now && now - askedMs >= ASKING_MS && refusedUntilMs <= now) entries.delete(old);
    }
    if (entries.size >= MAX_KEYS) entries.clear();
  }
  entry = { leased: 0, leaseEndsMs: 0, low: 0, back: 0, backSinceMs: 0, askedMs: -Infinity, refusedUntilMs: 0, violated: [], left: [] };
  entries.set(key, entry);
  return entry;
}

const isLeased = ({ leaseEndsMs }: Entry, now: number) => leaseEndsMs > now && leaseEndsMs - now <= LEASE_MS;

/** Nearly spent in the first half of its life, and nobody has asked for the next one. */
const isLow = (entry: Entry, now: number) =>
  entry.leased - 1 < entry.low && entry.leaseEndsMs - now > EARLY_MS && now - entry.askedMs >= ASKING_MS;

function endLease(entry: Entry, now: number) {
  if (entry.leased === 0 || isLeased(entry, now)) return;
  if (entry.back === 0) entry.backSinceMs = entry.leaseEndsMs - LEASE_MS;
  entry.back += entry.leased;
  entry.leased = 0;
}

function putInHand(entry: Entry, count: number, now: number) {
  endLease(entry, now);
  if (entry.leased === 0) entry.leaseEndsMs = now + LEASE_MS;
  entry.leased += count;
}

/** What the answer says of the caller's quota. */
export interface Notice {
  policies: Policy[];
  left: { remaining: number; wholeAtMs: number }[];
}

function spend(call: Call, policies: Policy[], entry: Entry, need: number) {
  entry.leased -= need;
  entry.left = entry.left.map(({ remaining, wholeAtMs }) => ({ remaining: Math.max(remaining - need, 0), wholeAtMs }));
  call.notice = { policies, left: entry.left };
}

function refuse(call: Call, policies: Policy[], entry: Entry, now: number): never {
  call.notice = { policies, left: entry.left };
  const members = { "violated-policies": entry.violated };
  const wait = String(Math.max(Math.ceil((entry.refusedUntilMs - now) / 1000), 1));
  const detail = "Wait the seconds in Retry-After. RateLimit-Policy says what is allowed, violated-policies what was exceeded.";
  throw new Problem(429, "quota_exceeded", "Too many requests", detail, [], [["retry-after", wait]], undefined, members);
}

/** Charges one request to `key`: at once when there is a lease. */
function charge(call: Call, policies: Policy[], key: string): undefined | Promise<void> {
  const now = call.begun;
  const entry = entryOf(key, now);
  if (entry.refusedUntilMs > now) refuse(call, policies, entry, now);
  if (isLeased(entry, now) && entry.leased >= 1 && !isLow(entry, now)) return spend(call, policies, entry, 1) as undefined;
  return ask(call, policies, key, entry, now);
}

async function ask(call: Call, policies: Policy[], key: string, entry: Entry, now: number): Promise<void> {
  const mayLease = now - entry.askedMs >= ASKING_MS;
  endLease(entry, now);
  entry.askedMs = now;
  const { back } = entry;
  entry.back = 0;
  const decision = await askObject(call, key, { policies, need: 1, mayLease, back, backAgeMs: now - entry.backSinceMs });
  const then = Date.now();
  entry.askedMs = -Infinity;
  putInHand(entry, decision.granted, then);
  if (decision.granted !== 1) entry.low = Math.floor(decision.granted / LOW_PART);
  entry.left = decision.standings.map(({ remaining, resetMs }) => ({ remaining: remaining + entry.leased, wholeAtMs: then + resetMs }));
  if (entry.leased >= 1) {
    entry.refusedUntilMs = 0;
    return spend(call, policies, entry, 1);
  }
  const waits = policies.map(({ windowS }, index) => {
    const { retryMs } = decision.standings[index]!;
    return retryMs > 0 ? Math.max(retryMs, (windowS * 1000) / PART_OF_WINDOW) : 0;
  });
  entry.violated = policies.filter((_, index) => waits[index]! > 0).map(({ name }) => name);
  entry.refusedUntilMs = then + Math.max(1, ...waits);
  refuse(call, policies, entry, then);
}

let nameKey: Promise<CryptoKey> | undefined;

async function askObject({ env }: Call, key: string, question: Ask): Promise<Decision> {
  const text = new TextEncoder();
  nameKey ??= crypto.subtle.importKey("raw", text.encode(env.MASTER_KEY), { name: "HMAC", hash: "SHA-256" }, false, ["sign"]);
  const name = new Uint8Array(await crypto.subtle.sign("HMAC", await nameKey, text.encode(key))).toHex();
  let timer: number | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer within ${ASK_WITHIN_MS} ms`)), ASK_WITHIN_MS);
  });
  try {
    return await Promise.race([env.LIMITER.get(env.LIMITER.idFromName(name)).take(question), late]);
  } finally {
    clearTimeout(timer);
  }
}

/** One IPv4 address, or the first 64 bits of an IPv6 one. */
function addressPrefix(text: string | null): string {
  if (text === null) return "unknown";
  if (!text.includes(":")) return text;
  const [head = "", tail] = text.split("::");
  const groups = head === "" ? [] : head.split(":");
  const rest = tail === undefined || tail === "" ? [] : tail.split(":");
  while (groups.length + rest.length < 8) groups.push("0");
  return `${[...groups, ...rest].slice(0, 4).map((group) => Number.parseInt(group, 16).toString(16)).join(":")}:/64`;
}

/** Charges whom the isolate remembers, or else the address, before the credential is looked at. */
export function chargeBefore(call: Call, known: Caller | undefined): undefined | Promise<void> {
  const { config, request } = call;
  if (known !== undefined) return charge(call, config.userPolicies, `1${known.userId}`);
  call.reserved = `0${addressPrefix(request.headers.get("cf-connecting-ip"))}`;
  return charge(call, config.anonymousPolicies, call.reserved);
}

/** Once it is known who calls: they are charged, and their address gets its request back. */
export async function chargeInstead(call: Call, caller: Caller): Promise<void> {
  const { reserved } = call;
  if (reserved === undefined) return;
  call.reserved = undefined;
  await charge(call, call.config.userPolicies, `1${caller.userId}`);
  const now = Date.now();
  const entry = entryOf(reserved, now);
  putInHand(entry, 1, now);
  entry.left = entry.left.map(({ remaining, wholeAtMs }) => ({ remaining: remaining + 1, wholeAtMs }));
}

/** `RateLimit-Policy` and `RateLimit`. */
export function addHeaders(headers: Headers, { policies, left }: Notice, now: number) {
  let fields = "";
  let slowest = 0;
  policies.forEach(({ name, quota, windowS }, index) => {
    fields += `${index === 0 ? "" : ", "}"${name}";q=${quota};w=${windowS}`;
    if (left[index]!.wholeAtMs >= left[slowest]!.wholeAtMs) slowest = index;
  });
  headers.set("ratelimit-policy", fields);
  const { remaining, wholeAtMs } = left[slowest]!;
  headers.set("ratelimit", `"${policies[slowest]!.name}";r=${remaining};t=${Math.ceil(Math.max(wholeAtMs - now, 0) / 1000)}`);
}
