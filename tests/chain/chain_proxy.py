"""A node between the client and a real Anvil that changes some of the answers: the nodes one can't order."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import requests

#: Given the method, the parameters and Anvil's answer: what to answer instead.
Change = Callable[[str, list[Any], dict[str, Any]], dict[str, Any]]


@contextmanager
def serving(respond: Callable[[bytes], bytes]) -> Iterator[str]:
    """Serve POST requests on a free port of this machine; the address is the value."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = -1  # head and body in one packet, or each answer waits for an acknowledgement

        def do_POST(self) -> None:
            body = respond(self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@contextmanager
def changed(url: str, change: Change) -> Iterator[str]:
    """A node that answers as the one at ``url`` does, but for what ``change`` makes of it."""

    def respond(body: bytes) -> bytes:
        question = json.loads(body)
        answer = requests.post(url, json=question, timeout=10).json()
        return json.dumps(change(question["method"], question["params"], answer)).encode()

    with serving(respond) as address:
        yield address
