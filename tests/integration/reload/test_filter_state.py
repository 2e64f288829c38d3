"""What filters know outlives a reload, wherever in their chain they then stand."""
import json

from support.cache.origin import Origin
from support.case import Case
from support.curl import curl
from support.metrics import Metrics
from support.ports import free_port
from support.wait import until

CONFIG = """
version: 1
listeners:
  - {{name: cached, address: "@listen_cached@", filters: [{cache}], upstream: app}}
  - {{name: limited, address: "@listen_limited@", filters: [{limit}], routes: [{{respond: {{body: ok}}}}]}}
  - {{name: broken, address: "@listen_broken@", upstream: dead}}
upstreams:
  app: {{endpoints: ["@app@"], filters: []}}
  dead: {{endpoints: ["@dead@"], filters: [{breaker}]}}
status: {{address: "@listen_status@"}}
admin: {{address: "@listen_admin@"}}
"""
CACHE, LIMIT, BREAKER = "{cache: {}}", "{rate_limit: {rate: 1/h, burst: 1}}", "{circuit_breaker: {connect_failures: 1, open_for: 1h, max_open: 1h}}"


class FilterState(Case):
    def setUp(self):
        self.origin = self.start(Origin())
        self.origin.script("/x", {"fields": ["Cache-Control: max-age=1000"]})
        self.served = self.proxy(self.config(), app=self.origin.address, dead=f"127.0.0.1:{free_port()}", workers=2)

    @staticmethod
    def config(cache=CACHE, limit=LIMIT, breaker=BREAKER):
        return CONFIG.format(cache=cache, limit=limit, breaker=breaker)

    def get(self, listener, path="/x"):
        return curl(f"http://{self.served.address('listen_' + listener)}{path}")

    def reload(self, **changed):
        self.served.write(self.config(**changed))
        done = curl("-X", "POST", f"http://{self.served.address('listen_admin')}/api/reload")
        self.assertEqual(done.status, 200, done.body)

    def breaker(self):
        return json.loads(curl(f"http://{self.served.address('listen_admin')}/api/breakers").body)[0]

    def cache_metrics(self):
        series = Metrics(self.served.address("listen_status")).series
        return {labels["place"]: value for name, labels, value in series if name == "outrigger_cache_entries"}

    def test_a_filter_that_is_put_in_front_takes_nothing_from_it(self):
        self.assertEqual(self.get("cached").status, 200)
        self.assertEqual(self.get("limited").status, 200)
        self.assertEqual(self.get("broken").status, 502)
        until(lambda: self.breaker()["state"] == "open", "the breaker to open")
        more = "{headers: {response: {set: {X-New: '1'}}}}, "
        other = "{cache: {max_size: 1MiB}}, "
        self.reload(cache=more + other + CACHE, limit=more + LIMIT, breaker=more + BREAKER)

        cached = self.get("cached")
        self.assertEqual((cached.status, self.origin.count("/x")), (200, 1), "the cache kept its answer")
        self.assertIn("hit", cached.head.get("Cache-Status"))
        self.assertEqual(self.get("limited").status, 429, "the bucket is still empty")
        broken = self.get("broken")
        self.assertEqual((broken.status, self.breaker()["state"]), (503, "open"))
        self.assertEqual(self.breaker()["place"], "upstreams.dead.filters[1].circuit_breaker")
        self.assertEqual(self.cache_metrics()["listeners[0].filters[2].cache"], 1)
        self.assertNotIn("listeners[0].filters[0].cache", self.cache_metrics(), "it stands there no more")

    def test_other_options_are_another_filter(self):
        self.assertEqual(self.get("limited").status, 200)
        self.assertEqual(self.get("limited").status, 429)
        self.reload(limit="{rate_limit: {rate: 2/h, burst: 1}}")
        self.assertEqual(self.get("limited").status, 200)

    def test_of_two_that_are_the_same_each_keeps_its_own(self):
        both = LIMIT + ", " + LIMIT
        self.reload(limit=both)
        self.assertEqual(self.get("limited").status, 200)
        self.assertEqual(self.get("limited").status, 429)
        self.reload(limit="{headers: {}}, " + both)
        self.assertEqual(self.get("limited").status, 429)
