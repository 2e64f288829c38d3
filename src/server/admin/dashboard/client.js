// Calls of the admin API, with the token where one is asked for. It is kept for this tab only.
import {one, say} from "./page.js";

const kPatience = 5000;  // ms
const kTokenKey = "outrigger-token";

export class Refused extends Error {
  constructor(status, text) {
    super(text);
    this.status = status;
  }
}

// The answer when its head is there; a Refused when it is no success. Nobody answers: another error.
export async function call(path, {method = "GET", signal = AbortSignal.timeout(kPatience)} = {}) {
  const token = sessionStorage.getItem(kTokenKey);
  const headers = token ? {Authorization: `Bearer ${token}`} : {};
  const answer = await fetch(path, {method, headers, signal, cache: "no-store", redirect: "error"});
  if (answer.ok) return answer;
  const text = await answer.text();
  if (answer.status === 401) askForToken(token !== null);
  throw new Refused(answer.status, errorIn(text) ?? `${path}: ${answer.status}`);
}

export const getJson = async (path) => (await call(path)).json();
export const getText = async (path) => (await call(path)).text();
// "a=1&b=%2F" of what has a value. (URLSearchParams would write a space as "+", which the API takes as it is.)
export const queryOf = (values) =>
  Object.entries(values).filter(([, value]) => value).map(([name, value]) => `${name}=${encodeURIComponent(value)}`).join("&");
export const post = async (path) => (await call(path, {method: "POST"})).json();

function errorIn(text) {
  try {
    return JSON.parse(text).error;
  } catch {
    return undefined;
  }
}

function askForToken(wasWrong) {
  const dialog = one("#token");
  if (dialog.open) return;
  sessionStorage.removeItem(kTokenKey);
  say(one("output", dialog), wasWrong ? "The token that was given is not the right one." : "");
  dialog.showModal();
}

// Calls `go` when a token was given.
export function onToken(go) {
  const dialog = one("#token"), form = one("form", dialog);
  dialog.addEventListener("cancel", (event) => event.preventDefault());  // there is nothing behind it
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    sessionStorage.setItem(kTokenKey, form.elements.token.value.trim());
    form.reset();
    dialog.close();
    go();
  });
}
