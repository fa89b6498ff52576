// A Worker with the holes that the scanners look for: what they must find before their silence about ours says anything. Listens on
// loopback only, holds nothing, and is never deployed.
import { Miniflare } from "miniflare";

const SOURCE = `
  export default {
    async fetch(request, { DB }) {
      const url = new URL(request.url);
      const body = request.method === "POST" ? await request.json().catch(() => ({})) : {};
      const html = { "content-type": "text/html" };
      const page = (text) => new Response("<!doctype html><title>x</title>" + text, { headers: html });
      if (url.pathname === "/") return page('<a href="/items?name=one">items</a> <a href="/hello?name=you">hello</a>');
      if (url.pathname === "/hello") return page("<p>" + url.searchParams.get("name") + "</p>");
      const name = url.pathname === "/items" ? (url.searchParams.get("name") ?? body.name) : decodeURIComponent(url.pathname.slice(1));
      try {
        const { results } = await DB.prepare("SELECT name FROM items WHERE name = '" + name + "'").all();
        return Response.json(results, { status: results.length > 0 ? 200 : 404 });
      } catch (error) {
        return new Response(error.message, { status: 500 });
      }
    },
  };
`;

/** Starts it; gives `{url, dispose}`. */
export async function startVulnerable() {
  const miniflare = new Miniflare({
    host: "127.0.0.1",
    port: 0,
    cf: false,
    modules: true,
    script: SOURCE,
    compatibilityDate: "2026-04-26",
    d1Databases: ["DB"],
  });
  const url = await miniflare.ready;
  const d1 = await miniflare.getD1Database("DB");
  await d1.exec("CREATE TABLE items (name TEXT)");
  await d1.exec("INSERT INTO items VALUES ('one'), ('two')");
  return { url, dispose: () => miniflare.dispose() };
}
