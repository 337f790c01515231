// Server-sent events as the answer to a request of any method; what breaks off is taken up again.
import { ApiError } from "./api.js";
import { t } from "../js/words.js";

const MOST_TRIES = 5;
const AGAIN_MS = 1000;

const token = () => document.querySelector('meta[name="csrf-token"]')?.content || "";

async function refused(response) {
  const body = await response.json().catch(() => null);
  return new ApiError(response.status, body?.message || t("The server answered with status {1}.", response.status), body);
}

async function* events(response) {
  const decoder = new TextDecoder();
  let kept = "";
  for await (const bytes of response.body) {
    const parts = (kept + decoder.decode(bytes, { stream: true })).split("\n\n");
    kept = parts.pop();
    for (const part of parts) {
      const line = part.split("\n").find((one) => one.startsWith("data: "));
      if (line) yield JSON.parse(line.slice("data: ".length));
    }
  }
}

async function open(method, path, body, after) {
  const headers = { Accept: "text/event-stream", "X-CSRF-Token": token(), "X-Language": document.documentElement.lang };
  if (body !== null) headers["Content-Type"] = "application/json";
  if (after) headers["Last-Event-ID"] = String(after);
  let response;
  try {
    response = await fetch(path, { method, headers, body: body === null ? undefined : JSON.stringify(body), credentials: "same-origin" });
  } catch {
    throw new ApiError(0, t("The server cannot be reached."));
  }
  if (!response.ok) throw await refused(response);
  return response;
}

const pause = (milliseconds) => new Promise((resolve) => { setTimeout(resolve, milliseconds); });

/**
 * Send a request and hear its events until the one that ends them. A connection that breaks is taken up again at `again`;
 * false when that is not possible, and only the whole conversation tells what has become of the answer.
 */
export async function hear({ method, path, body = null, again, on }) {
  let response = await open(method, path, body, 0);
  let seen = 0;
  for (let tries = 0; tries <= MOST_TRIES; tries += 1) {
    try {
      for await (const event of events(response)) {
        seen = event.seq || seen;
        tries = 0;
        on(event);
        if (event.type === "complete") return true;
      }
    } catch {
      // The network has failed: what is missing is asked for below.
    }
    try {
      await pause(AGAIN_MS * tries);
      response = await open("GET", again, null, seen);
    } catch (error) {
      if (error.status !== 0) return false;
    }
  }
  return false;
}
