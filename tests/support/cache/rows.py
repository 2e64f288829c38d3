"""How rows of the tables are written and run: what the service answers, what a client asks then, and what must come of it."""
import dataclasses
import re

from support.raw import Client

FRESH = "Cache-Control: max-age=1000"
STALE = ("Cache-Control: max-age=10", "Age: 20")


@dataclasses.dataclass
class Row:
    section: str  # of RFC 9111, unless it names another one
    name: str
    answers: list  # of the service, one after the other
    steps: list
    config: str = "plain"

    @property
    def slug(self):
        return re.sub(r"[^a-z0-9]+", "_", f"{self.section} {self.name}".lower()).strip("_")


def step(expect, *fields, method="GET", query="", host="test", status=None, body=None, has=None, lacks=(), saw=None,
         unseen=(), content=b"", config=None, trailers=None, cut=False):
    """`expect`: hit (the service is not asked), fetch (it is), valid (it is, and what is stored is given), any.

    cut: the answer is not complete. trailers: the fields behind its content.
    has: fields of the answer, by a regular expression; lacks: names that must not be there. saw, unseen: the same of what reached
    the service.
    """
    return {k: v for k, v in locals().items()}


def answer(*fields, **more):
    return {"fields": list(fields), **more}


def reuse(section, name, *fields, again=(), first=(), config="plain", checks=None, **more):
    """The second request is answered from the cache."""
    return Row(section, name, [answer(*fields, **more)],
               [step("fetch", *first), step("hit", *again, **(checks or {}))], config)


def refetch(section, name, *fields, again=(), first=(), config="plain", checks=None, **more):
    """The second request goes to the service and brings a new answer."""
    return Row(section, name, [answer(*fields, **more)],
               [step("fetch", *first), step("fetch", *again, **(checks or {}))], config)


def validate(section, name, *fields, again=(), first=(), config="plain", checks=None, **more):
    """The second request makes the cache ask whether what is stored still holds, and it does."""
    return Row(section, name, [answer(*fields, validates=True, **more)],
               [step("fetch", *first), step("valid", *again, **(checks or {}))], config)


class Run:
    """One row against the running proxy."""

    def __init__(self, test, row, proxy, origin, path):
        self.test, self.row, self.proxy, self.origin, self.path = test, row, proxy, origin, path

    def all(self):
        self.origin.script(self.path, *self.row.answers)
        first = None
        for number, what in enumerate(self.row.steps):
            with self.test.subTest(step=number + 1):
                first = self._one(what, first) if first is None else (self._one(what, first), first)[1]

    def _one(self, what, first):
        before = self.origin.count(self.path)
        with Client(self.proxy.port("listen_" + (what["config"] or self.row.config))) as client:
            if what["cut"]:
                try:
                    self.test.assertEqual(client.request(self._request(what)).status, 502)
                except (EOFError, ConnectionError):
                    pass
                return None
            got = client.request(self._request(what))
        asked = self.origin.count(self.path) - before
        expect = what["expect"]
        if expect != "any":
            self.test.assertEqual(asked, 0 if expect == "hit" else 1, f"asked the service {asked} times: {got}")
        if expect == "valid":
            last = self.origin.asked[self.path][-1]
            self.test.assertTrue(last.get("If-None-Match") or last.get("If-Modified-Since"), last)
        if expect in ("hit", "valid") and what["status"] in (None, 200) and what["method"] == "GET" and first is not None:
            self.test.assertEqual(got.body, what["body"] if what["body"] is not None else first.body)
        self._check(what, got)
        return got

    def _request(self, what):
        fields = "".join(f"{field}\r\n" for field in what["fields"])
        if what["content"]:
            fields += f"Content-Length: {len(what['content'])}\r\n"
        host = f"Host: {what['host']}\r\n" if what["host"] else ""
        line = f"{what['method']} {self.path}{what['query']} HTTP/1.1\r\n"
        return f"{line}{host}{fields}\r\n".encode("latin-1") + what["content"]

    def _check(self, what, got):
        if what["status"] is not None:
            self.test.assertEqual(got.status, what["status"], got)
        if what["body"] is not None:
            self.test.assertEqual(got.body, what["body"])
        if what["trailers"] is not None:
            self.test.assertEqual(got.trailers, what["trailers"])
        for name, pattern in (what["has"] or {}).items():
            self.test.assertRegex(got.get(name, "(none)"), pattern, f"{name} of {got}")
        for name in what["lacks"]:
            self.test.assertIsNone(got.get(name), f"{name} of {got}")
        seen = self.origin.asked[self.path][-1] if self.origin.asked[self.path] else None
        for name, pattern in (what["saw"] or {}).items():
            self.test.assertRegex(seen.get(name, "(none)"), pattern, f"{name} of {seen}")
        for name in what["unseen"]:
            self.test.assertIsNone(seen.get(name), f"{name} of {seen}")
