// TypeIDs, trace ids and request ids, as crates/kit/src/ids.rs and crates/http/src/trace.rs make them. Gives the same
// forms as ours, from one draw of randomness for each request.

const ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz";
const SUFFIX = "[0-7][0-9a-hjkmnp-tv-z]{25}";
const ID = new RegExp(`^(?:build|user|session|team)_${SUFFIX}$`);
const REQUEST_ID = /^[A-Za-z0-9._-]{8,128}$/;
const TRACEPARENT = /^(?!ff)([0-9a-f]{2})-(?!0{32})([0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}(-.*)?$/;
const HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, "0"));

const bytes = new Uint8Array(16);

export const isId = (kind: string, text: string) =>
  text.length === kind.length + 27 && text.startsWith(kind) && text.charCodeAt(kind.length) === 95 && ID.test(text);

/** A TypeID: a UUIDv7 (RFC 9562) as 26 characters of Crockford's base32 behind a prefix. */
export function freshId(prefix: string, now: number): string {
  crypto.getRandomValues(bytes);
  bytes[0] = now / 2 ** 40;
  bytes[1] = now / 2 ** 32;
  bytes[2] = now / 2 ** 24;
  bytes[3] = now / 2 ** 16;
  bytes[4] = now / 2 ** 8;
  bytes[5] = now;
  bytes[6] = 0x70 | (bytes[6]! & 0x0f);
  bytes[8] = 0x80 | (bytes[8]! & 0x3f);
  // 128 bits are 26 times 5 with two zero bits in front.
  let id = `${prefix}_`;
  let held = 0;
  let count = 2;
  for (let index = 0; index < 16; index += 1) {
    held = ((held << 8) | bytes[index]!) & 0xfff;
    count += 8;
    while (count >= 5) {
      count -= 5;
      id += ALPHABET[(held >> count) & 31];
    }
  }
  return id;
}

export const requestId = (inbound: string | null, now: number) =>
  inbound !== null && REQUEST_ID.test(inbound) ? inbound : freshId("req", now);

/** The trace id of a valid W3C traceparent, or a fresh one. */
export function traceId(traceparent: string | null): string {
  const found = traceparent === null ? null : TRACEPARENT.exec(traceparent);
  if (found && (found[1] !== "00" || found[3] === undefined)) return found[2]!;
  crypto.getRandomValues(bytes);
  let id = "";
  for (let index = 0; index < 16; index += 1) id += HEX[bytes[index]!];
  return id;
}
