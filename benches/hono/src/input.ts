// Reads what strangers send: query parameters by a table, and strict JSON bodies. Names every mistake at once, as
// crates/http/src/query.rs and src/http/schema.rs do. Duplicate members of an object are JSON.parse's: the last one
// counts.
import { Problem, invalid, type FieldError } from "./http";

const MAX_BODY = 1024 * 1024;
const CONTROL = /[\u0000-\u001f\u007f-\u009f]/;

export type Parameter =
  | { kind: "integer"; min: number; max: number }
  | { kind: "choice"; words: readonly string[] }
  | { kind: "text"; min: number; max: number; line?: boolean };

export type Values = Map<string, string | number>;

/** Reads the part of `url` behind its `?`. */
export function readQuery(url: string, known: Record<string, Parameter>): Values {
  const values: Values = new Map();
  const at = url.indexOf("?");
  if (at < 0) return values;
  const errors: FieldError[] = [];
  for (const pair of url.slice(at + 1).split("&")) {
    if (pair === "") continue;
    const equals = pair.indexOf("=");
    const name = decode(equals < 0 ? pair : pair.slice(0, equals));
    const value = decode(equals < 0 ? "" : pair.slice(equals + 1));
    if (name === undefined || value === undefined) {
      errors.push({ pointer: "?", code: "invalid_encoding", detail: "Percent-encode the query as UTF-8 (RFC 3986, section 2.1)." });
      continue;
    }
    const parameter = Object.hasOwn(known, name) ? known[name] : undefined;
    const pointer = `?${name}`;
    if (parameter === undefined) {
      errors.push({ pointer, code: "unknown_parameter", detail: `Known: ${Object.keys(known).join(", ")}.` });
    } else if (values.has(name)) {
      errors.push({ pointer, code: "duplicate_parameter", detail: "Give this parameter once." });
    } else {
      values.set(name, check(parameter, value, pointer, errors));
    }
  }
  if (errors.length > 0) throw invalid(errors);
  return values;
}

function decode(text: string): string | undefined {
  if (!/[+%]/.test(text)) return text;
  try {
    return decodeURIComponent(text.replaceAll("+", " "));
  } catch {
    return undefined;
  }
}

function check(parameter: Parameter, value: string, pointer: string, errors: FieldError[]): string | number {
  switch (parameter.kind) {
    case "integer": {
      const { min, max } = parameter;
      const number = Number(value);
      if (!/^[+-]?\d{1,18}$/.test(value)) errors.push({ pointer, code: "invalid_type", detail: "Must be a whole number." });
      else if (number < min || number > max) errors.push({ pointer, code: "out_of_range", detail: `Must be from ${min} to ${max}.` });
      return number;
    }
    case "choice":
      if (!parameter.words.includes(value)) errors.push({ pointer, code: "invalid_choice", detail: `Must be one of ${parameter.words.join(", ")}.` });
      return value;
    case "text": {
      checkText(value, parameter.min, parameter.max, pointer, errors);
      if (parameter.line && CONTROL.test(value)) errors.push({ pointer, code: "invalid_format", detail: "Must match ^[^\\u0000-\\u001F\\u007F-\\u009F]*$" });
      return value;
    }
  }
}

function checkText(value: string, min: number, max: number, pointer: string, errors: FieldError[]) {
  // Code units are code points unless there is a surrogate: count those only where it could matter.
  const length = value.length > max || value.length <= 2 * min ? [...value].length : value.length;
  if (length < min || length > max) {
    errors.push({ pointer, code: "invalid_length", detail: `Must have ${min} to ${max} characters, has ${length}.` });
  }
}

const JSON_TYPE = /^\s*application\/json\s*(?:;\s*charset\s*=\s*"?utf-8"?\s*)?$/i;
const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** The body as JSON. */
export async function readJson(request: Request): Promise<unknown> {
  const { headers } = request;
  const type = headers.get("content-type");
  const encoding = headers.get("content-encoding");
  const bytes = await readBytes(request);
  if (type === null || !JSON_TYPE.test(type) || (encoding !== null && encoding.trim().toLowerCase() !== "identity")) {
    if (bytes.byteLength === 0 && type === null) throw bodyRequired();
    throw new Problem(415, "unsupported_media_type", "This call does not accept the body's media type", "Send Content-Type: application/json (for PATCH application/merge-patch+json too) and no Content-Encoding.");
  }
  let text: string;
  try {
    text = utf8.decode(bytes);
  } catch {
    throw invalidJson("The body is not UTF-8. Send the body in UTF-8.");
  }
  if (text.trim() === "") throw bodyRequired();
  try {
    return JSON.parse(text);
  } catch (error) {
    throw invalidJson(`Reading stopped: ${(error as Error).message}. Send one JSON value.`);
  }
}

const bodyRequired = () => new Problem(400, "body_required", "The body is empty", "Send a JSON object; the reference shows an example.");
const invalidJson = (detail: string) => new Problem(400, "invalid_json", "The body is not JSON", detail);
const tooLarge = () => new Problem(413, "body_too_large", "The body is over 1 MiB", "Send at most 1048576 bytes.");

async function readBytes(request: Request): Promise<ArrayBuffer> {
  const announced = request.headers.get("content-length");
  if (announced !== null) {
    if (Number(announced) > MAX_BODY) throw tooLarge();
    return request.arrayBuffer();
  }
  const parts: Uint8Array<ArrayBuffer>[] = [];
  let length = 0;
  const reader = request.body?.getReader();
  while (reader) {
    const { done, value } = await reader.read();
    if (done) break;
    length += value.byteLength;
    if (length > MAX_BODY) throw tooLarge();
    parts.push(value);
  }
  return new Blob(parts).arrayBuffer();
}

/** The body `{code}` of POST /chat-codes/decode: that member, of that length, and no other. */
export function readCode(body: unknown, max: number): string {
  const errors: FieldError[] = [];
  if (typeof body !== "object" || body === null || Array.isArray(body)) {
    throw invalid([{ pointer: "", code: "invalid_type", detail: "Must be an object." }]);
  }
  const { code } = body as { code?: unknown };
  if (!("code" in body)) errors.push({ pointer: "/code", code: "required", detail: "This member must be there." });
  else if (typeof code !== "string") errors.push({ pointer: "/code", code: "invalid_type", detail: "Must be text." });
  else checkText(code, 1, max, "/code", errors);
  for (const name of Object.keys(body)) {
    if (name === "code") continue;
    const token = name.replaceAll("~", "~0").replaceAll("/", "~1");
    errors.push({ pointer: `/${token}`, code: "unknown_field", detail: "Not a member of this object. Known: code." });
  }
  if (errors.length > 0) throw invalid(errors);
  return code as string;
}
