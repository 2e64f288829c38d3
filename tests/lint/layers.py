"""Which folder may include what. src/README.md draws the same rules."""
import re

_NET = {"net", "base", "event", "stats", "config"}
_UPSTREAM = _NET | {"upstream", "http"}
_PROXY = _UPSTREAM | {"proxy"}
_SERVER = _PROXY | {"server", "filters", "adapters"}

# "outrigger/..." is open to all but to nobody's private headers: include/ sees itself and the standard library.
ALLOWED = {
    "base": {"base"},
    "config": {"config", "base"},
    "stats": {"stats", "base"},
    "event": {"event", "base"},
    "http": {"http", "base"},
    "net": _NET,
    "upstream": _UPSTREAM,
    "proxy": _PROXY,
    "cache": {"cache", "http", "base"},
    "filters": {"base", "cache"},  # and its own folder
    "adapters": _UPSTREAM | {"adapters"},
    "server": _SERVER,
    "cli": _SERVER | {"cli"},
}

# Third-party headers, each from one place.
LIBRARIES = {
    "event2/": ("src/event/",),
    "openssl/": ("src/net/tls/", "src/base/crypto/"),
    "crypt.h": ("src/base/crypto/",),
    "ares": ("src/net/dns/",),
    "yaml-cpp/": ("src/config/",),
    "prometheus/": ("src/stats/exporter.cc",),
    "spdlog/": ("src/server/process_log.cc",),
    "nghttp2/": ("src/http/h2/",),
    "re2/": ("src/base/",),
    "CLI/": ("src/cli/",),
    "nlohmann/": ("src/config/", "src/cli/", "src/server/", "src/base/json/"),
    "fmt/": ("src/",),
    "catch2/": ("tests/",),
}

# http/ knows no socket, loop, clock or thread.
_IMPURE = re.compile(r"sys/(socket|epoll|uio|un|time|eventfd)\.h|netinet/.*|arpa/.*|netdb\.h|poll\.h|unistd\.h|fcntl\.h|"
                     r"time\.h|ctime|chrono|thread|mutex|shared_mutex|condition_variable|future|outrigger/clock\.h")

_INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*(["<])([^">]+)[">]', re.M)


def check(path, text):
    """[(line, message)] for one file of src/ or include/."""
    problems = []
    is_test = path.endswith("_test.cc")
    parts = path.split("/")
    folder = "include" if parts[0] == "include" else parts[1]
    for match in _INCLUDE.finditer(text):
        quoted, name = match.group(1) == '"', match.group(2)
        line = text.count("\n", 0, match.start()) + 1
        message = _refuse(path, parts, folder, is_test, quoted, name)
        if message:
            problems.append((line, f'#include of "{name}": {message}'))
    return problems


def _refuse(path, parts, folder, is_test, quoted, name):
    for prefix, places in LIBRARIES.items():
        if name.startswith(prefix) and not (prefix == "ares" and "/" in name):
            fits = any(path.startswith(place) for place in places) or (prefix in ("catch2/", "nlohmann/") and is_test)
            return None if fits else f"only {' and '.join(places)} may"
    if folder == "http" and _IMPURE.fullmatch(name):
        return "http/ knows no socket, loop, clock or thread"
    if not quoted:
        return None
    target = name.split("/")[0]
    if target == "outrigger":
        return None
    if folder == "include":
        return "include/outrigger sees only itself and the standard library"
    if is_test and target == "support":
        return None
    if len(parts) == 2:  # src/main.cc
        return None if target in ("cli", "server") else "main.cc sees cli and server"
    if folder not in ALLOWED:
        return f"tests/lint/layers.py does not know the folder src/{folder}"
    if "/" not in name:
        return "name headers by their path below src/"
    if folder == "filters" and target == "filters":
        registry = len(parts) == 3
        same = len(parts) > 3 and name.split("/")[1] == parts[2]
        return None if registry or same or name.count("/") == 1 else "a filter sees no other filter"
    return None if target in ALLOWED[folder] else f"{folder} must not see {target}"
