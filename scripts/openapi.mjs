// `npm run openapi`: writes docs/openapi.json anew, from the route table.
// Promises: what `npm test` compares the file with.
// Leaves to others: what is in it (src/openapi.rs), serving it (scripts/assets.mjs).
import { writeFile } from "node:fs/promises";
import { fromRoot, run, say, whenMain } from "./lib/shell.mjs";
import { ensureToolchains, using } from "./toolchain.mjs";

await whenMain(import.meta.url, async () => {
  const { native } = await ensureToolchains();
  const { stdout } = await run("cargo", ["run", "--locked", "--example", "openapi"], { show: "progress", env: using(native) });
  await writeFile(fromRoot("docs", "openapi.json"), stdout);
  say("✓ docs/openapi.json");
});
