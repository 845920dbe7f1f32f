// Asking the server: one function, one kind of error, and the key where the server wants one.

import { byId } from "./dom.js";

const KEPT = "lingweave-key";

export class Refusal extends Error {
  constructor(status, error, retry) {
    super(error.message);
    Object.assign(this, { status, code: error.code, field: error.field, retry });
  }
}

// The JSON that the server answers with; throws a Refusal, or an AbortError once `signal` says so.
export async function ask(path, body, signal, method = body === undefined ? "GET" : "POST") {
  for (let refused = false; ; refused = true) {
    const key = sessionStorage.getItem(KEPT);
    const headers = key === null ? {} : { authorization: `Bearer ${key}` };
    if (body !== undefined) headers["content-type"] = "application/json";
    const sent = body === undefined ? undefined : JSON.stringify(body);
    const answer = await reached(path, { method, headers, signal, body: sent });
    if (answer.status !== 401) return read(answer);
    await newKey(key, refused || key !== null);
  }
}

async function reached(path, options) {
  try {
    return await fetch(path, { credentials: "omit", cache: "no-store", ...options });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    const message = "The server cannot be reached.";
    throw new Refusal(0, { code: "unreachable", message, field: null });
  }
}

async function read(answer) {
  let content = null;
  try {
    content = await answer.json();
  } catch (error) {
    if (error.name === "AbortError") throw error;
  }
  if (answer.ok && content !== null) return content;
  const unknown = { code: "unknown", message: `The server answered ${answer.status}.`, field: null };
  const retry = Number(answer.headers.get("retry-after")) || null;
  throw new Refusal(answer.status, content?.error ?? unknown, retry);
}

let asking = null;

// Several requests may be refused at once; they wait for the same key.
function newKey(used, wrong) {
  const kept = sessionStorage.getItem(KEPT);
  if (kept !== used) return Promise.resolve();
  sessionStorage.removeItem(KEPT);
  asking ??= askedKey(wrong).finally(() => (asking = null));
  return asking;
}

function askedKey(wrong) {
  const dialog = byId("key");
  const field = byId("key-field");
  if (wrong) byId("key-note").textContent = "That key was not accepted; give another.";
  field.value = "";
  dialog.showModal();
  field.focus();
  return new Promise((resolve, reject) => {
    byId("key-form").onsubmit = (event) => {
      event.preventDefault();
      // A header takes no other characters; such a key cannot be right.
      const key = field.value.trim().replace(/[^\x21-\x7e]/g, "");
      sessionStorage.setItem(KEPT, key);
      dialog.onclose = null;
      dialog.close();
      resolve();
    };
    dialog.onclose = () => {
      const message = "Without a key this index answers nothing; search again to give one.";
      reject(new Refusal(401, { code: "unauthorized", message, field: null }));
    };
  });
}
