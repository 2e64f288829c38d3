// The list of requests: the latest that are kept, or all as they end.
import {call, getJson, queryOf, Refused} from "./client.js";
import {button, clock, made, one, say, sync, timeText} from "./page.js";
import {idOf, showWhy, showWhyOf, statusKind, urlOf} from "./why.js";

const kMost = 200;         // rows that are live
const kKept = 100;         // rows that are kept
const kAgain = 2000;       // ms until a tap that ended is opened again
const kDrawn = 250;        // ms
const kTyping = 300;       // ms

const form = one("#filter"), fields = form.elements, rows = one("#requests tbody"), says = one("#filter-says");

const isLive = () => fields.live.checked;

function wanted() {
  const path = fields.path.value.trim();
  return {kind: fields.kind.value, status: fields.status.value.replaceAll(" ", ""), path: path && !path.startsWith("/") ? `/${path}` : path};
}

function makeRow(request) {
  const open = button("", `why: ${request.method} ${urlOf(request)}`, () => showWhy(request));
  say(open, `${request.method} ${urlOf(request)}`);
  const cells = [made("td", "time", clock(new Date(request.time), 3)),
    made("td", "", made("span", `badge ${statusKind(request)}`, request.status || "none")), made("td", "request", open),
    made("td", "reason", made("strong", "", request.failure ?? ""), " ", request.why), made("td", "number", timeText(request.duration_ms))];
  const row = made("tr", "", ...cells);
  row.title = [`kept because ${request.kept_because.join(", ") || "it is live"}`, request.why].filter(Boolean).join("\n");
  row.addEventListener("click", (event) => { if (event.target.closest("button") !== open) showWhy(request); });
  return row;
}

function showRows(requests) {
  sync(rows, requests, ({number, time}) => `${number} ${time}`, makeRow);
  const empty = one("#no-requests");
  empty.hidden = requests.length > 0;
  say(empty, isLive() ? "Waiting for requests." :
    "None is kept that fits. Kept are the latest that failed, were refused, were slow or were sampled (admin.requests).");
}

export async function showKept() {
  if (isLive()) return;
  const conditions = wanted();
  try {
    const requests = await getJson(`api/requests?${queryOf({...conditions, limit: kKept})}`);
    if (isLive()) return;
    say(says, "");
    showRows(requests);
  } catch (error) {
    if (!(error instanceof Refused) || error.status !== 400) throw error;
    say(says, error.message);  // a condition that is not written to its end, say
  }
}

// Follows /api/tap until it is told to stop. At most kMost rows are held, and drawn every kDrawn: under load nobody could
// read them faster.
class Live {
  constructor() {
    this.stopped = new AbortController();
    this.newest = [];
    this.lost = 0;
    this.timer = 0;
    showRows([]);
    this.follow();
  }

  stop() {
    this.stopped.abort();
    clearTimeout(this.timer);
  }

  async follow() {
    while (!this.stopped.signal.aborted) {
      try {
        await this.read(await call(`api/tap?${queryOf(wanted())}`, {signal: this.stopped.signal}));
      } catch (error) {
        if (this.stopped.signal.aborted) return;
        say(says, error instanceof Refused ? error.message : "the process does not answer");
        if (error instanceof Refused && error.status === 400) return;
      }
      await new Promise((done) => setTimeout(done, kAgain));
    }
  }

  async read(answer) {
    say(says, "");
    const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
    for (let rest = ""; ;) {
      const {value, done} = await reader.read();
      if (done) return;
      const lines = (rest + value).split("\n");
      rest = lines.pop();
      this.take(lines.filter(Boolean));
    }
  }

  take(lines) {
    this.lost += Math.max(0, lines.length - kMost);
    const records = lines.slice(-kMost).map((line) => JSON.parse(line));
    for (const {lost = 0} of records) this.lost += lost;
    const requests = records.filter((record) => record.number);
    this.newest = [...requests.reverse(), ...this.newest].slice(0, kMost);
    this.timer ||= setTimeout(() => this.draw(), kDrawn);
  }

  // A row does not move away under the pointer.
  draw() {
    if (this.stopped.signal.aborted) return;
    const isPointedAt = matchMedia("(hover: hover)").matches && rows.matches(":hover");
    if (!isPointedAt) showRows(this.newest);
    this.timer = isPointedAt ? setTimeout(() => this.draw(), kDrawn) : 0;
    const lost = this.lost > 0 ? `${this.lost} were too many to show` : "";
    say(says, [isPointedAt ? "waits while you point at a row" : "", lost].filter(Boolean).join(" · "));
  }
}

let live = null;

// Begins anew with the conditions as they are now. Live only while somebody looks.
function restart() {
  live?.stop();
  live = isLive() && !document.hidden ? new Live() : null;
}

async function lookUp() {
  const id = fields.id.value.trim();
  let problem = "";
  try {
    if (id) await showWhyOf(id);
  } catch (error) {
    problem = error.message;
  }
  say(one("#id-says"), problem);
}

export function beginRequests(lookAgain) {
  let typing = 0;
  const changed = () => {
    restart();
    lookAgain();
  };
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    lookUp();
    changed();
  });
  form.addEventListener("input", (event) => {
    if (event.target === fields.id) return;
    clearTimeout(typing);
    typing = setTimeout(changed, kTyping);
  });
  document.addEventListener("visibilitychange", restart);
  form.reset();  // a browser that remembers what was filled in
  const asked = decodeURIComponent(location.hash.slice(1));
  if (asked) {
    fields.id.value = asked;
    lookUp();
  }
}
