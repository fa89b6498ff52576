// What we sign, in the Standard Webhooks libraries for JavaScript and Python: taken by each secret that signs, and refused with a
// changed byte, id, time or secret. tests/webhook_guide.rs has the Rust library.
import assert from "node:assert/strict";
import { randomInt } from "node:crypto";
import { before, describe, test } from "node:test";
import { Webhook, WebhookVerificationError } from "standardwebhooks";
import { fromRoot, run } from "../../scripts/lib/shell.mjs";
import { ensureToolchains, using } from "../../scripts/toolchain.mjs";
import { python, receive, skipPython as skip } from "./client.mjs";
import { call } from "./guild.mjs";
import { eventually, logIn, startWorker } from "./harness.mjs";

const CODE = "[&DQEqJS4aPio6AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=]";
const STRANGER = `whsec_${Buffer.alloc(32, 9).toString("base64")}`;

/** For each of `{secret, headers, body}`: the event, or "refused". */
const LIBRARIES = {
  "standardwebhooks of npm": {
    skip: false,
    verify: async (messages) =>
      messages.map(({ secret, headers, body }) => {
        try {
          return new Webhook(secret).verify(body, headers);
        } catch (error) {
          if (error instanceof WebhookVerificationError) return "refused";
          throw error;
        }
      }),
  },
  "standardwebhooks of PyPI": {
    skip,
    verify: async (messages) => (await python({ call: "verify_webhooks", messages })).given,
  },
};

/** The same requests, each with something changed in each way, by one of its secrets. */
function changed({ secrets, headers, body }) {
  const [secret] = secrets;
  const later = String(Number(headers["webhook-timestamp"]) + 1);
  // Half a surrogate pair would be no text.
  let place = randomInt(body.length);
  while (body.codePointAt(place) > 0x7f) place = randomInt(body.length);
  const other = body[place] === "x" ? "y" : "x";
  return {
    "another byte": { secret, headers, body: body.slice(0, place) + other + body.slice(place + 1) },
    "a byte more": { secret, headers, body: `${body} ` },
    "another id": { secret, headers: { ...headers, "webhook-id": `${headers["webhook-id"].slice(0, -1)}${headers["webhook-id"].endsWith("z") ? "y" : "z"}` }, body },
    "another time": { secret, headers: { ...headers, "webhook-timestamp": later }, body },
    "another's secret": { secret: STRANGER, headers, body },
  };
}

async function check(verify, requests) {
  const by = requests.flatMap(({ name, secrets, headers, body, data }) => secrets.map((secret) => ({ name, secret, headers, body, data })));
  const taken = await verify(by);
  by.forEach(({ name, data }, place) => assert.deepEqual(taken[place].data, data, name));
  const attempts = requests.flatMap((request) => Object.entries(changed(request)).map(([why, message]) => ({ what: `${request.name}, ${why}`, message })));
  const answers = await verify(attempts.map(({ message }) => message));
  attempts.forEach(({ what }, place) => assert.equal(answers[place], "refused", what));
  return `${by.length} taken, ${attempts.length} refused`;
}

describe("what our code signs", () => {
  const seed = process.env.SEED ?? String(randomInt(2 ** 32));
  let vectors;
  before(async () => {
    const { native } = await ensureToolchains();
    const args = ["run", "--locked", "--quiet", "--example", "webhook_vectors", seed];
    const { stdout } = await run("cargo", args, { show: "nothing", cwd: fromRoot(), env: { ...using(native), WASM_BINDGEN_USE_JS_SYS: "1" } });
    vectors = JSON.parse(stdout);
    assert.ok(vectors.length > 40);
    assert.ok(vectors.some(({ body }) => Buffer.byteLength(body) > 100_000));
    assert.deepEqual([...new Set(vectors.map(({ secrets }) => secrets.length))], [1, 2, 3]);
  });
  for (const [name, library] of Object.entries(LIBRARIES)) {
    test(`is taken by ${name}, and nothing that was changed`, { skip: library.skip }, async (context) => {
      context.diagnostic(`SEED=${seed}: ${await check(library.verify, vectors)}`);
    });
  }
});

describe("what the Worker delivers while its secrets are rotated", () => {
  const requests = [];
  before(async () => {
    const worker = await startWorker({ vars: { WEBHOOK_ALLOW_LOCAL: "true" }, network: true });
    const got = [];
    const server = await receive(({ headers, body }, response) => {
      got.push({ headers, body });
      response.end();
    });
    try {
      const token = await logIn(worker, "signed@players.guild.gg");
      const post = (path, body) => call(worker, token, "POST", path, body);
      const webhook = await post("/webhooks", { url: server.url, event_types: ["*"] });
      const secrets = [webhook.secret];
      for (const name of ["A build", "Ünïcødé 守護者 👩‍👩‍👧", "\"\\ </script> & \u00a0x"]) {
        const data = await post("/builds", { name, chat_code: CODE, notes: name.repeat(50) });
        const count = requests.length + 1;
        assert.ok(await eventually(() => got.length === count, 10_000), name);
        requests.push({ name, secrets: [...secrets], ...got.at(-1), data });
        secrets.unshift((await post(`/webhooks/${webhook.id}/rotate-secret`, {})).secret);
      }
    } finally {
      server.close();
      await worker.dispose();
    }
  });
  for (const [name, library] of Object.entries(LIBRARIES)) {
    test(`is taken by ${name} with each of them`, { skip: library.skip }, async (context) => {
      assert.deepEqual(requests.map(({ headers }) => headers["webhook-signature"].split(" ").length), [1, 2, 3]);
      context.diagnostic(await check(library.verify, requests));
    });
  }
});
