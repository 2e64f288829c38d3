"""Results as text, as a table for the manual, and as JSON."""
import dataclasses
import statistics

PEERS = ("nginx", "haproxy", "varnish")


def best_peer(result):
    """The cheapest peer by median; None when none gave a figure that counts."""
    fit = [name for name in PEERS if result.samples.get(name) and not result.problems.get(name)]
    return min(fit, key=result.median, default=None)


def ratio(result, ours="outrigger", other=None):
    """(median, least, most) of ours over the other's (the best peer's), round by round; None when there is none."""
    other = other or best_peer(result)
    if not result.samples.get(ours) or not result.samples.get(other):
        return None
    if result.problems.get(ours) or result.problems.get(other):
        return None
    rounds = [a / b for a, b in zip(result.samples[ours], result.samples[other]) if b]
    return (statistics.median(rounds), min(rounds), max(rounds)) if rounds else None


def figure(value, unit):
    if value is None:
        return "-"
    if unit in ("lost", "B", "KiB"):
        return f"{value:,.0f}"
    return f"{value:,.0f}" if value >= 100 else f"{value:.1f}"


def verdict(result):
    workload = result.workload
    if workload.is_figure:
        own = result.median("outrigger")
        return "" if own is None or result.problems.get("outrigger") else "met" if own <= workload.target else "missed"
    value = ratio(result)
    return "" if value is None else "met" if value[0] <= workload.target else "missed"


def ratio_text(result, ours="outrigger", other=None):
    if result.workload.kind == "reload":
        return "-"
    if result.missing.get(ours):
        return "not available"
    value = ratio(result, ours, other)
    return "no ratio" if value is None else f"{value[0]:.2f} ({value[1]:.2f}..{value[2]:.2f})"


def cells(result, names):
    """The figures of one workload, one cell a proxy."""
    unit = result.workload.unit
    for name in names:
        if result.problems.get(name):
            yield "wrong"
        else:
            yield figure(result.median(name), unit)


def header(names):
    return ["workload", "unit", *names, "ratio (min..max)", "at most", ""]


def row(result, names):
    workload = result.workload
    at_most = f"{workload.target:,.0f} {workload.unit}" if workload.is_figure else f"{workload.target:g}"
    return [f"{workload.key}. {workload.title}", workload.unit, *cells(result, names), ratio_text(result), at_most,
            verdict(result)]


def detail_rows(result, names):
    """Requests a second, latencies, memory, system calls: one row a proxy."""
    for name in names:
        found = result.details.get(name)
        if not found or result.problems.get(name):
            continue
        value = [f"{result.median(name, key):,.0f}" if found.get(key) else "-" for key in ("rate", "p50", "p99", "p999")]
        memory = f"{found['pss'][0] / 2**20:.1f}" if found.get("pss") else "-"
        calls = f"{found['calls'][0]:.1f}" if found.get("calls") else "-"
        yield [result.workload.key, name, *value, calls, memory]


DETAIL_HEADER = ["workload", "proxy", "requests/s", "p50 us", "p99 us", "p99.9 us", "calls/request", "PSS MiB"]


def aligned(rows):
    widths = [max(len(str(line[i])) for line in rows) for i in range(len(rows[0]))]
    return "\n".join("  ".join(str(cell).ljust(width) for cell, width in zip(line, widths)).rstrip() for line in rows)


def markdown(rows):
    lines = ["| " + " | ".join(rows[0]) + " |", "|" + " --- |" * len(rows[0])]
    return "\n".join(lines + ["| " + " | ".join(map(str, line)) + " |" for line in rows[1:]])


def complaints(results):
    """Every reason why a figure counts for nothing."""
    for result in results:
        for name, sentences in result.problems.items():
            for sentence in sentences:
                yield f"{result.workload.key}: {name}: {sentence}"


def as_json(results):
    return [{"workload": dataclasses.asdict(result.workload), "samples": result.samples, "details": result.details,
             "problems": {name: said for name, said in result.problems.items() if said}, "missing": result.missing,
             "best_peer": best_peer(result), "ratio": ratio(result)} for result in results]
