// Calling wrangler the way an unattended script must: no telemetry, no prompts, no update check, no example of `request.cf`, no
// account's settings.
import { fromRoot } from "./shell.mjs";

export const wrangler = fromRoot("node_modules", "wrangler", "bin", "wrangler.js");

/** The program itself, for who has to send it signals. */
export const wranglerProgram = fromRoot("node_modules", "wrangler", "wrangler-dist", "cli.js");

export const wranglerEnv = {
  WRANGLER_SEND_METRICS: "false",
  WRANGLER_SEND_ERROR_REPORTS: "false",
  // The banner is what asks the registry for a newer version.
  WRANGLER_HIDE_BANNER: "true",
  CLOUDFLARE_CF_FETCH_ENABLED: "false",
  // An environment chosen in the caller's shell is not meant for a local run.
  CLOUDFLARE_ENV: "",
};
