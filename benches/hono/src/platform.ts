// What the runtime gives the peer: bindings, constants of its bundle, and the little of D1 and KV that it calls.
// Types, and one reading of the configuration for each isolate.
import { readPolicy, type Ask, type Decision, type Policy } from "./limits";

export interface D1PreparedStatement {
  bind(...values: (string | number | null)[]): D1PreparedStatement;
  raw<T extends unknown[]>(): Promise<T[]>;
}

interface LimiterId {
  toString(): string;
}

export interface Env {
  DB: { prepare(sql: string): D1PreparedStatement };
  CACHE: { get(key: string): Promise<string | null>; put(key: string, value: string, options: { expirationTtl: number }): Promise<void> };
  LIMITER: { idFromName(name: string): LimiterId; get(id: LimiterId): { take: (ask: Ask) => Promise<Decision> } };
  MASTER_KEY: string;
  LIMIT_ANONYMOUS: string;
  LIMIT_USER: string;
  LIMIT_BURST: string;
  ISSUER: string;
  AUDIENCE: string;
  ALLOWED_ORIGINS: string;
  COMMIT: string;
}

declare global {
  /** FNV-1a of src/game/reference.json, as build.rs writes it; put in by the bundler. */
  const REFERENCE_VERSION: string;
  /** The version in package.json; put in by the bundler. */
  const VERSION: string;
  interface Uint8Array {
    toHex(): string;
  }
  interface Uint8ArrayConstructor {
    fromBase64(
      text: string,
      options?: { alphabet?: "base64" | "base64url"; lastChunkHandling?: "loose" | "strict" },
    ): Uint8Array<ArrayBuffer>;
  }
}

export interface Config {
  issuer: string;
  audience: string;
  allowedOrigins: ReadonlySet<string>;
  anonymousPolicies: Policy[];
  userPolicies: Policy[];
}

let config: Config | undefined;

export function configOf(env: Env): Config {
  return (config ??= {
    issuer: env.ISSUER,
    audience: env.AUDIENCE,
    allowedOrigins: new Set(env.ALLOWED_ORIGINS.split(",").map((origin) => origin.trim()).filter(Boolean)),
    anonymousPolicies: [readPolicy("anonymous", env.LIMIT_ANONYMOUS)],
    userPolicies: [readPolicy("user", env.LIMIT_USER), readPolicy("burst", env.LIMIT_BURST)],
  });
}
