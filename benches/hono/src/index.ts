// The peer of the bench: the same routes in Hono and TypeScript, as fast as we know how to write them.
// Promises answers that are ours byte for byte, with the same checks, headers and log line on the way.
// Leaves to others: every route that the bench does not measure.
import { Hono, type Context } from "hono";
import { getBuild, listBuilds } from "./builds";
import { decode, MAX_TEXT } from "./chat-code";
import { begin, end, failed, notFound, otherMethod, type Answer, type Call } from "./http";
import { readCode, readJson } from "./input";
import { configOf, type Env } from "./platform";
import { authenticate, type Caller } from "./tokens";

type Handler = (call: Call, caller: Caller | undefined) => Answer | Promise<Answer>;
const MAX_TARGET = 8 * 1024;

/**
 * One Hono handler for each route, with nothing composed around it: Hono then calls it directly,
 * which is faster than the same work as middleware.
 */
function route(pattern: string, scope: string | undefined, handle: Handler) {
  return (c: Context<{ Bindings: Env }>): Response | Promise<Response> => {
    const request = c.req.raw;
    const { env } = c;
    const call = begin(request, env, configOf(env), c.req.param("id") ?? "");
    try {
      if (request.url.length > MAX_TARGET) throw notFound();
      const caller = scope === undefined ? undefined : authenticate(request.headers.get("authorization"), scope, env, call.config, call.begun);
      const answer = caller instanceof Promise ? caller.then((found) => handled(call, found, handle)) : handled(call, caller, handle);
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

function handled(call: Call, caller: Caller | undefined, handle: Handler): Answer | Promise<Answer> {
  call.userId = caller?.userId;
  return handle(call, caller);
}

const live: Handler = ({ env }) => ({
  status: 200,
  profile: "live",
  body: JSON.stringify({ status: "ok", version: VERSION, commit: env.COMMIT }),
});

const decodeChatCode: Handler = async ({ request }) => {
  const code = readCode(await readJson(request), MAX_TEXT);
  return { status: 200, profile: "live", body: JSON.stringify({ template: decode(code.trim()) }) };
};

const app = new Hono<{ Bindings: Env }>();
const METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];

function add(method: "GET" | "POST", path: string, pattern: string, scope: string | undefined, handle: Handler) {
  app.on(method, path, route(pattern, scope, handle));
  const allow = [method, ...(method === "GET" ? ["HEAD"] : []), "OPTIONS"].join(", ");
  const others = METHODS.filter((other) => other !== method);
  app.on(others, path, route("none", undefined, (call) => otherMethod(call, allow)));
}

add("GET", "/api/v1/builds/:id", "/api/v1/builds/{id}", "builds:read", getBuild);
add("GET", "/api/v1/builds", "/api/v1/builds", "builds:read", listBuilds);
add("POST", "/api/v1/chat-codes/decode", "/api/v1/chat-codes/decode", undefined, decodeChatCode);
add("GET", "/health/live", "/health/live", undefined, live);
app.notFound(route("none", undefined, () => {
  throw notFound();
}));

export default app;
