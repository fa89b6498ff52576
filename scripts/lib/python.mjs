// Programs and libraries from PyPI that tests and scans need, pinned, in virtual environments beside the other tools. An environment
// whose making was interrupted is made anew.
import { createHash } from "node:crypto";
import { mkdir, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { cacheDirectory } from "../tools.mjs";
import { Failure, run, say, step, whenMain } from "./shell.mjs";

/** Gives the directory of the programs of an environment with `packages` (`name==version`), making it when it is not there. */
export async function ensurePython(packages) {
  const [first] = packages[0].split("==");
  const home = join(cacheDirectory(), "tools", `python-${first}-${createHash("sha256").update(packages.join(" ")).digest("hex").slice(0, 8)}`);
  const complete = join(home, "complete");
  if ((await stat(complete).catch(() => undefined)) === undefined) {
    await step(packages.join(", "), async () => {
      // In place under its final name, because a virtual environment holds its own path.
      await rm(home, { recursive: true, force: true });
      await mkdir(home, { recursive: true });
      await run("python3", ["-m", "venv", home]);
      await run(join(home, "bin", "pip"), ["install", "--quiet", "--disable-pip-version-check", ...packages]);
      await writeFile(complete, "");
    });
  }
  return join(home, "bin");
}

await whenMain(import.meta.url, async (packages) => {
  if (packages.length === 0) throw new Failure("Usage: node scripts/lib/python.mjs NAME==VERSION...");
  say(await ensurePython(packages));
});
