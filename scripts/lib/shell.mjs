// Running commands and talking to the person at the terminal. A failed command ends the script with its name, its own words and
// exit code 1; nothing asks for input.
import { spawn } from "node:child_process";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

export const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
export const fromRoot = (...parts) => join(root, ...parts);

/** A failure whose message is all the reader needs; shown without a stack. */
export class Failure extends Error {}

export const say = (line) => process.stdout.write(`${clearLine()}${line}\n`);

export const seconds = (since) => `${((performance.now() - since) / 1000).toFixed(1)} s`;

/** Runs `work` under a name and prints how long it took. `work` may return a word on what it found. */
export async function step(name, work) {
  const start = performance.now();
  const note = await work();
  say(`✓ ${name}${typeof note === "string" ? ` (${note})` : ""} ${seconds(start)}`);
}

/** Runs `main` when the module at `url` is the one that Node was started with. */
export async function whenMain(url, main) {
  if (process.argv[1] === undefined || pathToFileURL(process.argv[1]).href !== url) return;
  try {
    await main(process.argv.slice(2));
  } catch (error) {
    say(error instanceof Failure ? `\n✗ ${error.message}` : `\n✗ ${error.stack}`);
    process.exitCode = 1;
  }
}

const running = new Set();

/** Stops what `run` started and has not ended yet. */
export function stopChildren(signal = "SIGTERM") {
  for (const child of running) child.kill(signal);
}

/**
 * Runs a command to its end and gives its standard output.
 * `show: "all"` passes everything through; `"progress"` shows one compact line of cargo's progress and keeps
 * warnings and errors; `"nothing"` is silent unless the command fails.
 */
export function run(command, args, options = {}) {
  const { show = "nothing", env, input, cwd = root, allowFailure = false } = options;
  const piped = show !== "all";
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      cwd,
      env: { ...process.env, ...(show === "progress" ? progressEnv : {}), ...env },
      stdio: [input === undefined ? "ignore" : "pipe", piped ? "pipe" : "inherit", piped ? "pipe" : "inherit"],
    });
    running.add(child);
    let stdout = "";
    let stderr = "";
    const shown = show === "progress" ? new Progress() : undefined;
    child.stdout?.setEncoding("utf8").on("data", (text) => (stdout += text));
    child.stderr?.setEncoding("utf8").on("data", (text) => (shown ? shown.feed(text) : (stderr += text)));
    child.stdin?.on("error", () => {}).end(input);
    child.on("error", (error) => {
      running.delete(child);
      reject(new Failure(`${command} could not be started: ${error.message}`));
    });
    child.on("close", (code, signal) => {
      running.delete(child);
      shown?.end();
      if (code === 0 || allowFailure) return resolve({ code, stdout, stderr });
      const words = shown ? stdout : `${stdout}${stderr}`;
      if (words.trim()) say(words.trimEnd());
      const line = [command, ...args].join(" ").replaceAll(`${root}/`, "");
      reject(new Failure(`${line} ended with ${signal ?? `exit code ${code}`}`));
    });
  });
}

const progressEnv = {
  CARGO_TERM_PROGRESS_WHEN: "always",
  CARGO_TERM_PROGRESS_WIDTH: "100",
  CARGO_TERM_COLOR: process.stdout.isTTY ? "always" : "never",
};

const clearLine = () => (process.stdout.isTTY ? "\r\x1b[K" : "");

/** Turns cargo's many lines into one that counts, and lets everything else through. */
class Progress {
  #rest = "";
  #last = 0;

  feed(text) {
    const parts = (this.#rest + text).split(/[\r\n]/);
    this.#rest = parts.pop();
    for (const part of parts) this.#line(part);
  }

  end() {
    this.#line(this.#rest);
    process.stdout.write(clearLine());
  }

  #line(raw) {
    const line = raw.replace(/\x1b\[[0-9;]*[A-Za-z]/g, "");
    const bar = /(Building|Checking|Compiling|Fetch|Downloading)\s+\[.*?\]\s+(\d+\/\d+)(?::\s*(.*))?/.exec(line);
    if (bar) return this.#count(`  ${bar[1].toLowerCase()} ${bar[2]} ${bar[3] ?? ""}`);
    if (noise.test(line) || line.trim() === "") return;
    say(raw);
  }

  #count(text) {
    if (process.stdout.isTTY) {
      process.stdout.write(`${clearLine()}${text.slice(0, (process.stdout.columns ?? 80) - 1)}`);
    } else if (performance.now() - this.#last > 10_000) {
      // A log file gets a sign of life every ten seconds, not a thousand lines.
      if (this.#last !== 0) say(text.trimEnd());
      this.#last = performance.now();
    }
  }
}

const noise =
  /^\s*(Fetch|Updating|Locking|Downloading|Downloaded|Fetching|Compiling|Checking|Building|Adding|Finished|Fresh|Dirty|Installing|Installed|Blocking|Running|Executable|Doc-tests|Replacing|Replaced|Ignored|Upgrading|warning: be sure to add|Packaging|warning: the following packages contain code that will be rejected|note: to see what the problems were)\b/;
