// Writes responses: called from boundary.rs, which decides everything about them.
// Promises that fixed headers are copied natively from a Headers object made once per isolate.
// Leaves compression to the runtime: a Content-Encoding of gzip makes it encode the body.

let profiles = [];

export function defineProfiles(json) {
  profiles = JSON.parse(json).map((pairs) => new Headers(pairs));
}

function headersOf(profile, lines) {
  const headers = new Headers(profiles[profile]);
  let from = 0;
  while (from < lines.length) {
    const name = lines.indexOf("\n", from);
    const value = lines.indexOf("\n", name + 1);
    headers.set(lines.slice(from, name), lines.slice(name + 1, value));
    from = value + 1;
  }
  return headers;
}

export function respond(status, profile, lines, body) {
  // `body` is a view of Wasm memory; the constructor copies it.
  return new Response(body ?? null, { status, headers: headersOf(profile, lines) });
}

export async function respondAsset(env, path, ifNoneMatch, isHead, profile, lines) {
  const known = ifNoneMatch === "" ? {} : { "if-none-match": ifNoneMatch };
  const asset = await env.ASSETS.fetch(new Request(`https://assets${path}`, { headers: known }));
  const headers = headersOf(profile, lines);
  for (const name of ["content-type", "etag"]) {
    const value = asset.headers.get(name);
    if (value !== null) headers.set(name, value);
  }
  if (asset.status === 304 || isHead) headers.delete("content-encoding");
  const body = isHead ? null : asset.body;
  return new Response(body, { status: asset.status, headers });
}
