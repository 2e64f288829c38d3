"""A gRPC service and its client, both by python3-grpcio; messages are plain bytes, so there is no protocol file."""
import threading
from concurrent import futures

import grpc

from .ports import free_port
from .wait import PATIENCE

SERVICE = "test.Echo"
LOCAL = [("grpc.enable_http_proxy", 0)]  # clients and servers of tests never leave the machine


class GrpcService:
    """`/test.Echo/` Unary, Collect (client streaming), Repeat (server streaming), Talk (both), Fail (ends with the status that the
    request's number names), Left (milliseconds of the deadline that are left), Hang. `health` are answers of grpc.health.v1 by
    service name. `calls` counts by method, `metadata` is the latest call's."""

    def __init__(self, port=None, credentials=None):
        self.port = port or free_port()
        self.calls, self.metadata, self.health = {}, {}, {}
        self.failures = None  # Fail ends well after so many
        self.cancelled = threading.Event()
        handlers = {"Unary": grpc.unary_unary_rpc_method_handler(self._unary),
                    "Collect": grpc.stream_unary_rpc_method_handler(self._collect),
                    "Repeat": grpc.unary_stream_rpc_method_handler(self._repeat),
                    "Talk": grpc.stream_stream_rpc_method_handler(self._talk),
                    "Fail": grpc.unary_unary_rpc_method_handler(self._fail),
                    "Left": grpc.unary_unary_rpc_method_handler(self._left),
                    "Hang": grpc.unary_stream_rpc_method_handler(self._hang)}
        check = {"Check": grpc.unary_unary_rpc_method_handler(self._check)}
        self.server = grpc.server(futures.ThreadPoolExecutor(32), options=LOCAL)
        self.server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(SERVICE, handlers),
                                              grpc.method_handlers_generic_handler("grpc.health.v1.Health", check)))
        place = f"127.0.0.1:{self.port}"
        bound = self.server.add_secure_port(place, credentials) if credentials else self.server.add_insecure_port(place)
        assert bound == self.port

    @property
    def address(self):
        return f"127.0.0.1:{self.port}"

    def _count(self, method, context):
        self.calls[method] = self.calls.get(method, 0) + 1
        self.metadata = dict(context.invocation_metadata())

    def _unary(self, request, context):
        self._count("Unary", context)
        context.set_trailing_metadata((("x-trailer", "end"),))
        return b"echo " + request

    def _collect(self, requests, context):
        self._count("Collect", context)
        return b"+".join(requests)

    def _repeat(self, request, context):
        self._count("Repeat", context)
        for i in range(int(request)):
            yield b"%d" % i

    def _talk(self, requests, context):
        self._count("Talk", context)
        for request in requests:
            yield b"echo " + request

    def _fail(self, request, context):
        self._count("Fail", context)
        if self.failures is not None and self.calls["Fail"] > self.failures:
            return b"well"
        code = next(code for code in grpc.StatusCode if code.value[0] == int(request))
        context.abort(code, "as it was asked: 100% \u00e9")
        return None

    def _left(self, request, context):
        self._count("Left", context)
        return b"%d" % (context.time_remaining() * 1000)

    def _hang(self, request, context):
        self._count("Hang", context)
        context.add_callback(self.cancelled.set)
        if request:
            yield request
        self.cancelled.wait(PATIENCE)

    def _check(self, request, context):
        name = request[2:].decode() if request else ""
        if name not in self.health:
            context.abort(grpc.StatusCode.NOT_FOUND, "unknown service")
        return self.health[name]

    def __enter__(self):
        self.server.start()
        return self

    def __exit__(self, *_):
        self.cancelled.set()
        self.server.stop(0).wait(PATIENCE)


class GrpcClient:
    def __init__(self, port, credentials=None, options=()):
        place, options = f"127.0.0.1:{port}", [*LOCAL, *options]
        self.channel = grpc.secure_channel(f"localhost:{port}", credentials, options) if credentials else grpc.insecure_channel(place, options)

    def unary(self, method, message=b"", timeout=PATIENCE, service=SERVICE):
        return self.channel.unary_unary(f"/{service}/{method}").with_call(message, timeout=timeout)

    def collect(self, messages, timeout=PATIENCE):
        return self.channel.stream_unary(f"/{SERVICE}/Collect")(iter(messages), timeout=timeout)

    def repeat(self, count, timeout=PATIENCE):
        return list(self.channel.unary_stream(f"/{SERVICE}/Repeat")(b"%d" % count, timeout=timeout))

    def talk(self, messages, timeout=PATIENCE):
        return self.channel.stream_stream(f"/{SERVICE}/Talk")(messages, timeout=timeout)

    def hang(self, message=b"", timeout=PATIENCE):
        return self.channel.unary_stream(f"/{SERVICE}/Hang")(message, timeout=timeout)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.channel.close()
