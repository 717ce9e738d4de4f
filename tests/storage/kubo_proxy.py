"""Stands in front of a real Kubo node and spoils the answers to chosen commands."""

from __future__ import annotations

import http.client
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

__all__ = ["Fault", "Proxy", "cut", "drip", "endless", "late", "nothing", "proxying", "reply", "silence"]

_JSON = "application/json"


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Proxy

    def do_POST(self) -> None:
        body = self._body()
        command = urlsplit(self.path).path.removeprefix("/api/v0/")
        self.server.asked.append(self.path)
        fault = self.server.faults.get(command)
        with suppress(OSError):
            if fault is None:
                self._forward(body)
            else:
                fault(self)

    do_GET = do_POST  # noqa: N815 - the library's name

    def log_message(self, *_: object) -> None:
        """Says nothing."""

    def start(self, status: int, *headers: tuple[str, str]) -> None:
        self.send_response(status)
        for name, value in headers:
            self.send_header(name, value)
        self.end_headers()

    def piece(self, data: bytes) -> None:
        self.wfile.write(b"%x\r\n%s\r\n" % (len(data), data))

    def _body(self) -> bytes:
        if self.headers.get("Transfer-Encoding", "") != "chunked":
            return self.rfile.read(int(self.headers.get("Content-Length") or 0))
        body = b""
        while size := int(self.rfile.readline(), 16):
            body += self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()
        return body

    def _forward(self, body: bytes) -> None:
        node = http.client.HTTPConnection(self.server.node, timeout=60)
        try:
            node.request(
                "POST", self.path, body, {"Content-Type": self.headers.get("Content-Type", "text/plain")}
            )
            answer = node.getresponse()
            content = answer.read()
        finally:
            node.close()
        reply(content, answer.status, answer.headers.get("Content-Type", _JSON))(self)


Fault = Callable[[_Handler], None]


class Proxy(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, node_url: str) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.node = urlsplit(node_url).netloc
        self.faults: dict[str, Fault] = {}
        self.asked: list[str] = []
        self.ended = threading.Event()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    def handle_error(self, *_: object) -> None:
        """A client that hangs up is what many of these tests are about."""


@contextmanager
def proxying(node_url: str) -> Iterator[Proxy]:
    proxy = Proxy(node_url)
    thread = threading.Thread(target=proxy.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield proxy
    finally:
        proxy.ended.set()
        proxy.shutdown()
        thread.join()
        proxy.server_close()


def reply(body: bytes, status: int = 200, kind: str = _JSON, *headers: tuple[str, str]) -> Fault:
    """One whole answer."""

    def fault(handler: _Handler) -> None:
        handler.start(status, ("Content-Type", kind), ("Content-Length", str(len(body))), *headers)
        handler.wfile.write(body)

    fault.__name__ = f"{status} {body[:30]!r}"
    return fault


def nothing(handler: _Handler) -> None:
    """Hangs up without a word."""
    handler.close_connection = True


def silence(handler: _Handler) -> None:
    """Says nothing, and does not hang up either."""
    handler.server.ended.wait(30)
    handler.close_connection = True


def cut(handler: _Handler) -> None:
    """Hangs up amid the answer."""
    handler.start(200, ("Content-Type", _JSON), ("Transfer-Encoding", "chunked"))
    handler.wfile.write(b'40\r\n{"Key":')
    handler.close_connection = True


def drip(handler: _Handler) -> None:
    """One byte at a time, for ever."""
    handler.start(200, ("Content-Type", _JSON), ("Transfer-Encoding", "chunked"))
    while not handler.server.ended.wait(0.05):
        handler.piece(b" ")


def endless(handler: _Handler) -> None:
    """As many bytes as anybody takes."""
    handler.start(200, ("Content-Type", _JSON), ("Transfer-Encoding", "chunked"))
    while not handler.server.ended.is_set():
        handler.piece(bytes(65_536))


def late(handler: _Handler) -> None:
    """Kubo's way to fail when it has begun to answer: the error is in the trailer, the body just ends."""
    handler.start(
        200, ("Content-Type", _JSON), ("Transfer-Encoding", "chunked"), ("Trailer", "X-Stream-Error")
    )
    handler.wfile.write(b"0\r\nX-Stream-Error: the disk is gone\r\n\r\n")
