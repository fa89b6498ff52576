// Lays out what the Worker serves as static files: the OpenAPI document, the event types and the interactive reference.
import { cp, mkdir, readdir, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { fromRoot } from "./lib/shell.mjs";

const SWAGGER_UI = ["swagger-ui.css", "swagger-ui-bundle.js"];

/** Writes build/assets from the documents in docs, docs/site and the Swagger UI package. */
export async function layOutAssets() {
  const wanted = new Map(SWAGGER_UI.map((name) => [join("docs", name), fromRoot("node_modules", "swagger-ui-dist", name)]));
  for (const name of ["openapi.json", "webhook-event-types.json"]) wanted.set(name, fromRoot("docs", name));
  for (const name of await readdir(fromRoot("docs", "site"))) wanted.set(join("docs", name), fromRoot("docs", "site", name));
  const to = fromRoot("build", "assets");
  await mkdir(join(to, "docs"), { recursive: true });
  // In place and only what differs: wrangler dev watches this directory.
  for (const folder of ["", "docs"]) {
    for (const name of await readdir(join(to, folder))) {
      const path = join(folder, name);
      if (path !== "docs" && !wanted.has(path)) await rm(join(to, path), { recursive: true });
    }
  }
  for (const [name, from] of wanted) {
    if (!(await same(from, join(to, name)))) await cp(from, join(to, name), { recursive: true, preserveTimestamps: true });
  }
}

async function same(from, to) {
  const [source, copy] = await Promise.all([stat(from), stat(to).catch(() => undefined)]);
  return source.isFile() && copy?.size === source.size && copy.mtimeMs === source.mtimeMs;
}
