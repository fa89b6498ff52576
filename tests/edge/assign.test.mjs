// Placing players on the real runtime: the same answer as native code, and answers that a checker of its own accepts.
// tests/api/assign.rs has what is refused, benches/assign CPU and other solvers.
import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { after, before, describe, test } from "node:test";
import { generate } from "../../benches/assign/generate.mjs";
import { bodyOf } from "../../benches/assign/request.mjs";
import { check } from "../../scripts/check-assignment.mjs";
import { startWorker } from "./harness.mjs";

const SHARED = new URL("../../../shared/data/squads/", import.meta.url);
/** The best values known. */
const KNOWN = { "10_0": 13_920, "20_0": 28_180, "30_0": 45_360, "50_0": 56_260, "50_1": 73_325 };

describe("POST /squads/assign", () => {
  let worker;
  before(async () => {
    worker = await startWorker();
  });
  after(() => worker.dispose());

  const assign = async (body) => {
    const headers = { "content-type": "application/json" };
    const answer = await worker.send({ method: "POST", path: "/api/v1/squads/assign", headers, body: JSON.stringify(body) });
    assert.equal(answer.status, 200);
    return answer.body.toString("utf8");
  };

  test("answers what native code answers, byte for byte", async () => {
    const read = (name) => readFile(new URL(`../../src/squads/assign/${name}.example.json`, import.meta.url), "utf8");
    const text = await assign(JSON.parse(await read("request")));
    assert.equal(text, (await read("answer")).trimEnd());
  });

  test("answers hold to constraints, scores and bounds, as a checker of its own counts them", async () => {
    for (const number of [0, 8, 20, 28, 42, 53]) {
      const answer = JSON.parse(await assign(bodyOf(generate(number), { moves: 100_000 })));
      assert.deepEqual(check(answer), [], `instance ${number}`);
    }
  });

  test("the checker refuses what was tampered with", async () => {
    const text = await assign(bodyOf(generate(12), { moves: 100_000 }));
    const refuses = (change, words) => {
      const answer = JSON.parse(text);
      change(answer);
      assert.match(check(answer).join("; "), words);
    };
    refuses((answer) => (answer.score += 1), /the score is/);
    refuses((answer) => (answer.bound -= 1), /the prices prove/);
    refuses((answer) => (answer.certificate.players[0] -= 5_000), /a subgroup is worth/);
    refuses((answer) => (answer.certificate.players[0] = -1), /negative/);
    refuses((answer) => (answer.certificate.subgroup -= 1_024), /a subgroup is worth/);
    refuses((answer) => (answer.is_optimal = true), /without proof/);
    refuses((answer) => answer.subgroups[0].players.pop(), /is nowhere/);
    refuses((answer) => answer.subgroups[0].players.push(answer.subgroups[1].players[0]), /twice/);
    refuses((answer) => answer.model.constraints.push({ kind: "pin_subgroup", player: 0, subgroup: 14 }), /constraint does not hold/);
    refuses((answer) => {
      const priced = answer.certificate.counts.find(({ max_price: price }) => price > 0) ?? answer.certificate.counts[0];
      priced.max_price += 1_000;
      priced.max = 0;
    }, /has no maximum/);
  });

  for (const [name, known] of Object.entries(KNOWN)) {
    const file = new URL(`instance_${name}.json`, SHARED);
    const skip = existsSync(file) ? false : "no ../shared";
    test(`instance ${name} comes within 0.2 % of the best known, and its bound within 3 %`, { skip }, async () => {
      const answer = JSON.parse(await assign(bodyOf(JSON.parse(await readFile(file, "utf8")), {})));
      assert.deepEqual(check(answer), []);
      assert.ok(answer.score >= known * 0.998, `${answer.score}`);
      assert.ok(answer.gap.basis_points <= 300, `${answer.gap.basis_points}`);
    });
  }
});
