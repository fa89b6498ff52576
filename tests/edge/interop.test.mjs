// Tokens and one-time passwords in other people's libraries, in both directions. tests/api has attacks.
import assert from "node:assert/strict";
import { generateKeyPairSync } from "node:crypto";
import { after, before, describe, test } from "node:test";
import { SignJWT, calculateJwkThumbprint, createRemoteJWKSet, decodeJwt, decodeProtectedHeader, errors, importJWK, jwtVerify } from "jose";
import { TOTP, URI } from "otpauth";
import decodeQR from "qr/decode.js";
import { python, skipPython as skip } from "./client.mjs";
import { logIn, startWorker } from "./harness.mjs";

const ISSUER = "http://localhost:8787";
const AUDIENCE = "wvw-builder";
const DAY_MS = 86_400_000;

/** What makes and checks tokens: `verify` gives `{given: {header, claims}}` or `{refused}`, `sign` gives the token. */
const LIBRARIES = {
  jose: {
    skip: false,
    async verify({ token, jwks_url: jwksUrl, issuer, audience }) {
      try {
        const options = { issuer, audience, typ: "at+jwt", algorithms: ["EdDSA"] };
        const { protectedHeader, payload } = await jwtVerify(token, createRemoteJWKSet(new URL(jwksUrl)), options);
        return { given: { header: protectedHeader, claims: payload } };
      } catch (error) {
        if (error instanceof errors.JOSEError) return { refused: error.code };
        throw error;
      }
    },
    sign: async ({ claims, header, private_jwk: jwk }) =>
      new SignJWT(claims).setProtectedHeader({ alg: "EdDSA", ...header }).sign(await importJWK(jwk, "EdDSA")),
  },
  PyJWT: {
    skip,
    verify: (request) => python({ call: "verify", ...request }),
    sign: async (request) => (await python({ call: "sign", ...request })).given,
  },
};

describe("tokens in other libraries' hands", () => {
  let worker;
  let token;
  let user;
  before(async () => {
    worker = await startWorker({ vars: { ISSUER, AUDIENCE } });
    token = await logIn(worker, "interop@guild.gg");
    user = await (await me(token)).json();
  });
  after(() => worker?.dispose());

  const me = (credential) => worker.fetch("/api/v1/users/me", { headers: { authorization: `Bearer ${credential}` } });
  const keySet = async () => (await (await worker.fetch("/.well-known/jwks.json")).json()).keys;

  /** Puts the public half of a fresh key among ours, as one that signs no more; gives the private half. */
  async function addKey() {
    const { publicKey, privateKey } = generateKeyPairSync("ed25519");
    const jwk = publicKey.export({ format: "jwk" });
    const kid = await calculateJwkThumbprint(jwk);
    const now = Date.now();
    await worker.d1
      .prepare(
        `INSERT INTO signing_keys (kid, generation, public_key, created_at, activates_at, retires_at, removed_at)
         SELECT ?1, max(generation) + 1, ?2, ?3, ?3, ?4, ?5 FROM signing_keys`,
      )
      .bind(kid, [...Buffer.from(jwk.x, "base64url")], now - DAY_MS, now, now + DAY_MS)
      .run();
    return { kid, private_jwk: privateKey.export({ format: "jwk" }) };
  }

  test("a key's id is its RFC 7638 thumbprint, as jose makes it", async () => {
    const keys = await keySet();
    assert.ok(keys.length > 0);
    for (const key of keys) assert.equal(key.kid, await calculateJwkThumbprint(key));
  });

  for (const [name, library] of Object.entries(LIBRARIES)) {
    test(`${name} believes our token through our key set, and nothing like it`, { skip: library.skip }, async () => {
      const ask = (changes) =>
        library.verify({ token, jwks_url: new URL("/.well-known/jwks.json", worker.url).href, issuer: ISSUER, audience: AUDIENCE, ...changes });
      const { given, refused } = await ask({});
      assert.equal(refused, undefined);
      assert.deepEqual(given.header, decodeProtectedHeader(token));
      assert.deepEqual(given.claims, decodeJwt(token));
      assert.deepEqual([given.header.typ, given.claims.sub], ["at+jwt", user.id]);

      const [header, payload, signature] = token.split(".");
      const encode = (value) => Buffer.from(JSON.stringify(value)).toString("base64url");
      const more = encode({ ...decodeJwt(token), scope: "builds:read builds:write admin:read admin:write" });
      const flipped = (signature[0] === "A" ? "B" : "A") + signature.slice(1);
      const other = encode({ ...decodeProtectedHeader(token), kid: "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k" });
      for (const [why, changes] of [
        ["another payload", { token: [header, more, signature].join(".") }],
        ["another signature", { token: [header, payload, flipped].join(".") }],
        ["another key", { token: [other, payload, signature].join(".") }],
        ["another audience", { audience: "someone-else" }],
        ["another issuer", { issuer: `${ISSUER}/` }],
      ]) {
        const answer = await ask(changes);
        assert.equal(answer.given, undefined, why);
        assert.ok(answer.refused, why);
      }
    });

    test(`a token that ${name} signs with a key of ours passes, and nothing like it`, { skip: library.skip }, async () => {
      const { kid, private_jwk } = await addKey();
      const sign = ({ header = {}, claims = {}, key = private_jwk }) =>
        library.sign({ claims: { ...decodeJwt(token), ...claims }, header: { typ: "at+jwt", kid, ...header }, private_jwk: key });
      const ours = await sign({ claims: { jti: `${name}-1` } });
      assert.notEqual(ours, token);
      const answer = await me(ours);
      assert.equal(answer.status, 200);
      assert.equal((await answer.json()).id, user.id);

      const stranger = generateKeyPairSync("ed25519").privateKey.export({ format: "jwk" });
      const now = Math.floor(Date.now() / 1000);
      for (const [why, changes] of [
        ["another audience", { claims: { aud: "someone-else" } }],
        ["a list of audiences", { claims: { aud: [AUDIENCE] } }],
        ["another issuer", { claims: { iss: `${ISSUER}/` } }],
        ["another type", { header: { typ: "JWT" } }],
        ["a header of its own", { header: { cty: "JWT" } }],
        ["expired", { claims: { exp: now - 31 } }],
        ["not yet valid", { claims: { nbf: now + 60 } }],
        ["another login", { claims: { sid: decodeJwt(token).sid.replace(/.$/, (last) => (last === "a" ? "b" : "a")) } }],
        ["another key under this id", { key: stranger }],
        ["a key that is not ours", { header: { kid: await calculateJwkThumbprint(stranger) }, key: stranger }],
      ]) {
        const refused = await me(await sign(changes));
        assert.equal(refused.status, 401, why);
        assert.match(refused.headers.get("www-authenticate"), /error="invalid_token"/, why);
      }
    });
  }
});

/** The text of a QR code that is an SVG of rectangles: painted at four pixels a module, and read as a camera's picture. */
function readQr(svg) {
  const scale = 4;
  const side = Number(/viewBox="0 0 (\d+) \1"/.exec(svg)[1]) * scale;
  const data = new Uint8ClampedArray(side * side * 4).fill(255);
  for (const [, x, y, width] of svg.matchAll(/M(\d+) (\d+)h(\d+)v1h-\3z/g)) {
    for (let row = 0; row < scale; row += 1) {
      const begin = ((Number(y) * scale + row) * side + Number(x) * scale) * 4;
      for (let pixel = begin; pixel < begin + Number(width) * scale * 4; pixel += 4) data.fill(0, pixel, pixel + 3);
    }
  }
  return decodeQR({ width: side, height: side, data });
}

/** What an app makes of an otpauth URI: whom it shows, and the codes at `times` (milliseconds since 1970). */
const APPS = {
  otpauth: {
    skip: false,
    async read(uri, times) {
      const factor = URI.parse(uri);
      assert.ok(factor instanceof TOTP);
      return { issuer: factor.issuer, account: factor.label, codes: times.map((timestamp) => factor.generate({ timestamp })) };
    },
  },
  PyOTP: {
    skip,
    read: async (uri, times) => (await python({ call: "codes", uri, times: times.map((time) => time / 1000) })).given,
  },
};

describe("one-time passwords in other libraries' hands", () => {
  const STEP_MS = 30_000;
  let worker;
  before(async () => {
    worker = await startWorker();
  });
  after(() => worker?.dispose());

  const post = (path, body, headers) =>
    worker.fetch(`/api/v1/auth/${path}`, {
      method: "POST",
      headers: { ...headers, ...(body && { "content-type": "application/json" }) },
      body: body && JSON.stringify(body),
    });
  /** Begins to set up the factor of a new account. */
  async function begin(email) {
    const headers = { authorization: `Bearer ${await logIn(worker, email)}` };
    return { headers, ...(await (await post("two-factor", undefined, headers)).json()) };
  }

  for (const [name, app] of Object.entries(APPS)) {
    test(`${name} reads our QR code, and its codes confirm the factor and log in`, { skip: app.skip }, async () => {
      const email = `two+Faktören.${name}@guild.gg`;
      const { headers, secret, otpauth_uri: uri, qr_svg: svg } = await begin(email);
      assert.equal(readQr(svg), uri);
      assert.equal(URI.parse(uri).secret.base32, secret);
      const now = Date.now();
      // The code of now confirms the factor; the next one counts already, so that the test need not wait for it.
      const { issuer, account, codes } = await app.read(readQr(svg), [now - 5 * STEP_MS, now, now + STEP_MS]);
      assert.deepEqual([issuer, account], ["WvW Builder", email]);
      const statuses = [];
      for (const code of codes.slice(0, 2)) statuses.push((await post("two-factor/confirm", { code }, headers)).status);
      for (const code of codes.slice(1)) {
        const { challenge } = await (await post("login", { email, password: "four words in a row" })).json();
        statuses.push((await post("login/two-factor", { challenge, code })).status);
      }
      assert.deepEqual(statuses, [403, 200, 401, 200], "too old, right, used, right");
    });
  }

  test("both libraries make the same codes, 100 steps long", { skip }, async () => {
    const { otpauth_uri: uri } = await begin("hundred@guild.gg");
    const now = Date.now();
    const times = Array.from({ length: 100 }, (_, step) => now + (step - 50) * STEP_MS);
    const [{ codes }, other] = await Promise.all(Object.values(APPS).map((app) => app.read(uri, times)));
    assert.deepEqual(codes, other.codes);
    assert.ok(new Set(codes).size > 90);
  });
});
