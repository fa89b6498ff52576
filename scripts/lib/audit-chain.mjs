// The chain of the audit log, as crates/auth/src/audit/model.rs makes it. The first row that is not as it was written is named.
import { createHash } from "node:crypto";
import { Failure } from "./shell.mjs";

/** What the first row carries as the hash of the one before. */
export const GENESIS = "0".repeat(64);

/** The hash of a row: SHA-256 of the hash before it, a line feed, and its entry. */
export const chain = (previous, entry) => createHash("sha256").update(`${previous}\n${entry}`).digest("hex");

/** A row that follows `last` (`{seq, hash, at}`, or undefined in an empty log). */
export function nextRow(last, { action, actor, target, detail }) {
  const seq = (last?.seq ?? 0) + 1;
  const now = new Date().toISOString();
  // The log's own time never runs back.
  const at = last !== undefined && last.at > now ? last.at : now;
  const entry = JSON.stringify({ seq, at, action, actor, via: null, target, detail });
  const previous = last?.hash ?? GENESIS;
  return { seq, entry, previous_hash: previous, hash: chain(previous, entry) };
}

/** Takes rows in order and throws a `Failure` that names the first one that is wrong. */
export class ChainCheck {
  seq = 0;
  hash = GENESIS;
  #expected;

  /** `expected`: a head `{seq, hash}` that was noted elsewhere. */
  constructor(expected) {
    this.#expected = expected;
  }

  add(row) {
    const wanted = this.seq + 1;
    if (row.seq > wanted) throw new Failure(`${rows(wanted, row.seq - 1)} missing from the audit log: removed`);
    if (row.seq < wanted) throw new Failure(`Row ${row.seq} does not belong into the audit log, which begins with row 1`);
    if (row.hash !== chain(row.previous_hash, row.entry) || seqOf(row.entry) !== row.seq) throw new Failure(`Row ${row.seq} of the audit log was changed: its hash is not that of its entry`);
    if (row.previous_hash !== this.hash) throw new Failure(`Row ${row.seq} of the audit log does not follow row ${this.seq}: one of the two was written anew`);
    if (row.seq === this.#expected?.seq && row.hash !== this.#expected.hash) throw new Failure(`Row ${row.seq} of the audit log has not the expected hash: it, or a row before it, was written anew`);
    this.seq = row.seq;
    this.hash = row.hash;
  }

  end() {
    const expected = this.#expected?.seq ?? 0;
    if (expected > this.seq) throw new Failure(`The audit log ends with row ${this.seq}: ${rows(this.seq + 1, expected)} missing, removed from its end`);
  }
}

const rows = (first, last) => (first === last ? `Row ${first} is` : `Rows ${first} to ${last} are`);

function seqOf(entry) {
  try {
    return JSON.parse(entry).seq;
  } catch {
    return undefined;
  }
}
