"""Measures one workload: every proxy in turn, round by round, answers and arrivals checked each time."""
import dataclasses
import statistics
import time

from . import accounting
from .process import Backend, Load, StreamsLoad, fetch
from .proxies import Work


_LOG_DELAY = 0.3  # a line is written within 100 ms
_STARTING = 64  # connections that the load generator starts at a time with --hold


@dataclasses.dataclass
class Result:
    workload: object
    samples: dict = dataclasses.field(default_factory=dict)  # by proxy: the figure of each round
    details: dict = dataclasses.field(default_factory=dict)  # by proxy: lists by name, and calls, pss
    problems: dict = dataclasses.field(default_factory=dict)  # by proxy: why its figure counts for nothing
    missing: dict = dataclasses.field(default_factory=dict)  # by proxy: why it can't do this yet

    def add(self, name, value, **details):
        self.samples.setdefault(name, []).append(value)
        for key, detail in details.items():
            self.details.setdefault(name, {}).setdefault(key, []).append(detail)

    def blame(self, name, sentences):
        known = self.problems.setdefault(name, [])
        known.extend(sentence for sentence in sentences if sentence not in known)

    def median(self, name, key=None):
        values = self.samples.get(name) if key is None else self.details.get(name, {}).get(key)
        return statistics.median(values) if values else None


class Bench:
    """The settings of a run: rounds, seconds a round, whom to compare, the certificate."""

    def __init__(self, rounds, seconds, proxies, certificate):
        self.rounds, self.seconds, self.proxies, self.certificate = rounds, seconds, proxies, certificate

    def measure(self, workload):
        result = Result(workload)
        with Backend() as backend:
            work = Work(backend.port, self.certificate if workload.tls else (), workload.sidecar, workload.cached,
                        workload.workers, http2=workload.streams > 0)
            kinds = [kind for kind in self.proxies if (workload.floor or not kind.is_floor) and (work.cached or not kind.is_cache)]
            kinds = [kind for kind in kinds if self._can(kind, work, result)]
            _MEASURES[workload.kind](self, workload, work, backend, kinds, result)
        return result

    @staticmethod
    def _can(kind, work, result):
        proxy = kind(work)
        try:
            reason = getattr(proxy, "unavailable", lambda: None)()
        finally:
            proxy.__exit__()
        if reason:
            result.missing[kind.name] = reason
        return not reason

    def run_load(self, proxy, workload, backend, result, **options):
        """One load run, checked: the load's report."""
        if workload.sidecar:
            time.sleep(_LOG_DELAY)
        before = backend.stats()
        lines = proxy.logged()
        if workload.streams:
            report = StreamsLoad(proxy.port, proxy.dir, workload, options["seconds"]).result()
        else:
            report = Load(proxy.port, workload.request(), proxy.dir, **{**workload.load(), **options}).result()
        after = backend.stats()
        result.blame(proxy.name, _wrongs(proxy, workload, report, before, after))
        if workload.sidecar:
            time.sleep(_LOG_DELAY)
            result.blame(proxy.name, proxy.check_log(lines + report["requests"]))
        return report

    def _cpu(self, workload, work, backend, kinds, result):
        proxies = [kind(work) for kind in kinds]
        try:
            for proxy in proxies:
                proxy.start()
                result.blame(proxy.name, proxy.check())
                if workload.cached:  # not all at once: not everybody collapses
                    Load(proxy.port, workload.request(), proxy.dir, requests=1, seconds=5,
                         **{**workload.load(), "connections": 1}).result()
                self.run_load(proxy, workload, backend, result, seconds=min(0.3, self.seconds))
            for number in range(self.rounds):
                for proxy in _rotated(proxies, number):
                    begin = proxy.cpu_seconds()
                    report = self.run_load(proxy, workload, backend, result, seconds=self.seconds)
                    cpu = proxy.cpu_seconds() - begin
                    requests = max(1, report["requests"])
                    result.add(proxy.name, cpu / requests * 1e6, rate=requests / report["seconds"], p50=report["p50"],
                               p99=report["p99"], p999=report["p999"])
            for proxy in proxies:
                result.details[proxy.name]["pss"] = [proxy.pss()]
                self._count_calls(proxy, workload, backend, result)
        finally:
            for proxy in proxies:
                proxy.__exit__()

    def _count_calls(self, proxy, workload, backend, result):
        """System calls a request: of a long run less those of a short one, so that connecting does not count."""
        if not workload.counted:
            return
        calls = []
        for requests in (workload.counted, workload.counted * 3):
            with accounting.SystemCalls(proxy.pid) as counter:
                self.run_load(proxy, workload, backend, result, requests=requests, seconds=30)
            calls.append(counter.total())
        result.details[proxy.name]["calls"] = [(calls[1] - calls[0]) / (workload.counted * 2)]

    def _idle(self, workload, work, backend, kinds, result):
        for number in range(self.rounds):
            for kind in _rotated(kinds, number):
                with kind(work) as proxy:
                    self.run_load(proxy, workload, backend, result, requests=2000, connections=_STARTING)  # pools fill
                    before = proxy.pss()
                    load = Load(proxy.port, workload.request(), proxy.dir, hold=True, seconds=30, **workload.load())
                    if load.held() != workload.connections:
                        result.blame(proxy.name, ["not every connection got its answer"])
                    time.sleep(0.1)
                    result.add(proxy.name, (proxy.pss() - before) / workload.connections)
                    if load.result()["open"] != workload.connections:
                        result.blame(proxy.name, ["idle connections were closed"])

    def _start(self, workload, work, backend, kinds, result):
        for number in range(self.rounds * 2):
            for kind in _rotated(kinds, number):
                proxy = kind(work)
                try:
                    begin = time.perf_counter()
                    proxy.spawn()
                    _first_answer(proxy)
                    taken = time.perf_counter() - begin
                    if workload.kind == "start":
                        result.add(proxy.name, taken * 1e3)
                    else:
                        time.sleep(0.2)
                        result.add(proxy.name, proxy.pss() / 1024)
                finally:
                    proxy.__exit__()

    def _latency(self, workload, work, backend, kinds, result):
        proxies = [kind(work) for kind in kinds]
        rate = {"rate": 5000, "seconds": self.seconds, "warmup": 0.2}
        try:
            for proxy in proxies:
                proxy.start()
                result.blame(proxy.name, proxy.check())
            for number in range(self.rounds):
                direct = Load(backend.port, workload.request(), proxies[0].dir, **workload.load(), **rate).result()
                for proxy in _rotated(proxies, number):
                    report = self.run_load(proxy, workload, backend, result, **rate)
                    result.add(proxy.name, report["p50"] - direct["p50"], p50=report["p50"], p99=report["p99"],
                               p999=report["p999"], rate=report["requests"] / report["seconds"])
        finally:
            for proxy in proxies:
                proxy.__exit__()

    def _reload(self, workload, work, backend, kinds, result):
        seconds = 10 if self.seconds >= 1 else 2
        for kind in kinds:
            with kind(work) as proxy:
                idle = Load(proxy.port, workload.request(), proxy.dir, hold=True, connections=100, expect=128, seconds=seconds)
                idle.held()
                busy = Load(proxy.port, workload.request(), proxy.dir, connections=32, rate=2000, expect=128, seconds=seconds)
                for number in range(seconds * 5):
                    time.sleep(0.2)
                    proxy.write(f"reload {number}")
                    proxy.reload()
                report, rest = busy.result(), idle.result()
                failed, closed = report["failed"] + report["wrong"], report["closed"] + report["closed_idle"]
                result.add(proxy.name, failed + closed + 100 - rest["open"], failed=failed, closed=closed,
                           idle_closed=100 - rest["open"], p99=report["p99"], p50=report["p50"], p999=report["p999"],
                           rate=report["requests"] / report["seconds"])


_MEASURES = {"cpu": Bench._cpu, "idle": Bench._idle, "start": Bench._start, "memory": Bench._start,
             "latency": Bench._latency, "reload": Bench._reload}


def _rotated(items, number):
    number %= max(1, len(items))
    return items[number:] + items[:number]


def _first_answer(proxy):
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        try:
            if fetch(proxy.port, "/bytes/128")[0].startswith("HTTP/1.1 200"):
                return
        except OSError:
            pass
        time.sleep(0.0002)
    raise RuntimeError(f"{proxy.name} gives no answer:\n{proxy.errors()}")


def _wrongs(proxy, workload, report, before, after):
    """What was not right in a load run, as sentences."""
    def delta(key):
        return after[key] - before[key]
    arrived = delta("requests")
    sentences = []
    if report["requests"] == 0:
        sentences.append("no request was answered")
    if report["wrong"]:
        sentences.append(f"wrong answers: {report['wrong']}")
    if report["failed"]:
        sentences.append(f"requests without an answer: {report['failed']}")
    if workload.cached:
        return sentences + ([f"{arrived} requests reached the service"] if arrived > 2 else [])
    if not report["requests"] <= arrived <= report["requests"] + report["closed"] + report["failed"]:
        sentences.append(f"{report['requests']} requests answered, {arrived} reached the service")
    if delta("wrong_bodies") or delta("body_bytes") < report["requests"] * workload.upload:
        sentences.append("bodies did not arrive as they were sent")
    if workload.resume and report["resumed"] < 0.9 * report["connections"]:
        sentences.append(f"{report['resumed']} of {report['connections']} sessions were resumed")
    if not proxy.is_floor:
        seen = {name: after["fields"][name] - before["fields"][name] for name in after["fields"]}
        wanted = ["X-Forwarded-For", "X-Forwarded-Proto", "X-Forwarded-Host", "Via"]
        wanted += ["X-Request-Id", "X-Tenant"] if workload.sidecar else []
        sentences += [f"{seen[name]} of {arrived} requests carried {name}" for name in wanted if seen[name] != arrived]
        if seen["X-Debug"]:
            sentences.append("X-Debug was passed on")
    return sentences
