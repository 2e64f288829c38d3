"""nginx and Python's http.server stopped, killed and started again under load, through TLS: no wrong answer, and recovery."""
from support.case import Case
from support.load import Load
from support.metrics import Metrics
from support.nginx import Nginx
from support.services import PythonFiles
from support.wait import until

CONFIG = """
version: 1
listeners:
  - {address: "@listen@", tls: {self_signed: true}, timeouts: {request: 2s, backend_request: 300ms}, upstream: app}
upstreams:
  app:
    endpoints: [@endpoints@]
    filters: [{retry: {}}, {circuit_breaker: {min_requests: 10, window: 1s, open_for: 200ms, max_open: 400ms}}]
    timeouts: {connect: 300ms}
status: {address: "@status@"}
"""
BODY = b"the one and only answer\n" * 200
HONEST = {200, 502, 503, 504, "EOFError"}  # the last: killed in the middle of an answer


class RealServices(Case):
    def serve(self, *services):
        self.served = self.proxy(CONFIG, endpoints=", ".join(f'"{service.address}"' for service in services),
                                 wait_for=("listen", "status"))
        self.load = self.enterContext(Load(self.served.port(), clients=6, tls="x", body=BODY))
        self.goes_well()

    def goes_well(self):
        before = self.load.count(200)
        until(lambda: self.load.count(200) >= before + 50, "50 good answers")

    def fails(self):
        before = self.load.total() - self.load.count(200)
        until(lambda: self.load.total() - self.load.count(200) >= before + 50, "50 failures")

    def check(self):
        wrong = {outcome: count for outcome, count in self.load.outcomes.items() if outcome not in HONEST}
        self.assertEqual({}, wrong, self.load.outcomes)

    def failures(self, *tokens):
        now = Metrics(self.served.address("status"))
        return sum(now.value("outrigger_upstream_tries_total", upstream="app", result=token) for token in tokens)

    def services(self):
        files = {"index.html": BODY.decode()}
        return Nginx(**files), PythonFiles(**files), PythonFiles(protocol="HTTP/1.1", **files)

    def test_a_service_that_stops_and_goes_on(self):
        for service in self.services():
            with self.subTest(type(service).__name__):
                self.serve(self.start(service))
                for _ in range(2):
                    service.pause()
                    self.fails()
                    service.resume()
                    self.goes_well()
                self.check()
                self.assertGreater(self.failures("upstream_timeout", "connect_timeout"), 0)
                self.assertGreater(self.load.count(503), 0)  # the breaker was open

    def test_a_service_that_is_killed_and_started_again(self):
        for service in self.services():
            with self.subTest(type(service).__name__):
                self.serve(self.start(service))
                for _ in range(3):
                    service.kill()
                    self.fails()
                    service.start()
                    self.goes_well()
                self.check()
                self.assertGreater(self.failures("connect_failed"), 0)

    def test_while_one_of_two_services_is_killed_and_started_again_no_request_fails(self):
        one, other = self.services()[:2]
        self.serve(self.start(one), self.start(other))
        for _ in range(3):
            one.kill()
            self.goes_well()
            one.start()
            self.goes_well()
        self.check()
        self.assertEqual({200}, set(self.load.outcomes), self.load.outcomes)
