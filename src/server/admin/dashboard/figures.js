// The figures of `outrigger top`, by the same definitions: what came between two looks at /api/metrics.
import {bytesText, made, one, say, sync, timeText} from "./page.js";

const kWindow = 10_000;  // ms that a rate is taken over, about

const kDuration = "outrigger_request_duration_seconds_bucket";
const kWanted = new Set([
  "outrigger_requests_total", "outrigger_failures_total", "outrigger_requests_in_flight", "outrigger_cache_requests_total",
  "process_resident_memory_bytes", "process_cpu_seconds_total", kDuration]);

// Series of Prometheus' text format: [{name, labels, value}], of those that are wanted.
function seriesOf(text) {
  const series = [];
  for (const line of text.split("\n")) {
    const name = line.slice(0, line.search(/[{ ]/));
    if (!kWanted.has(name)) continue;
    const labels = {}, end = line.lastIndexOf("}");
    for (const [, label, value] of line.slice(name.length, end + 1).matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g)) labels[label] = value;
    series.push({name, labels, value: Number(line.slice(Math.max(end + 1, name.length)))});
  }
  return series;
}

function sum(look, name, label, value) {
  let total = 0;
  for (const one of look.series) {
    if (one.name === name && (label === undefined || one.labels[label] === value)) total += one.value;
  }
  return total;
}

// Cumulative counts by upper bound, from the lowest.
function buckets(look) {
  const found = new Map();
  for (const {name, labels, value} of look.series) {
    if (name !== kDuration) continue;
    const bound = labels.le === "+Inf" ? Infinity : Number(labels.le);
    found.set(bound, (found.get(bound) ?? 0) + value);
  }
  return [...found].sort(([a], [b]) => a - b);
}

// In ms; 0 when nothing came.
function quantile(before, now, share) {
  const old = new Map(before);
  const came = now.map(([bound, count]) => [bound, count - (old.get(bound) ?? 0)]);
  const total = came.at(-1)?.[1] ?? 0;
  if (total <= 0) return 0;
  let below = 0, lower = 0;
  for (const [bound, count] of came) {
    if (count >= share * total) {
      if (bound === Infinity) return lower * 1000;
      const inside = count - below;
      return 1000 * (inside <= 0 ? bound : lower + (bound - lower) * (share * total - below) / inside);
    }
    [below, lower] = [count, bound];
  }
  return lower * 1000;
}

let looks = [];  // {at, started, series}, the oldest first

// The look that rates begin at.
function remember(look) {
  if (looks.length > 0 && looks[0].started !== look.started) looks = [];  // another process counts anew
  looks.push(look);
  while (looks.length > 2 && look.at - looks[1].at >= kWindow) looks.shift();
  return looks[0];
}

function figuresOf(before, now, info) {
  const seconds = Math.max(0.001, (now.at - before.at) / 1000);
  const rate = (...what) => Math.max(0, (sum(now, ...what) - sum(before, ...what)) / seconds);
  const all = rate("outrigger_requests_total"), status = (kind) => rate("outrigger_requests_total", "status", kind);
  const mostOf = (names, amountOf) => names.map((name) => [amountOf(name), name]).filter(([amount]) => amount > 0)
    .sort(([a], [b]) => b - a).slice(0, 3).map(([amount, name]) => `${amount.toFixed(1)} ${name}`).join("\n");
  const failures = [...new Set(now.series.filter(({name}) => name === "outrigger_failures_total").map(({labels}) => labels.failure))];
  const failed = rate("outrigger_failures_total"), errors = all > 0 ? 100 * status("5xx") / all : 0;
  const [old, fresh] = [buckets(before), buckets(now)];
  const cache = (kind) => rate("outrigger_cache_requests_total", "result", kind);
  const asked = rate("outrigger_cache_requests_total"), isReady = now !== before;
  const shown = (text) => isReady ? text : "–";
  const figures = [
    ["requests/s", shown(all.toFixed(1)), mostOf(["2xx", "3xx", "4xx", "5xx", "none"], status)],
    ["5xx", shown(`${errors.toFixed(errors < 10 ? 1 : 0)} %`), `of the requests\nof the last ${Math.round(seconds)} s`, errors >= 1 ? "bad" : ""],
    ["failures/s", shown(failed.toFixed(1)), mostOf(failures, (name) => rate("outrigger_failures_total", "failure", name)),
      failed > 0 ? "wide bad" : "wide"],
    ["p99", shown(timeText(quantile(old, fresh, 0.99))), `p90 ${timeText(quantile(old, fresh, 0.9))}\np50 ${timeText(quantile(old, fresh, 0.5))}`],
    ["connections", String(info.open_connections), `${sum(now, "outrigger_requests_in_flight")} in flight`],
    ["memory", bytesText(sum(now, "process_resident_memory_bytes")), `CPU ${(rate("process_cpu_seconds_total") * 100).toFixed(0)} %`]];
  if (now.series.some(({name}) => name === "outrigger_cache_requests_total")) {
    const hits = cache("hit") + cache("stale") + cache("revalidated");
    figures.push(["cache hits", shown(`${asked > 0 ? Math.round(100 * hits / asked) : 0} %`), `of ${asked.toFixed(1)}/s`]);
  }
  return figures;
}

export function showFigures(metrics, info) {
  const now = {at: performance.now(), started: info.started, series: seriesOf(metrics)};
  sync(one("#figures"), figuresOf(remember(now), now, info), ([name]) => name,
    ([name]) => made("div", "", made("dt", "", name), made("dd"), made("dd", "more")),
    (tile, [, value, more, kind = ""]) => {
      tile.className = kind;
      say(tile.children[1], value);
      say(tile.children[2], more);
    });
}
