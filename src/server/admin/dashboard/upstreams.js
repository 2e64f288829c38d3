// Upstreams with their endpoints and breakers, and the caches; what can be changed about them.
import {post, queryOf} from "./client.js";
import {button, bytesText, clock, confirmed, made, one, say, sync} from "./page.js";

const kMeanings = {
  open: "Every request that it guards is refused at once, until somebody sets it to automatic.",
  closed: "Every request goes to the service, however many fail, until somebody sets it to automatic.",
  automatic: "It is closed and counts anew; from then on it opens and closes by itself."};
const kStates = {closed: "good", half_open: "warn", open: "bad"};

let again = () => {};  // looks at the process at once

async function force(breaker, position) {
  const whose = breaker.endpoint ? `${breaker.upstream}, ${breaker.endpoint}` : breaker.upstream;
  const route = breaker.route ? " All breakers of this upstream are set, those of other routes too." : "";
  const verb = position === "automatic" ? "Set to automatic" : position === "open" ? "Force open" : "Force closed";
  if (!await confirmed(`Breaker of ${whose}: ${position}?`, kMeanings[position] + route, verb)) return;
  const path = [breaker.upstream, ...(breaker.endpoint ? breaker.endpoint.split("/") : []), position];
  try {
    await post(`api/breakers/${path.map(encodeURIComponent).join("/")}`);
  } catch (error) {
    await confirmed("It was not changed", error.message, "Close");
  }
  again();
}

// The state of a breaker, why, and the buttons that force it.
function makeBreaker(breaker) {
  const buttons = Object.keys(kMeanings).map((position) => {
    const text = position === "automatic" ? "automatic" : `force ${position}`;
    return button(text, `${text}: breaker of ${breaker.upstream} ${breaker.endpoint}`.trim(), () => force(breaker, position));
  });
  return made("div", "breaker", made("span", "badge"), made("span", "quiet"), made("span", "forces", ...buttons));
}
function updateBreaker(element, breaker) {
  const [badge, facts, forces] = element.children;
  const isForced = breaker.forced !== "automatic", state = isForced ? breaker.forced : breaker.state;
  badge.className = `badge ${kStates[state]}`;
  say(badge, `breaker ${isForced ? "forced " : ""}${state.replace("_", "-")}`);
  const counts = breaker.requests > 0 ? `${breaker.failures} of ${breaker.requests} failed` : "";
  say(facts, [breaker.route, state === "closed" && !isForced ? "" : breaker.reason, counts].filter(Boolean).join(" · "));
  element.title = breaker.place;
  ["open", "closed", "automatic"].forEach((position, i) => { forces.children[i].hidden = breaker.forced === position; });
}
const breakerKey = ({upstream, endpoint, route, place}) => [upstream, endpoint, route, place].join(" ");

function showBreakers(parent, breakers) {
  sync(parent, breakers, breakerKey, makeBreaker, updateBreaker);
}

function healthOf(endpoint) {
  if (endpoint.draining) return ["draining", "warn", "no part of the upstream any more; finishes its requests"];
  if (endpoint.ejected_until) return ["ejected", "bad", `until ${clock(new Date(endpoint.ejected_until))}`];
  if (!endpoint.health) return ["not checked", "", ""];
  const {state, last_error: error} = endpoint.health;
  return [state, {healthy: "good", unhealthy: "bad"}[state] ?? "", state === "healthy" ? "" : error];
}

function makeEndpoint() {
  return made("li", "endpoint", made("span", "badge"), made("code"), made("span", "quiet"), made("div", "breakers"));
}
function updateEndpoint(element, {endpoint, breakers}) {
  const [badge, name, facts, own] = element.children, [health, kind, why] = healthOf(endpoint);
  badge.className = `badge ${kind}`;
  say(badge, health);
  say(name, endpoint.name);
  say(facts, [why, `${endpoint.active_requests} in flight`, `${endpoint.idle_connections} idle connections`].filter(Boolean).join(" · "));
  element.title = [endpoint.source, ...endpoint.addresses].filter(Boolean).join("\n");
  showBreakers(own, breakers);
}

function updateUpstream(element, {upstream, breakers}) {
  const [head, problems, own, endpoints] = element.children;
  say(head.children[0], upstream.name);
  say(head.children[1], `${upstream.in_flight} in flight` + (upstream.queued ? ` · ${upstream.queued} queued` : ""));
  const failing = upstream.sources.filter((source) => source.is_failing);
  sync(problems, failing, (source) => source.entry, () => made("li", "wrong"),
    (item, source) => say(item, `${source.entry}: ${source.error}`));
  showBreakers(own, breakers.filter((breaker) => !breaker.endpoint));
  const items = upstream.endpoints.map((endpoint) =>
    ({endpoint, breakers: breakers.filter((breaker) => breaker.endpoint === endpoint.name && !endpoint.draining)}));
  sync(endpoints, items, ({endpoint}) => `${endpoint.name} ${endpoint.draining}`, makeEndpoint, updateEndpoint);
}

// What is wrong, in as few words as can be.
export function problemsOf(upstreams, breakers) {
  const endpoints = upstreams.flatMap((upstream) => upstream.endpoints).filter((endpoint) => !endpoint.draining);
  const counts = [
    [breakers.filter((breaker) => (breaker.forced === "automatic" ? breaker.state : breaker.forced) !== "closed").length, "breaker", "open"],
    [endpoints.filter((endpoint) => healthOf(endpoint)[1] === "bad").length, `of ${endpoints.length} endpoint`, "out"],
    [upstreams.flatMap((upstream) => upstream.sources).filter((source) => source.is_failing).length, "look-up", "failing"]];
  return counts.filter(([count]) => count > 0).map(([count, what, how]) => `${count} ${what}${count === 1 && !what.startsWith("of") ? "" : "s"} ${how}`);
}

export function showUpstreams(upstreams, breakers) {
  const items = upstreams.map((upstream) => ({upstream, breakers: breakers.filter((breaker) => breaker.upstream === upstream.name)}));
  sync(one("#upstreams"), items, ({upstream}) => upstream.name,
    () => made("article", "upstream", made("h3", "", made("span"), made("span", "quiet")), made("ul", "problems"),
      made("div", "breakers"), made("ul", "endpoints")), updateUpstream);
}

export function showCaches(caches) {
  one("#caches").hidden = caches.length === 0;
  sync(one("#caches tbody"), caches, (cache) => [cache.place, cache.listener, cache.route, cache.upstream].join(" "),
    () => made("tr", "", made("td"), ...Array.from({length: 4}, () => made("td", "number"))), (row, cache) => {
      const {hit, stale, revalidated} = cache.requests;
      const all = Object.values(cache.requests).reduce((total, count) => total + count, 0);
      const texts = [[cache.route, cache.place].filter(Boolean).join(" · "), all ? `${Math.round(100 * (hit + stale + revalidated) / all)} %` : "–",
        all, cache.entries, `${bytesText(cache.bytes)} of ${bytesText(cache.max_bytes)}`];
      texts.forEach((text, i) => say(row.children[i], text));
    });
}

async function purge(form) {
  const {by, value, soft} = form.elements, says = one("output", form);
  const wanted = by.value === "all" ? "1" : value.value.trim();
  if (!wanted) return say(says, `say which ${by.value}`);
  const what = by.value === "all" ? "everything" : `${by.value} ${wanted}`;
  const then = soft.checked ? "It is only given while the service can't be asked." : "It is asked for anew from the service.";
  if (!await confirmed(`Purge ${what} in all caches?`, then, "Purge")) return;
  try {
    say(says, `${(await post(`api/caches/purge?${queryOf({[by.value]: wanted, soft: soft.checked ? "1" : ""})}`)).purged} purged`);
  } catch (error) {
    say(says, error.message);
  }
  again();
}

export function beginUpstreams(lookAgain) {
  again = lookAgain;
  const form = one("#purge");
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    purge(form);
  });
  form.elements.by.addEventListener("change", () => { form.elements.value.disabled = form.elements.by.value === "all"; });
}
