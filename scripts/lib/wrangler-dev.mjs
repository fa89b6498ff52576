// Runs `wrangler dev` and ends it with everything that it has started. Mails of the Worker become files (local-mail.mjs).
import { spawn } from "node:child_process";
import { setTimeout as sleep } from "node:timers/promises";
import { LocalMail } from "./local-mail.mjs";
import { root } from "./shell.mjs";
import { wranglerEnv, wranglerProgram } from "./wrangler.mjs";

const STOP_WITHIN_MS = 5_000;

/**
 * Starts it in a process group of its own, so that its runtime can be ended with it. `mail` is as LocalMail takes it.
 * Gives `{ended, outcome, stopping, stop}`.
 */
export function wranglerDev(args, mail) {
  // Not through wrangler's launcher: that one dies of a signal at once and leaves the runtime to itself.
  const child = spawn(process.execPath, ["--no-warnings", wranglerProgram, "dev", ...args], {
    cwd: root,
    // At its usual level, whatever the caller's shell asks for: mails are read from the log.
    env: { ...process.env, ...wranglerEnv, WRANGLER_LOG: "log", ...(process.stdout.isTTY ? { FORCE_COLOR: "1" } : {}) },
    stdio: ["ignore", "pipe", "inherit"],
    detached: true,
  });
  const mails = new LocalMail(mail);
  child.stdout.setEncoding("utf8").on("data", (text) => mails.feed(text));
  const server = { stopping: false, outcome: "" };
  server.ended = new Promise((resolve) => {
    child.on("exit", async (code, signal) => {
      server.outcome = signal ?? `exit code ${code}`;
      endGroup(child.pid);
      await mails.end();
      resolve();
    });
  });
  server.stop = async () => {
    if (server.stopping) return endGroup(child.pid);
    server.stopping = true;
    signalGroup(child.pid, "SIGINT");
    await sleep(STOP_WITHIN_MS, undefined, { ref: false });
    endGroup(child.pid);
  };
  return server;
}

const endGroup = (leader) => signalGroup(leader, "SIGKILL");

function signalGroup(leader, signal) {
  try {
    process.kill(-leader, signal);
  } catch (error) {
    // ESRCH: all of it has ended already.
    if (error.code !== "ESRCH") throw error;
  }
}
