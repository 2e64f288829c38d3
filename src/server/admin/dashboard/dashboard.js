// Asks the process how it is, every two seconds while somebody looks, and shows what it says.
import {getJson, getText, onToken, Refused} from "./client.js";
import {showFigures} from "./figures.js";
import {clock, made, one, say, sync, uptimeText} from "./page.js";
import {beginRequests, showKept} from "./requests.js";
import {beginUpstreams, problemsOf, showCaches, showUpstreams} from "./upstreams.js";

const kInterval = 2000;  // ms

let timer = 0, isAsking = false, isAskedAgain = false;
let answered = null;  // when it last did

function showState(text, kind) {
  const state = one("#state");
  say(state, text);
  state.className = `badge ${kind}`;
  document.title = `${text} · Outrigger`;
}

function showProcess(info) {
  const [why, ...whyMore] = info.not_ready.trim().split("\n");  // while it drains the word for that
  const isServing = info.phase === "serving";
  showState(!why ? "ready" : isServing ? `not ready: ${why}` : info.phase.replace("_", " "), why ? "warn" : "good");
  say(one("#process"), [...whyMore, info.drain.is_overdue && `overdue: ${info.open_connections} connections remain`,
    info.app && `app ${info.app.phase}, ${info.app.restarts} restarts`, `version ${info.version}`, `up ${uptimeText(info.uptime_seconds)}`,
    info.file, `configuration ${info.reload.generation}`, `${info.workers} ${info.workers === 1 ? "worker" : "workers"}`,
    `pid ${info.pid}`].filter(Boolean).join(" · "));
}

function diagnostic({file, line, column, path, message, source_line: source, severity}) {
  const place = file ? `${file}:${line}:${column}` : "";
  return made("li", "", made("code", "place", place), made("span", "", ` ${severity === "warning" ? "warning: " : ""}${path ? `${path}: ` : ""}${message}`),
    ...(source ? [made("pre", "", source)] : []));
}

// Red while the latest one failed.
function showReload({ok, at, generation, diagnostics}, file) {
  const part = one("#reload");
  part.hidden = ok;
  if (ok) return;
  say(one("h2", part), `The reload at ${clock(new Date(at))} failed`);
  say(one("p", part), `${file} has errors. Nothing was changed: configuration ${generation} goes on.`);
  sync(one("ol", part), diagnostics, (each) => JSON.stringify(each), diagnostic);
}

// The file may already say something else.
async function showConfig() {
  const dialog = one("#config"), text = one("pre", dialog);
  try {
    say(text, await getText("api/config"));
  } catch (error) {
    say(text, error.message);
  }
  dialog.showModal();
}

async function look() {
  const [info, metrics, upstreams, breakers, caches] = await Promise.all([
    getJson("api/info"), getText("api/metrics?own=1"), getJson("api/upstreams"), getJson("api/breakers"), getJson("api/caches"), showKept()]);
  showProcess(info);
  showReload(info.reload, info.file);
  const missing = info.missing.split("\n").filter(Boolean).map((document) => `refused without ${document}`);
  sync(one("#problems"), [...problemsOf(upstreams, breakers), ...missing], (text) => text, (text) => made("strong", "badge bad", text));
  showFigures(metrics, info);
  showUpstreams(upstreams, breakers);
  showCaches(caches);
}

// What is shown stays, grey: it is the last that is known.
function showGone(text) {
  const gone = one("#gone");
  gone.hidden = text === "";
  if (text) say(gone, text);
  one("#content").classList.toggle("old", text !== "");
}

function showProblem(error) {
  if (error instanceof Refused && error.status === 401) return showState("asks for its token", "warn");
  const since = answered ? `since ${clock(answered)}` : "yet";
  if (error instanceof Refused) {
    showState("refuses", "bad");
    showGone(`The process refuses to answer ${since}: ${error.message}`);
  } else {
    showState("no answer", "bad");
    showGone(`No answer ${since}. What is below is the last that is known; this page asks on.`);
  }
}

async function ask() {
  clearTimeout(timer);
  if (document.hidden || one("#token").open) return;
  isAskedAgain = isAsking;
  if (isAsking) return;
  isAsking = true;
  try {
    await look();
    answered = new Date();
    showGone("");
  } catch (error) {
    showProblem(error);
  }
  isAsking = false;
  timer = setTimeout(ask, isAskedAgain ? 0 : kInterval);
}

onToken(ask);
beginUpstreams(ask);
beginRequests(ask);
one("#show-config").addEventListener("click", showConfig);
document.addEventListener("visibilitychange", ask);
ask();
