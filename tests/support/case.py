"""The base of the integration tests: everything that a test starts ends with it."""
import unittest

from .outrigger import Outrigger
from .raw import Client

PLAIN = """
version: 1
listeners: [{address: "@listen@", upstream: app}]
upstreams: {app: {endpoints: ["@app@"]}}
"""
# Without retries and breaker: one request in, one request out.
BARE = """
version: 1
listeners: [{address: "@listen@", upstream: app}]
upstreams: {app: {endpoints: ["@app@"], filters: []}}
"""
LOGGED = """
version: 1
listeners: [{address: "@listen@", filters: [{access_log: {}}], upstream: app}]
upstreams: {app: {endpoints: ["@app@"], filters: []}}
"""


class Case(unittest.TestCase):
    maxDiff = None

    def start(self, thing):
        """Enters a service, peer or client that ends with the test."""
        return self.enterContext(thing)

    def proxy(self, config=BARE, service=None, **options):
        """A started proxy; `service` (started, with an address) is @app@."""
        if service is not None:
            options["app"] = service.address
        return self.enterContext(Outrigger(config, **options))

    def client(self, proxy, **options):
        return self.enterContext(Client(proxy.port(), **options))
