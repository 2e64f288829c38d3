// All that is known of one request, in a window of its own: what `outrigger why` says.
import {getJson} from "./client.js";
import {clock, made, one, say, timeText} from "./page.js";

export const urlOf = ({host, target}) => target.startsWith("/") ? host + target : host || target;
export const idOf = ({request_id: id, number}) => id || number;
export const statusKind = ({status}) => status === 0 || status >= 500 ? "bad" : status >= 400 ? "warn" : "good";

function answerOf(request) {
  return [request.status || "none", request.failure, `after ${timeText(request.duration_ms)}`, request.cut && "cut off",
    request.local && "made by Outrigger"].filter(Boolean).join(" · ");
}

function factsOf(request) {
  return [
    ["answer", answerOf(request), statusKind(request)],
    ["why", request.why, "reason"],
    ["when", `${clock(new Date(request.time), 3)} here, ${request.time}`],
    ["request", request.request_id],
    ["record", request.number],
    ["client", request.client + (request.user ? ` as ${request.user}` : "")],
    ["way", [request.listener, request.route, request.upstream, request.endpoint].filter(Boolean).join(" › ")],
    ["bytes", `${request.request_bytes} in, ${request.response_bytes} out`],
    ["kept because", request.kept_because.join(", ")]].filter(([, value]) => value);
}

// The first two columns are times.
function table(caption, columns, rows, leftOut) {
  const cell = (tag) => (text, i) => made(tag, i < 2 ? "number" : "", text);
  const body = made("tbody", "", ...rows.map((row) => made("tr", "", ...row.map(cell("td")))));
  const whole = made("table", "", made("caption", "", caption), made("thead", "", made("tr", "", ...columns.map(cell("th")))), body);
  return leftOut > 0 ? [whole, made("p", "quiet", `and ${leftOut} more`)] : [whole];
}

function tablesOf(request) {
  const filters = request.filters.map((step) => [timeText(step.at_ms), timeText(step.took_ms), step.name,
    step.name === "upstream" ? "" : step.where || "default", step.verdict]);
  const tries = request.tries.map((made) => [timeText(made.at_ms), timeText(made.took_ms), made.endpoint, made.failure ?? made.status ?? "none"]);
  const decisions = request.decisions.map((said) => [timeText(said.at_ms), "", said.by, said.what]);
  return [
    ...(filters.length ? table("Filters", ["at", "took", "filter", "place", "what it did"], filters, request.filters_left_out) : []),
    ...(tries.length ? table("Tries", ["at", "took", "endpoint", "came to"], tries, request.tries_left_out) : []),
    ...(decisions.length ? table("Decisions", ["at", "", "by", "what"], decisions, 0) : [])];
}

export function showWhy(request) {
  const dialog = one("#why");
  say(one("h2", dialog), `${request.method} ${request.scheme}://${urlOf(request)}`);
  one(".record", dialog).replaceChildren(...factsOf(request).map(([name, value, kind = ""]) =>
    made("div", kind, made("dt", "", name), made("dd", "", value))));
  one(".scroll", dialog).replaceChildren(...tablesOf(request));
  history.replaceState(null, "", `#${encodeURIComponent(idOf(request))}`);
  if (!dialog.open) dialog.showModal();
  dialog.scrollTop = 0;
}

// By its id or the number of its record. Throws a Refused where it is not kept.
export const showWhyOf = async (id) => showWhy(await getJson(`api/requests/${encodeURIComponent(id)}`));

one("#why").addEventListener("close", () => history.replaceState(null, "", location.pathname));
// Beside the window is a way out too.
one("#why").addEventListener("click", (event) => { if (event.target === event.currentTarget) event.target.close(); });
