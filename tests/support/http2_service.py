"""A service that speaks HTTP/2 and says what a test tells it to. Frames by h2 and hyperframe, from Debian."""
import socket
import ssl
import threading

import h2.config
import h2.connection
import h2.errors
import h2.events
import h2.exceptions
import h2.settings

REFUSED_STREAM = h2.errors.ErrorCodes.REFUSED_STREAM


class Request:
    """`stream`, `fields` in order with the pseudo-headers, `body`, `trailers`, and `connection`, the number of the one it came on."""

    def __init__(self, talk, stream, fields):
        self.talk, self.stream, self.fields = talk, stream, fields
        self.connection = talk.number
        self.body, self.trailers = b"", []
        self.is_complete = False
        self.reset = None

    def get(self, name):
        return dict(self.fields).get(name)

    def all(self, name):
        return [value for key, value in self.fields if key == name]


class Talk:
    """One connection. Its functions may be called by any thread."""

    def __init__(self, service, number, connection):
        self.service, self.number, self.socket = service, number, connection
        self.lock = threading.RLock()
        self.opened = threading.Condition(self.lock)
        self.pings = 0
        self.falls_silent = False  # reads on, says nothing more
        self.goaway = None
        self.h2 = h2.connection.H2Connection(h2.config.H2Configuration(
            client_side=False, header_encoding="latin-1", validate_inbound_headers=False, validate_outbound_headers=False,
            normalize_outbound_headers=False))
        self.h2.local_settings = h2.settings.Settings(client=False, initial_values={
            h2.settings.SettingCodes.MAX_CONCURRENT_STREAMS: 100,
            **{getattr(h2.settings.SettingCodes, name): value for name, value in service.settings.items()}})

    def flush(self):
        with self.lock:
            data = self.h2.data_to_send()
            if data and not self.falls_silent:
                self.socket.sendall(data)

    def raw(self, data):
        """Bytes past the library."""
        with self.lock:
            self.flush()
            self.socket.sendall(data)

    def frames(self, *frames):
        self.raw(b"".join(frame.serialize() for frame in frames))

    def head(self, request, status=200, fields=(), ends=False):
        with self.lock:
            self.h2.send_headers(request.stream, [(":status", str(status)), *fields], end_stream=ends)
            self.flush()

    def trailers(self, request, fields):
        with self.lock:
            self.h2.send_headers(request.stream, list(fields), end_stream=True)
            self.flush()

    def data(self, request, body, ends=False):
        """Waits for the window to open."""
        with self.lock:
            while True:
                size = min(self.h2.local_flow_control_window(request.stream), self.h2.max_outbound_frame_size, len(body))
                if body and size == 0:
                    if not self.opened.wait(timeout=30):
                        raise TimeoutError("the window stays shut")
                    continue
                part, body = body[:size], body[size:]
                self.h2.send_data(request.stream, part, end_stream=ends and not body)
                self.flush()
                if not body:
                    return

    def respond(self, request, status=200, fields=(), body=b"ok", trailers=None):
        self.head(request, status, fields, ends=not body and trailers is None)
        if body:
            self.data(request, body, ends=trailers is None)
        if trailers is not None:
            self.trailers(request, trailers)

    def reset(self, request, code):
        with self.lock:
            self.h2.reset_stream(request.stream, code)
            self.flush()

    def close(self):
        try:
            self.socket.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass

    def run(self):
        with self.lock:
            self.h2.initiate_connection()
            self.flush()
        self.service.on_connect(self)
        requests = {}
        try:
            while data := self.socket.recv(65536):
                with self.lock:
                    events = self.h2.receive_data(data)
                    self.opened.notify_all()
                for event in events:
                    self._on(event, requests)
                self.flush()
        except (OSError, h2.exceptions.ProtocolError) as error:
            self.service.errors.append(error)
        finally:
            self.service.closed.append(self.number)
            self.socket.close()

    def _on(self, event, requests):
        if isinstance(event, h2.events.RequestReceived):
            request = requests[event.stream_id] = Request(self, event.stream_id, event.headers)
            self.service.requests.append(request)
            self._run(self.service.on_head, request)
        elif isinstance(event, h2.events.DataReceived):
            requests[event.stream_id].body += event.data
            if self.service.reads:
                with self.lock:
                    self.h2.acknowledge_received_data(event.flow_controlled_length, event.stream_id)
        elif isinstance(event, h2.events.TrailersReceived):
            requests[event.stream_id].trailers = event.headers
        elif isinstance(event, h2.events.StreamEnded):
            requests[event.stream_id].is_complete = True
            self._run(self.service.on_request, requests[event.stream_id])
        elif isinstance(event, h2.events.StreamReset):
            requests[event.stream_id].reset = event.error_code
        elif isinstance(event, h2.events.PingReceived):
            self.pings += 1
        elif isinstance(event, h2.events.ConnectionTerminated):
            self.goaway = event.error_code

    def _run(self, function, request):
        if function is not None:
            threading.Thread(target=self._call, args=(function, request), daemon=True).start()

    def _call(self, function, request):
        try:
            function(self, request)
        except (OSError, h2.exceptions.ProtocolError) as error:
            self.service.errors.append(error)


class Http2Service:
    """`on_request(talk, request)` answers a request that is complete, in a thread of its own; `on_head` hears of it when its head is
    here. `settings`: ours, by name. `tls`: an SSL context, or null. `reads` False: windows stay as they are."""

    def __init__(self, on_request=Talk.respond, on_head=None, settings=None, tls=None, reads=True, on_connect=lambda talk: None):
        self.on_request, self.on_head, self.on_connect = on_request, on_head, on_connect
        self.settings, self.reads, self.tls = settings or {}, reads, tls
        self.requests, self.talks, self.errors, self.closed = [], [], [], []

    @property
    def address(self):
        return f"127.0.0.1:{self.socket.getsockname()[1]}"

    def _accept(self):
        while True:
            try:
                connection, _ = self.socket.accept()
                if self.tls:
                    connection = self.tls.wrap_socket(connection, server_side=True)
            except ssl.SSLError as error:
                self.errors.append(error)
                continue
            except OSError:
                return
            talk = Talk(self, len(self.talks), connection)
            self.talks.append(talk)
            threading.Thread(target=talk.run, daemon=True).start()

    def __enter__(self):
        self.socket = socket.create_server(("127.0.0.1", 0), backlog=256)
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.socket.shutdown(socket.SHUT_RDWR)
        self.socket.close()
        for talk in self.talks:
            talk.close()
