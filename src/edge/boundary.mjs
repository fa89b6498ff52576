// Called from boundary.rs, which decides everything: writes responses, and says what becomes of messages. Fixed headers
// are copied natively, once, from Headers made once per isolate.

let host;
let profiles = [];

/** Takes from entry.mjs what this module needs of it: `env` and `settle`. */
export function connect(given) {
  host = given;
}

export function defineProfiles(json) {
  profiles = JSON.parse(json).map((pairs) => new Headers(pairs));
}

/** Names and values follow one another, each ended by a line feed, which no header can hold. */
function setHeaders(headers, lines) {
  let from = 0;
  while (from < lines.length) {
    const name = lines.indexOf("\n", from);
    const value = lines.indexOf("\n", name + 1);
    headers.set(lines.slice(from, name), lines.slice(name + 1, value));
    from = value + 1;
  }
}

function headersOf(profile, lines) {
  const headers = new Headers(profiles[profile]);
  setHeaders(headers, lines);
  return headers;
}

function make(body, status, profile, lines) {
  // The runtime compresses a body only when Content-Encoding is there from the start.
  if (lines.includes("content-encoding\n")) return new Response(body, { status, headers: headersOf(profile, lines) });
  const response = new Response(body, { status, headers: profiles[profile] });
  setHeaders(response.headers, lines);
  return response;
}

export function respond(status, profile, lines, body) {
  // `body` is a view of Wasm memory; the constructor copies it.
  return make(body ?? null, status, profile, lines);
}

export function respondText(status, profile, lines, text, frame) {
  if (frame === undefined) return make(text, status, profile, lines);
  const middle = frame.indexOf("\n");
  // A rope: the runtime flattens and encodes it once.
  return make(frame.slice(0, middle) + text + frame.slice(middle + 1), status, profile, lines);
}

/** Whether the list of tags in `If-None-Match` names `tag` (weak comparison). */
const names = (list, tag) =>
  list.trim() === "*" || list.split(",").some((item) => item.trim().replace(/^W\//, "") === tag);

/** Each coding of a file has a tag of its own, as those of other answers have (etag.rs). */
export async function respondAsset(path, ifNoneMatch, isHead, profile, lines) {
  const asset = await host.env.ASSETS.fetch(new Request(`https://assets${path}`));
  const headers = headersOf(profile, lines);
  const type = asset.headers.get("content-type");
  if (type !== null) headers.set("content-type", type);
  let tag = asset.headers.get("etag");
  if (tag !== null) {
    if (headers.has("content-encoding")) tag = tag.replace(/"$/, '-gzip"');
    headers.set("etag", tag);
    if (names(ifNoneMatch, tag)) {
      headers.delete("content-encoding");
      await asset.body?.cancel();
      return new Response(null, { status: 304, headers });
    }
  }
  if (!isHead) return new Response(asset.body, { status: asset.status, headers });
  await asset.body?.cancel();
  return new Response(null, { status: asset.status, headers, encodeBody: "manual" });
}

/** Says what becomes of the messages of a batch. What its task still does later changes nothing about that. */
export function settleBatch(task, settlements) {
  host.settle(task, settlements);
}
