// Requests to the server. Every failure becomes an ApiError with a sentence that a person can act on.
import { t } from "../js/words.js";

export class ApiError extends Error {
  /** `data` is the whole answer, where the server said more than the message. */
  constructor(status, message, data = null) {
    super(message);
    this.status = status;
    this.data = data ?? {};
    this.details = Array.isArray(data?.details) ? data.details : [];
  }
}

const TIMEOUT_MS = 60_000;
const MOST_KEPT_ALIVE = 60_000;

/** A page that is being closed can still send what is small. */
const outlivesPage = (body) => document.visibilityState === "hidden" && typeof body === "string" && body.length < MOST_KEPT_ALIVE;

function sentence(status, body) {
  if (status === 401) return t("You are signed out. Sign in again in another tab, then try again.");
  if (status === 403) return body?.message || t("You are not allowed to do that, or your session has ended.");
  if (typeof body?.message === "string") return body.message;
  return t("The server answered with status {1}.", status);
}

const tokenPlace = () => document.querySelector('meta[name="csrf-token"]');

/** After signing in again in another tab this page's token is old: fetch the new one. Answers whether there is one. */
async function renewToken() {
  const response = await fetch(location.href, { credentials: "same-origin", headers: { Accept: "text/html" } });
  const page = new DOMParser().parseFromString(await response.text(), "text/html");
  const token = page.querySelector('meta[name="csrf-token"]')?.content;
  if (response.redirected || !token || !tokenPlace() || token === tokenPlace().content) return false;
  tokenPlace().content = token;
  document.body.setAttribute("hx-headers:inherited", JSON.stringify({ "X-CSRF-Token": token }));
  return true;
}

async function send(method, path, request) {
  const response = await sendOnce(method, path, request);
  const refused = response.status === 401 || response.status === 403;
  return refused && method !== "GET" && (await renewToken().catch(() => false)) ? sendOnce(method, path, request) : response;
}

async function sendOnce(method, path, { headers = {}, body } = {}) {
  try {
    return await fetch(path, {
      method,
      body,
      headers: { "X-CSRF-Token": tokenPlace()?.content || "", "X-Language": document.documentElement.lang, ...headers },
      credentials: "same-origin",
      keepalive: outlivesPage(body),
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
  } catch (error) {
    const late = error.name === "TimeoutError";
    throw new ApiError(0, late ? t("The server did not answer in time.") : t("The server cannot be reached."));
  }
}

/** A request with JSON both ways. */
export async function callJson(method, path, body = undefined, headers = {}) {
  const response = await send(method, path, {
    headers: { Accept: "application/json", ...(body === undefined ? {} : { "Content-Type": "application/json" }), ...headers },
    body: body === undefined ? undefined : JSON.stringify(body),
  });
  const answer = await response.json().catch(() => null);
  if (!response.ok) throw new ApiError(response.status, sentence(response.status, answer), answer);
  return answer;
}

/** A fragment of HTML that the server rendered; `form` is sent form-encoded. */
export async function callHtml(method, path, form = null) {
  const response = await send(method, path, {
    headers: { Accept: "text/html", "HX-Request": "true", "HX-Request-Type": "partial" },
    body: form ? new URLSearchParams(form) : undefined,
  });
  const text = await response.text();
  if (response.redirected || response.status === 401) throw new ApiError(401, sentence(401));
  if (!response.ok) throw new ApiError(response.status, sentence(response.status, jsonOrNull(text)));
  return text;
}

function jsonOrNull(text) {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
