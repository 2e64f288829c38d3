"""The workloads, by their letters in the table of figures to reach."""
import dataclasses

_BROWSER = "".join(f"{line}\r\n" for line in (
    "User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36",
    "Accept: text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,image/apng,*/*;q=0.8",
    "Accept-Language: en-GB,en;q=0.9,de-CH;q=0.8,de;q=0.7",
    "Accept-Encoding: gzip, deflate, br, zstd",
    "Cache-Control: no-cache",
    "Pragma: no-cache",
    "Referer: https://bench.local/reports/quarterly/overview?year=2026&page=3",
    'Sec-CH-UA: "Not/A)Brand";v="8", "Chromium";v="126", "Google Chrome";v="126"',
    "Sec-CH-UA-Mobile: ?0",
    'Sec-CH-UA-Platform: "Linux"',
    "Sec-Fetch-Dest: document",
    "Sec-Fetch-Mode: navigate",
    "Sec-Fetch-Site: same-origin",
    "Sec-Fetch-User: ?1",
    "Upgrade-Insecure-Requests: 1",
    "Priority: u=0, i",
    "DNT: 1",
    "Cookie: session=5f2b7c1e9d8a4b6c8e0f1a2b3c4d5e6f; theme=dark; consent=functional%2Canalytics; "
    "_ga=GA1.2.1234567890.1700000000; csrf=d41d8cd98f00b204e9800998ecf8427e",
    "If-None-Match: W/\"5d8c72a5edda8d6a\"",
))
MEBIBYTE = 1 << 20


@dataclasses.dataclass(frozen=True)
class Workload:
    key: str
    title: str
    target: float  # ours, at most: times the best peer, or in the unit
    kind: str = "cpu"  # cpu, idle, start, reload, latency: what is measured and how
    unit: str = "us"
    is_figure: bool = False  # the target is in the unit: bytes are the same on every machine
    tls: bool = False
    sidecar: bool = False
    cached: bool = False  # answers come from the proxy's cache
    traced: bool = False  # spans for a collector, of which no trace is sampled
    workers: int = 1
    connections: int = 64
    streams: int = 0  # HTTP/2 with that many requests at a time on each connection; 0: HTTP/1
    close: bool = False
    resume: bool = False
    expect: int = 128  # bytes of each answer
    upload: int = 0
    fields: str = ""
    floor: bool = True  # does it make sense for a program that parses nothing?
    counted: int = 3000  # requests under strace; 0: none

    def request(self):
        line = f"POST /upload HTTP/1.1\r\nContent-Length: {self.upload}\r\n" if self.upload else \
            f"GET /bytes/{self.expect} HTTP/1.1\r\n"
        debug = "X-Debug: 1\r\n" if self.sidecar else ""
        end = "Connection: close\r\n" if self.close else ""
        return f"{line}Host: bench.local\r\n{self.fields}{debug}{end}\r\n"

    def load(self):
        """Options of the load generator."""
        return {"connections": self.connections, "expect": self.expect, "upload": self.upload or None, "tls": self.tls,
                "close": self.close, "resume": self.resume}


ALL = (
    Workload("a", "h1 keep-alive, GET 128 B, 64 connections", 0.75),
    Workload("b", "the same with browser headers (20 fields, 1 KB)", 0.75, fields=_BROWSER),
    Workload("c", "new client connection per request", 0.85, close=True, floor=False),
    Workload("d", "TLS 1.3 keep-alive", 0.85, tls=True),
    Workload("e", "TLS 1.3 full handshake per request", 1.0, tls=True, close=True, connections=16, counted=0),
    Workload("e-resumed", "TLS 1.3 resumed handshake per request", 1.0, tls=True, close=True, resume=True,
             connections=16, counted=0),
    Workload("f", "HTTP/2 over TLS 1.3, 32 connections of 32 streams", 1.0, tls=True, connections=32, streams=32, floor=False,
             counted=0),
    Workload("g", "1 MiB download", 0.8, connections=16, expect=MEBIBYTE, counted=200),
    Workload("g-tls", "1 MiB download with TLS", 0.95, connections=16, expect=MEBIBYTE, tls=True, counted=200),
    Workload("h", "1 MiB upload", 0.8, connections=16, expect=2, upload=MEBIBYTE, counted=200),
    Workload("k", "cache hit, 4 KiB", 0.65, cached=True, expect=4096, floor=False),
    Workload("m", "sidecar: JSON access log, request id, header rewrite, metrics, 8 filters", 0.70, sidecar=True,
             floor=False),
    Workload("n", "two workers, 64 connections", 0.75, workers=2, floor=False),
    Workload("i", "one idle keep-alive connection", 600, kind="idle", unit="B", is_figure=True, connections=5000),
    Workload("i-tls", "one idle keep-alive connection with TLS", 14500, kind="idle", unit="B", is_figure=True, tls=True,
             connections=5000),
    Workload("j", "start to first answer", 1.5, kind="start", unit="ms", floor=False),
    Workload("j-memory", "PSS when idle, one worker", 0.6, kind="memory", unit="KiB", floor=False),
    Workload("l", "reload every 200 ms under load: failed + closed", 0.0, kind="reload", unit="lost", is_figure=True, floor=False),
    Workload("p", "added median latency at 5,000 requests/s", 1.0, kind="latency"),
)
# Only counted: others have nothing that is like it.
COUNTED = (
    *ALL,
    Workload("t", "the same as a with tracing on and no trace sampled", 0, traced=True),
)


def chosen(only):
    """The workloads named by a list like "a,g"; "g" stands for g and g-tls."""
    if not only:
        return ALL
    names = only.split(",")
    found = [item for item in ALL if item.key in names or item.key.split("-")[0] in names]
    unknown = [name for name in names if not any(name in (item.key, item.key.split("-")[0]) for item in ALL)]
    if unknown:
        raise SystemExit(f"compare: no workload {', '.join(unknown)}; there are: {' '.join(item.key for item in ALL)}")
    return found
