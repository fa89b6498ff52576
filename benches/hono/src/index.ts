// The peer of the bench: the same routes in Hono and TypeScript, as fast as we know how to write them. Gives answers
// that are ours byte for byte, with the same checks, headers and log line on the way.
import { Hono, type Context } from "hono";
import { getBuild, listBuilds } from "./builds";
import { decode, MAX_PASTE, notes } from "./chat-code";
import { begin, end, failed, notFound, otherMethod, type Answer, type Call } from "./http";
import { readCode, readJson } from "./input";
import { chargeBefore, chargeInstead } from "./limits";
import { configOf, type Env } from "./platform";
import { authenticate, remembered, type Caller } from "./tokens";

export { Limiter } from "./limits";

type Handler = (call: Call, caller: Caller | undefined) => Answer | Promise<Answer>;
const MAX_TARGET = 8 * 1024;

type Limit = "counted" | "unlimited";

/**
 * One Hono handler for each route, with nothing composed around it: Hono then calls it directly,
 * which is faster than the same work as middleware.
 */
function route(pattern: string, scope: string | undefined, limitOf: (method: string) => Limit, handle: Handler) {
  return (c: Context<{ Bindings: Env }>): Response | Promise<Response> => {
    const request = c.req.raw;
    const { env } = c;
    const call = begin(request, env, configOf(env), c.req.param("id") ?? "");
    try {
      if (request.url.length > MAX_TARGET) throw notFound();
      const authorization = scope === undefined ? null : request.headers.get("authorization");
      const known = authorization === null ? undefined : remembered(authorization, call.begun);
      const charged = limitOf(request.method) === "unlimited" ? undefined : chargeBefore(call, known);
      const answer =
        charged === undefined
          ? authenticated(call, authorization, scope, handle)
          : charged.then(() => authenticated(call, authorization, scope, handle));
      if (!(answer instanceof Promise)) return end(call, answer, pattern);
      return answer.then(
        (ready) => end(call, ready, pattern),
        (error) => failed(call, error, pattern),
      );
    } catch (error) {
      return failed(call, error, pattern);
    }
  };
}

function authenticated(call: Call, authorization: string | null, scope: string | undefined, handle: Handler): Answer | Promise<Answer> {
  if (authorization === null || scope === undefined) return handle(call, undefined);
  const caller = authenticate(authorization, scope, call.env, call.config, call.begun);
  return caller instanceof Promise || call.reserved !== undefined ? identified(call, caller, handle) : handled(call, caller, handle);
}

async function identified(call: Call, caller: Caller | Promise<Caller>, handle: Handler): Promise<Answer> {
  const found = await caller;
  await chargeInstead(call, found);
  return handled(call, found, handle);
}

function handled(call: Call, caller: Caller, handle: Handler): Answer | Promise<Answer> {
  call.userId = caller.userId;
  return handle(call, caller);
}

const live: Handler = ({ env }) => ({
  status: 200,
  profile: "live",
  body: JSON.stringify({ status: "ok", version: VERSION, commit: env.COMMIT }),
});

const decodeChatCode: Handler = async ({ request }) => {
  const code = readCode(await readJson(request), MAX_PASTE);
  const template = decode(code.trim());
  return { status: 200, profile: "live", body: JSON.stringify({ template, notes: notes(template) }) };
};

const app = new Hono<{ Bindings: Env }>();
const METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];

const counted = (): Limit => "counted";
const unlimited = (): Limit => "unlimited";
/** Preflights are not counted; everything else is, also where there is nothing. */
const butPreflights = (method: string): Limit => (method === "OPTIONS" ? "unlimited" : "counted");

function add(method: "GET" | "POST", path: string, pattern: string, scope: string | undefined, limitOf: () => Limit, handle: Handler) {
  app.on(method, path, route(pattern, scope, limitOf, handle));
  const allow = [method, ...(method === "GET" ? ["HEAD"] : []), "OPTIONS"].join(", ");
  const others = METHODS.filter((other) => other !== method);
  app.on(others, path, route("none", undefined, butPreflights, (call) => otherMethod(call, allow)));
}

add("GET", "/api/v1/builds/:id", "/api/v1/builds/{id}", "builds:read", counted, getBuild);
add("GET", "/api/v1/builds", "/api/v1/builds", "builds:read", counted, listBuilds);
add("POST", "/api/v1/chat-codes/decode", "/api/v1/chat-codes/decode", undefined, counted, decodeChatCode);
add("GET", "/health/live", "/health/live", undefined, unlimited, live);
app.notFound(route("none", undefined, counted, () => {
  throw notFound();
}));

export default app;
