// `npm run openapi`: writes docs/openapi.json and docs/webhook-event-types.json anew, from the code. `npm test` compares them.
import { writeFile } from "node:fs/promises";
import { fromRoot, run, say, whenMain } from "./lib/shell.mjs";
import { ensureToolchains, using } from "./toolchain.mjs";

const FILES = new Map([["openapi", "openapi.json"], ["event_types", "webhook-event-types.json"]]);

await whenMain(import.meta.url, async () => {
  const { native } = await ensureToolchains();
  for (const [example, name] of FILES) {
    const { stdout } = await run("cargo", ["run", "--locked", "--example", example], { show: "progress", env: using(native) });
    await writeFile(fromRoot("docs", name), stdout);
    say(`✓ docs/${name}`);
  }
});
