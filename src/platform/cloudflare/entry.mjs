// The module that the runtime starts: reads a request's parts and hands them to the Wasm at once.
// Promises to read no more of a body than it may have, and that a panic costs its own request only.
// Leaves every decision to the Rust side.

import * as wasm from "../../../build/worker/index.js";

const HEADERS = wasm.headerNames().split(",");
const ENCODING = "accept-encoding";
const MAX_BODY = wasm.maxBody();
const NOTHING = new Uint8Array();

/** Method, URL and the headers that someone reads, a line each. HTTP allows no line feed in any of them. */
function headOf(request) {
  const { headers } = request;
  let head = `${request.method}\n${request.url}`;
  for (const name of HEADERS) {
    // The edge puts its own list of encodings in the header; what the client sent is in `cf`.
    const value = (name === ENCODING ? request.cf?.clientAcceptEncoding : undefined) ?? headers.get(name);
    head += `\n${value ?? ""}`;
  }
  return head;
}

/** The body's bytes, or undefined when there are more than allowed. */
async function readBody(request) {
  const announced = request.headers.get("content-length");
  if (announced !== null) {
    if (Number(announced) > MAX_BODY) return undefined;
    return new Uint8Array(await request.arrayBuffer());
  }
  const parts = [];
  let length = 0;
  for await (const part of request.body) {
    length += part.byteLength;
    if (length > MAX_BODY) return undefined;
    parts.push(part);
  }
  return new Uint8Array(await new Blob(parts).arrayBuffer());
}

function answer(head, body, env) {
  try {
    const response = wasm.fetch(head, body, env);
    return response instanceof Promise ? response.catch((error) => afterPanic(head, error, env)) : response;
  } catch (error) {
    return afterPanic(head, error, env);
  }
}

function afterPanic(head, error, env) {
  return wasm.answerPanic(head, String(error?.message ?? error), env);
}

export default {
  fetch(request, env) {
    const head = headOf(request);
    if (request.body === null) return answer(head, NOTHING, env);
    return readBody(request).then(
      (body) => answer(head, body, env),
      (error) => afterPanic(head, error, env),
    );
  },
};
