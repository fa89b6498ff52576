// One request of a bench: JSON there, text back. An answer of 400 and more is an error that says what was sent and what came.
import { request as httpRequest } from "node:http";

export function send({ hostname, port }, agent, method, path, json, token) {
  const body = json === undefined ? "" : JSON.stringify(json);
  const headers = { ...(token && { authorization: `Bearer ${token}` }), ...(body && { "content-type": "application/json", "content-length": Buffer.byteLength(body) }) };
  return new Promise((resolve, reject) => {
    const sending = httpRequest({ hostname, port, method, path, headers, agent }, (answer) => {
      const chunks = [];
      answer.on("error", reject).on("data", (chunk) => chunks.push(chunk));
      answer.on("end", () => {
        const text = Buffer.concat(chunks).toString();
        if (answer.statusCode >= 400) reject(new Error(`${method} ${path}: ${answer.statusCode} ${text}`));
        else resolve(text);
      });
    });
    sending.on("error", reject).end(body);
  });
}
