"""The floor, Outrigger, nginx, HAProxy and, for work that is cached, Varnish, configured to do the same work.

The work: HTTP/1.1 with kept connections both ways, retries, timeouts, the service's Server and Date passed on;
X-Forwarded-For, -Proto and -Host and Via added. `Work` says what comes on top.
"""
import dataclasses
import json
import os
import pathlib
import shutil
import signal
import ssl
import subprocess

from .build import ROOT, helper
from .process import Server, fetch

BINARY = pathlib.Path(os.environ.get("OUTRIGGER_BINARY", ROOT / "build/release/outrigger")).absolute()

_POOL = 128

_ADDED = ("X-Forwarded-For", "X-Forwarded-Proto", "X-Forwarded-Host", "Via")


@dataclasses.dataclass(frozen=True)
class Work:
    """`sidecar`: a JSON line for each request, X-Request-Id made and passed on, fields set and removed both ways."""

    backend: int = 0
    tls: tuple = ()  # (certificate file, key file)
    sidecar: bool = False
    cached: bool = False  # 200 answers are kept for ten minutes
    workers: int = 1
    http2: bool = False  # from clients; the service then gets at most `pool` connections where the proxy can say so
    pool: int = _POOL
    traced: bool = False  # with a collector that is told of failures only

    def client_tls(self):
        return ssl.create_default_context(cafile=str(self.tls[0])) if self.tls else None


class Proxy(Server):
    """One of those that are compared. check() says what it does otherwise than agreed."""

    is_floor = False
    is_cache = False  # does nothing but cache: only for work that is cached

    def __init__(self, work):
        super().__init__()
        self.work = work
        self.log = self.dir / "access.log"

    def reload(self):
        os.kill(self.pid, signal.SIGHUP)

    def logged(self):
        """Complete lines in the access log."""
        return self.log.read_bytes().count(b"\n") if self.log.exists() else 0

    def check(self):
        """Sentences, none when all is as agreed."""
        head, echo = fetch(self.port, "/echo", self.work.client_tls(), "X-Debug: 1\r\n")
        fields = {line.split(":")[0].lower() for line in echo.decode().splitlines()[1:] if ":" in line}
        wanted = list(_ADDED) + (["X-Request-Id", "X-Tenant"] if self.work.sidecar else [])
        problems = [f"the service does not get {name}" for name in wanted if name.lower() not in fields]
        if not head.startswith("HTTP/1.1 200"):
            problems.append(f"answers {head.splitlines()[0] if head else 'nothing'}")
        if self.work.sidecar:
            problems += [] if "x-debug" not in fields else ["X-Debug is passed on"]
            problems += [] if "strict-transport-security" in head.lower() else ["Strict-Transport-Security is not set"]
            problems += [] if "x-powered-by" not in head.lower() else ["X-Powered-By is not removed"]
        return problems

    def check_log(self, lines):
        """Is the access log JSON, with what a line must say, and `lines` long?"""
        if not self.work.sidecar:
            return []
        if self.logged() != lines:
            return [f"{self.logged()} lines in the access log for {lines} requests"]
        last = self.log.read_text().splitlines()[-1]
        try:
            values = {str(value) for value in _flat(json.loads(last))}
        except ValueError:
            return [f"the access log is no JSON: {last[:200]}"]
        return [f"a log line without {what!r}: {last[:200]}" for what in ("GET", "200", "/bytes/128")
                if not any(what in value for value in values)]


def _flat(value):
    if isinstance(value, dict):
        for item in value.values():
            yield from _flat(item)
    else:
        yield value


class Floor(Proxy):
    name = "floor"
    is_floor = True

    def command(self):
        return [str(helper("floor")), str(self.port), str(self.work.backend), *map(str, self.work.tls)]

    def check(self):
        return []

    def check_log(self, lines):
        return []


class Outrigger(Proxy):
    name = "outrigger"
    stop_signal = signal.SIGINT
    binary = BINARY

    def __init__(self, work):
        super().__init__(work)
        self.file = self.dir / "outrigger.yaml"
        self.write()

    def write(self, comment=""):
        tls = f"    tls: {{cert: {self.work.tls[0]}, key: {self.work.tls[1]}}}\n" if self.work.tls else ""
        body = self.sidecar() if self.work.sidecar else self.plain()
        self.file.write_text(f"# {comment}\nversion: 1\nlisteners:\n  - name: bench\n"
                             f"    address: 127.0.0.1:{self.port}\n{tls}{body}")

    def plain(self):
        more = f", limits: {{in_flight: {self.work.pool}, queue: 2048, queue_timeout: 10s}}" if self.work.http2 else ""
        filters = "    filters: [{cache: {ttl: 10m}}]\n" if self.work.cached else ""
        if self.work.traced:
            filters = "    filters: [{tracing: {exporter: {otlp: 'http://127.0.0.1:9'}, sample: 0%}}]\n"
        return f"{filters}    upstream: app\nupstreams: {{app: {{endpoints: ['127.0.0.1:{self.work.backend}']{more}}}}}\n"

    def sidecar(self):
        """Eight filters: five of the listener's, one of the route's, two of the upstream's."""
        return f"""\
    filters:
      - access_log: {{format: json, path: {self.log}}}
      - request_id: {{}}
      - headers: {{request: {{set: {{X-Tenant: bench}}}}}}
      - headers: {{request: {{remove: [X-Debug]}}}}
      - headers: {{response: {{set: {{Strict-Transport-Security: max-age=31536000}}}}}}
    routes:
      - filters: [{{headers: {{response: {{remove: [X-Powered-By]}}}}}}]
        upstream: app
upstreams: {{app: {{endpoints: ['127.0.0.1:{self.work.backend}']}}}}
"""

    def unavailable(self):
        """Why this work can't be done yet; None if it can."""
        done = subprocess.run([self.binary, "validate", "-c", self.file], capture_output=True, text=True, check=False)
        return None if done.returncode == 0 else done.stderr.strip().splitlines()[0]

    def command(self):
        return [str(self.binary), "run", "-c", str(self.file), "--workers", str(self.work.workers)]


def other_outrigger(label, path):
    """An Outrigger of another build, to stand beside the first."""
    return type("OtherOutrigger", (Outrigger,), {"name": label, "binary": pathlib.Path(path).absolute()})


class Nginx(Proxy):
    """Buffers as nginx ships them (cheaper for downloads than larger ones), but nothing goes through files."""

    name = "nginx"
    stop_signal = signal.SIGQUIT

    def __init__(self, work):
        super().__init__(work)
        self.file = self.dir / "nginx.conf"
        self.write()

    def write(self, comment=""):
        (self.dir / "tmp").mkdir(exist_ok=True)
        listen, tls = "", ""
        if self.work.tls:
            listen = " ssl http2" if self.work.http2 else " ssl"
            tls = (f"ssl_certificate {self.work.tls[0]}; ssl_certificate_key {self.work.tls[1]};"
                   " ssl_protocols TLSv1.2 TLSv1.3; ssl_ecdh_curve X25519; ssl_session_tickets on;")
        user = "user root;" if os.getuid() == 0 else ""
        log, more = ("off", "") if not self.work.sidecar else self.sidecar()
        zone = f"proxy_cache_path {self.dir}/cache keys_zone=bench:10m;" if self.work.cached else ""
        more += " proxy_cache bench; proxy_cache_valid 200 10m; proxy_ignore_headers Cache-Control Expires;" if zone else ""
        self.file.write_text(f"""# {comment}
{user} worker_processes {self.work.workers}; daemon off; pid {self.dir}/nginx.pid; error_log {self.dir}/error.log warn;
worker_rlimit_nofile 20000;
events {{ worker_connections 20000; }}
http {{
  log_format line escape=json '{{"time":"$time_iso8601","id":"$request_id","client":"$remote_addr","method":"$request_method",'
    '"target":"$request_uri","host":"$host","status":$status,"duration":$request_time,"sent":$body_bytes_sent,'
    '"received":$request_length,"upstream":"$upstream_addr","upstream_status":"$upstream_status",'
    '"upstream_time":"$upstream_response_time","agent":"$http_user_agent","referer":"$http_referer"}}';
  access_log {log};
  client_body_temp_path tmp/a; proxy_temp_path tmp/b; fastcgi_temp_path tmp/c; uwsgi_temp_path tmp/d; scgi_temp_path tmp/e;
  keepalive_requests 1000000000; keepalive_timeout 75s; tcp_nodelay on; client_max_body_size 0;
  {tls} {zone}
  upstream app {{ server 127.0.0.1:{self.work.backend}; keepalive {2048 if self.work.http2 else 128}; keepalive_requests 1000000000; }}
  server {{
    listen 127.0.0.1:{self.port}{listen} backlog=4096;
    location / {{
      proxy_pass http://app; proxy_http_version 1.1; proxy_request_buffering off;
      proxy_max_temp_file_size 0;
      proxy_pass_header Server; proxy_pass_header Date;
      proxy_set_header Connection ""; proxy_set_header Host $http_host; proxy_set_header Via "1.1 nginx";
      proxy_set_header X-Forwarded-For $remote_addr; proxy_set_header X-Forwarded-Proto $scheme;
      proxy_set_header X-Forwarded-Host $http_host;
      {more}
    }}
  }}
}}
""")

    def sidecar(self):
        return f"{self.log} line buffer=64k flush=100ms", """
      proxy_set_header X-Request-Id $request_id; proxy_set_header X-Tenant bench; proxy_set_header X-Debug "";
      proxy_hide_header X-Powered-By; add_header Strict-Transport-Security max-age=31536000; add_header X-Request-Id $request_id;"""

    def command(self):
        return [shutil.which("nginx") or "/usr/sbin/nginx", "-p", str(self.dir), "-e", str(self.dir / "error.log"),
                "-c", str(self.file)]

    def errors(self):
        return super().errors() + (self.dir / "error.log").read_text(errors="replace")[-4000:]


CACHE = """cache bench
  total-max-size 64
  max-object-size 100000
  max-age 600
"""
USE_CACHE = """  http-request cache-use bench
  http-response set-header Cache-Control max-age=600
  http-response cache-store bench
"""


class Haproxy(Proxy):
    """Buffers as Debian ships them, splicing where it helps."""

    name = "haproxy"
    stop_signal = signal.SIGTERM

    def __init__(self, work):
        super().__init__(work)
        self.file = self.dir / "haproxy.cfg"
        self.log = self.dir / "stdout"
        self.write()

    def write(self, comment=""):
        bind = ""
        if self.work.tls:
            pem = self.dir / "tls.pem"
            pem.write_text(pathlib.Path(self.work.tls[0]).read_text() + pathlib.Path(self.work.tls[1]).read_text())
            bind = f" ssl crt {pem} curves X25519" + (" alpn h2,http/1.1" if self.work.http2 else "")
        self.file.write_text(f"""# {comment}
global
  nbthread {self.work.workers}
  maxconn 7000
defaults
  mode http
  timeout connect 1s
  timeout client 75s
  timeout server 60s
  timeout http-request 10s
  timeout http-keep-alive 75s
  retries 2
  option redispatch
  option forwardfor
  option splice-auto
  http-reuse always
frontend bench
  bind 127.0.0.1:{self.port}{bind} backlog 4096
  http-request set-header Via "1.1 haproxy"
  http-request set-header X-Forwarded-Proto {'https' if self.work.tls else 'http'}
  http-request set-header X-Forwarded-Host %[req.hdr(host)]
{self.sidecar() if self.work.sidecar else ''}  default_backend app
{CACHE if self.work.cached else ''}backend app
{USE_CACHE if self.work.cached else ''}  server app 127.0.0.1:{self.work.backend}{f' maxconn {_POOL}' if self.work.http2 else ''}
""")

    def sidecar(self):
        line = ('{"time":"%[date,ltime(%FT%T)]","id":"%ID","client":"%ci","method":"%HM","target":"%[capture.req.uri,json(utf8s)]",'
                '"host":"%[capture.req.hdr(0),json(utf8s)]","status":%ST,"duration":%Ta,"sent":%B,"received":%U,'
                '"upstream":"%si:%sp","tries":"%rc","upstream_time":%Tr,"why":"%ts","agent":"%[capture.req.hdr(1),json(utf8s)]",'
                '"referer":"%[capture.req.hdr(2),json(utf8s)]"}')
        return f"""\
  log stdout format raw local0
  log-format '{line}'
  http-request capture req.hdr(host) len 64
  http-request capture req.hdr(user-agent) len 128
  http-request capture req.hdr(referer) len 128
  unique-id-format %{{+X}}o%ci%cp%fi%fp%Ts%rt%pid
  unique-id-header X-Request-Id
  http-request set-header X-Tenant bench
  http-request del-header X-Debug
  http-response set-header X-Request-Id %[unique-id]
  http-response set-header Strict-Transport-Security max-age=31536000
  http-response del-header X-Powered-By
"""

    def reload(self):
        os.kill(self.pid, signal.SIGUSR2)

    def command(self):
        return [shutil.which("haproxy") or "/usr/sbin/haproxy", "-W", "-f", str(self.file)]


class Varnish(Proxy):
    """One pool of threads, as it is one worker; enough of them for every connection, since each holds one."""

    name = "varnish"
    is_cache = True
    stop_signal = signal.SIGTERM

    def __init__(self, work):
        super().__init__(work)
        self.file = self.dir / "bench.vcl"
        self.file.write_text(f"""vcl 4.1;
backend app {{ .host = "127.0.0.1"; .port = "{self.work.backend}"; }}
sub vcl_backend_fetch {{
  set bereq.http.Via = "1.1 varnish";
  set bereq.http.X-Forwarded-Proto = "http";
  set bereq.http.X-Forwarded-Host = bereq.http.Host;
}}
sub vcl_backend_response {{ set beresp.ttl = 10m; }}
""")

    def command(self):
        options = [f"thread_pools={self.work.workers}", "thread_pool_min=200", "thread_pool_max=5000", "timeout_idle=75",
                   "cc_command=clang-19 -g -O2 -pthread -fpic -shared -Wl,-x -o %o %s"]
        return [shutil.which("varnishd") or "/usr/sbin/varnishd", "-F", "-j", "none", "-n", str(self.dir / "work"), "-f", str(self.file),
                "-a", f"127.0.0.1:{self.port}", "-T", "none", "-s", "malloc,64m",
                *(word for option in options for word in ("-p", option))]


ALL = (Floor, Outrigger, Nginx, Haproxy, Varnish)
