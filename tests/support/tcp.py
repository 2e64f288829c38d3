"""What the tests of listeners with protocol tcp share."""
from support.case import Case

PLAIN = """
version: 1
listeners:
  - {name: in, address: "@listen@", protocol: tcp, filters: [{access_log: {}}], timeouts: {tunnel_idle: 1m}, upstream: app}
upstreams: {app: {endpoints: ["@app@"], filters: []}}
status: {address: "@status@"}
"""


def echo(talk):
    """Sends back what comes until the client ends, then ends."""
    while more := (talk.reader.buffer or talk.socket.recv(65536)):
        talk.reader.buffer = b""
        talk.socket.sendall(more)


class TcpCase(Case):
    def proxy(self, config, service=None, **options):
        return super().proxy(config, service, wait_for=("status",), **options)  # no connection but the test's own
