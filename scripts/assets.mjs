// Lays out what the Worker serves as static files: the interactive API reference.
// Promises: build/assets holds exactly those files, every one from this repository or a pinned package.
// Leaves to others: the pages themselves (docs/site), headers and caching (the Worker).
import { cp, mkdir, readdir, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { fromRoot } from "./lib/shell.mjs";

const SWAGGER_UI = ["swagger-ui.css", "swagger-ui-bundle.js"];

/** Writes build/assets/docs from docs/site and the Swagger UI package. */
export async function layOutAssets() {
  const to = fromRoot("build", "assets", "docs");
  await mkdir(to, { recursive: true });
  const wanted = new Map(SWAGGER_UI.map((name) => [name, fromRoot("node_modules", "swagger-ui-dist", name)]));
  for (const name of await readdir(fromRoot("docs", "site")).catch(() => [])) {
    wanted.set(name, fromRoot("docs", "site", name));
  }
  // In place and only what differs: wrangler dev watches this directory.
  for (const name of await readdir(to)) {
    if (!wanted.has(name)) await rm(join(to, name), { recursive: true });
  }
  for (const [name, from] of wanted) {
    if (!(await same(from, join(to, name)))) await cp(from, join(to, name), { recursive: true, preserveTimestamps: true });
  }
}

async function same(from, to) {
  const [source, copy] = await Promise.all([stat(from), stat(to).catch(() => undefined)]);
  return source.isFile() && copy?.size === source.size && copy.mtimeMs === source.mtimeMs;
}
