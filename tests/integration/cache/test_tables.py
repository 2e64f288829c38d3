"""RFC 9111 as tables, each row through the real binary; the name of a test begins with the section of its row."""
import unittest

from support.cache import rows_freshness, rows_selecting, rows_storing, rows_using
from support.cache.origin import Origin
from support.cache.rows import Run
from support.outrigger import Outrigger

# By the name that a row gives as `config`.
FILTERS = {
    "plain": "{}",
    "small": "{max_object: 64KiB}",
    "shared": "{authorization: true}",
    "strip": "{set_cookie: strip}",
    "heuristic": "{heuristic: 10%}",
    "plainttl": "{ttl: 60s}",
    "drop": '{key: {query: {drop: ["utm_*"]}}}',
    "keep": "{key: {query: {keep: [id]}}}",
    "sort": "{key: {query: {sort: true}}}",
    "headers": "{key: {headers: [X-Tenant]}}",
    "cookies": "{key: {cookies: [theme]}}",
    "deaf": "{request_directives: false}",
    "trusting": "{}",
    "stale": "{stale_if_error: 100s}",
    "behind": "{stale_while_revalidate: 100s}",
    "ttl": "{ttl: {default: 60s, status: {404: 10s, 5xx: 30s, 500-502: 0s}}}",
}


def configuration():
    listeners = "".join(
        f'  - {{name: {name}, address: "@listen_{name}@", filters: [{{cache: {options}}}], upstream: app'
        f'{", trusted_proxies: [127.0.0.0/8]" if name == "trusting" else ""}}}\n'
        for name, options in FILTERS.items())
    return f'version: 1\nlisteners:\n{listeners}upstreams: {{app: {{endpoints: ["@app@"], filters: []}}}}\n'


class Tables(unittest.TestCase):
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        cls.origin = cls.enterClassContext(Origin())
        cls.proxy = cls.enterClassContext(Outrigger(configuration(), app=cls.origin.address))


def _add(number, row):
    def test(self):
        Run(self, row, self.proxy, self.origin, f"/row/{number}").all()
    test.__doc__ = f"section {row.section}: {row.name}"
    name = f"test_{row.slug}"
    while hasattr(Tables, name):
        name += "_too"
    setattr(Tables, name, test)


ROWS = rows_storing.ROWS + rows_freshness.ROWS + rows_selecting.ROWS + rows_using.ROWS
for _number, _row in enumerate(ROWS):
    _add(_number, _row)
