// Called from mail.rs, which speaks SMTP: connections to mail servers, and the send_email binding. Each step, and each
// session as a whole, ends in time.

import { connect } from "cloudflare:sockets";

/** Connecting, TLS, each write and each read. */
const STEP_MS = 10_000;
/** All of it: less than the 30 s that work behind a response may take. */
const SESSION_MS = 25_000;

async function within(promise, what) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${what}: not within ${STEP_MS / 1000} s`)), STEP_MS);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}

class Connection {
  #socket;
  #reader;
  #writer;
  #over;

  constructor(hostname, port, secureTransport) {
    this.#take(connect({ hostname, port }, { secureTransport, allowHalfOpen: false }));
    this.#over = setTimeout(() => this.close(), SESSION_MS);
  }

  #take(socket) {
    // How it ended is what reads and writes say.
    socket.closed.catch(() => {});
    this.#socket = socket;
    this.#reader = socket.readable.getReader();
    this.#writer = socket.writable.getWriter();
  }

  opened() {
    return within(this.#socket.opened, "connecting");
  }

  write(bytes) {
    return within(this.#writer.write(bytes), "sending");
  }

  async read() {
    const { value } = await within(this.#reader.read(), "an answer");
    return value ?? new Uint8Array();
  }

  secure() {
    this.#reader.releaseLock();
    this.#writer.releaseLock();
    this.#take(this.#socket.startTls());
    return within(this.#socket.opened, "TLS");
  }

  close() {
    clearTimeout(this.#over);
    this.#socket.close().catch(() => {});
  }
}

export async function openConnection(host, port, isTls) {
  const connection = new Connection(host, port, isTls ? "on" : "starttls");
  try {
    await connection.opened();
  } catch (error) {
    connection.close();
    throw error;
  }
  return connection;
}

// What goes wrong at once is a rejected promise, too.
export const writeTo = async (connection, bytes) => connection.write(bytes);
export const readFrom = async (connection) => connection.read();
export const secure = async (connection) => connection.secure();
export const closeConnection = (connection) => connection.close();

/** Gives a message to Cloudflare, which sets Date and Message-ID itself. */
export async function sendByBinding(binding, name, from, to, subject, text, html) {
  const message = { from: { name, email: from }, to, subject, text, html, headers: { "Auto-Submitted": "auto-generated" } };
  await within(binding.send(message), "the binding EMAIL");
}
