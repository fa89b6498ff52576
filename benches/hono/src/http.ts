// Answers: fixed headers by profile, problem details, CORS, entity tags, gzip, and one log line each. Gives the same
// headers and bodies as src/http and src/app.rs.
import type { Config, Env } from "./platform";
import { requestId, traceId } from "./ids";
import { addHeaders, type Notice } from "./limits";

const SECURITY = {
  "strict-transport-security": "max-age=63072000; includeSubDomains",
  "x-content-type-options": "nosniff",
  "referrer-policy": "no-referrer",
  "permissions-policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
  "cross-origin-opener-policy": "same-origin",
  "x-frame-options": "DENY",
  "content-security-policy": "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
  "cross-origin-resource-policy": "cross-origin",
};
const PRIVATE_VARY = "Accept-Encoding, Authorization, Origin";

/** Made once for each isolate and copied natively. */
const PROFILES = {
  private: new Headers({ ...SECURITY, "content-type": "application/json", "cache-control": "private, no-store", vary: PRIVATE_VARY }),
  live: new Headers({ ...SECURITY, "content-type": "application/json", "cache-control": "no-store", vary: "Accept-Encoding, Origin" }),
  problem: new Headers({ ...SECURITY, "content-type": "application/problem+json", "cache-control": "no-store", vary: PRIVATE_VARY }),
  empty: new Headers({ ...SECURITY, "cache-control": "no-store", vary: PRIVATE_VARY }),
};
const EXPOSED = "ETag, Idempotency-Replayed, Link, Location, RateLimit, RateLimit-Policy, Retry-After, X-Request-Id";
const QUOTA_EXCEEDED = "https://iana.org/assignments/http-problem-types#quota-exceeded";
const GZIP_MIN_BYTES = 1024;

export interface Answer {
  status: number;
  profile: keyof typeof PROFILES;
  body: string | null;
  etag?: string;
  extra?: [string, string][];
}

/** One request on its way through. */
export interface Call {
  request: Request;
  env: Env;
  config: Config;
  /** The value of the path's parameter; empty when it has none. */
  id: string;
  begun: number;
  requestId: string;
  traceId: string;
  userId?: string;
  /** What it was charged with, under this key of the limits, until its caller is known. */
  reserved?: string | undefined;
  notice?: Notice;
}

export function begin(request: Request, env: Env, config: Config, id: string): Call {
  const begun = Date.now();
  const { headers } = request;
  return {
    request,
    env,
    config,
    id,
    begun,
    requestId: requestId(headers.get("x-request-id"), begun),
    traceId: traceId(headers.get("traceparent")),
  };
}

export interface FieldError {
  pointer: string;
  code: string;
  detail: string;
}

export class Problem extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    readonly title: string,
    readonly detail: string,
    readonly errors: FieldError[] = [],
    readonly extra: [string, string][] = [],
    cause?: string,
    readonly members: Record<string, unknown> = {},
  ) {
    super(code, { cause });
  }
}

export const notFound = () =>
  new Problem(404, "not_found", "Not found", "Check the path and the id. Resources that you may not see get the same answer.");

export const invalid = (errors: FieldError[]) =>
  new Problem(422, "invalid_input", "The input is not valid", "Correct every entry of errors: each names the place and what is expected.", errors);

const internal = (cause: unknown) =>
  new Problem(500, "internal", "Something broke on our side", "Try again. If it stays, tell the operator the request_id.", [], [], String(cause));

function problemAnswer(problem: Problem, call: Call): Answer {
  const { code, detail, errors, status, title, extra, members } = problem;
  const type = code === "quota_exceeded" ? QUOTA_EXCEEDED : `${call.config.issuer}/docs/problems/${code}`;
  const body = { type, title, status, detail, code, request_id: call.requestId, errors: errors.length > 0 ? errors : undefined, ...members };
  return { status, profile: "problem", body: JSON.stringify(body), extra };
}

/** The answer to whatever a handler threw. */
export function failed(call: Call, error: unknown, route: string): Response {
  const problem = error instanceof Problem ? error : internal(error);
  return end(call, problemAnswer(problem, call), route, problem);
}

/** Writes the response and its log line. */
export function end(call: Call, answer: Answer, route: string, problem?: Problem): Response {
  const { request, config } = call;
  const { status, profile, extra } = answer;
  const headers = new Headers(PROFILES[profile]);
  let { body, etag } = answer;
  if (extra) for (const [name, value] of extra) headers.set(name, value);
  const origin = request.headers.get("origin");
  if (origin !== null && config.allowedOrigins.has(origin)) {
    headers.set("access-control-allow-origin", origin);
    headers.set("access-control-expose-headers", EXPOSED);
  }
  headers.set("x-request-id", call.requestId);
  if (body !== null && body.length > GZIP_MIN_BYTES && acceptsGzip(request.headers.get("accept-encoding"))) {
    headers.set("content-encoding", "gzip");
    etag = etag?.replace(/"$/, '-gzip"');
  }
  if (etag !== undefined) headers.set("etag", etag);
  const ended = Date.now();
  if (call.notice !== undefined) addHeaders(headers, call.notice, ended);
  const line = {
    time: new Date(ended).toISOString(),
    level: status >= 500 ? "error" : "info",
    event: "request",
    request_id: call.requestId,
    trace_id: call.traceId,
    method: request.method,
    route,
    status,
    duration_ms: ended - call.begun,
    user_id: call.userId,
    code: problem?.code,
    cause: problem?.cause,
  };
  (status >= 500 ? console.error : console.log)(JSON.stringify(line));
  return new Response(body, { status, headers });
}

export function acceptsGzip(header: string | null): boolean {
  if (header === null) return false;
  const quality = (wanted: string) => {
    for (const item of header.split(",")) {
      const [name, ...parameters] = item.split(";").map((part) => part.trim());
      if (name!.toLowerCase() !== wanted) continue;
      const weight = parameters.find((part) => part.startsWith("q="));
      return weight === undefined ? 1 : Number(weight.slice(2));
    }
    return undefined;
  };
  return (quality("gzip") ?? quality("*") ?? 0) > 0;
}

/** Whether If-None-Match names `tag` (RFC 9110, section 13.1.2). */
export function isNotModified(request: Request, tag: string): boolean {
  const list = request.headers.get("if-none-match");
  if (list === null) return false;
  if (list.trim() === "*") return true;
  return list.split(",").some((item) => {
    const opaque = /^(?:W\/)?"(.*)"$/.exec(item.trim())?.[1];
    return opaque !== undefined && `"${opaque.replace(/-gzip$/, "")}"` === tag;
  });
}

/** OPTIONS, and 405 for the methods that a path does not take. */
export function otherMethod(call: Call, allow: string): Answer {
  const { request, config } = call;
  if (request.method !== "OPTIONS") {
    throw new Problem(405, "method_not_allowed", "This path does not take this method", "Use a method that the Allow header names.", [], [["allow", allow]]);
  }
  const origin = request.headers.get("origin");
  const extra: [string, string][] = [["allow", allow]];
  if (origin === null || request.headers.get("access-control-request-method") === null) return { status: 204, profile: "empty", body: null, extra };
  if (!config.allowedOrigins.has(origin)) {
    throw new Problem(403, "origin_not_allowed", "Pages of this origin may not call the API", "Ask the operator to add the origin to ALLOWED_ORIGINS.");
  }
  extra.push(
    ["access-control-allow-methods", allow],
    ["access-control-allow-headers", "Authorization, Content-Type, Idempotency-Key, If-Match, If-None-Match, Traceparent, X-Request-Id"],
    ["access-control-max-age", "3600"],
  );
  return { status: 204, profile: "empty", body: null, extra };
}
