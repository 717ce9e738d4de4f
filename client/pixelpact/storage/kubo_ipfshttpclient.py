"""Questions to Kubo by ipfshttpclient (the extra of that name), for applications that have it already.

0.8.0a2 exactly: the releases before it refuse any Kubo of today. Its ``connect`` warns that it knows no Kubo
newer than 0.8; what is used here is the HTTP client below it, which knows no versions.
"""

from __future__ import annotations

import ipaddress
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

import requests
from ipfshttpclient import exceptions, multipart
from ipfshttpclient.http_requests import ClientSync

from pixelpact.storage.kubo_rpc import Absence, BrokenAnswer, Deadline, Question, Refusal, Slowness

__all__ = ["IpfshttpclientTransport"]

_CONNECTING = 5.0
_PIECE = 262_144


class IpfshttpclientTransport:
    """One client for each thread, as its sessions are not made for several."""

    def __init__(self, url: str) -> None:
        self._address = _multiaddress(url)
        self._own = threading.local()
        self._lock = threading.Lock()
        self._clients: list[Any] = []

    def ask(self, question: Question) -> bytes:
        """The body of the answer (``Transport.ask``)."""
        deadline = Deadline(question.patience)
        silence = question.patience.silence
        body, headers = None, None
        if question.file is not None:
            body, headers = multipart.stream_bytes(bytes(question.file), chunk_size=_PIECE)
        arguments = [value for name, value in question.parameters if name == "arg"]
        options = {name: value for name, value in question.parameters if name != "arg"}
        with (
            _told(deadline),
            self._client().request(
                f"/{question.command}",
                arguments,
                opts=options,
                stream=True,
                data=body,
                headers=headers,
                timeout=(min(_CONNECTING, silence), silence),
            ) as pieces,
        ):
            return deadline.gather(pieces)

    def close(self) -> None:
        """End the connections of all threads (``Transport.close``)."""
        with self._lock:
            clients, self._clients = self._clients, []
        self._own = threading.local()
        for client in clients:
            client.close_session()

    def _client(self) -> Any:
        client = getattr(self._own, "client", None)
        if client is None:
            client = _Client(self._address, "api/v0")
            client.open_session()
            self._own.client = client
            with self._lock:
                self._clients.append(client)
        return client


class _Client(ClientSync):  # type: ignore[misc] # the library's types are not looked at
    """Its client, with sessions that take no proxy or credential from the environment and go nowhere else.

    They are requests' own: the library's way of making them uses what urllib3 warns that it will drop.
    """

    __slots__ = ()

    def _make_session(self) -> requests.Session:
        session = requests.Session()
        session.trust_env = False
        session.max_redirects = 0
        return session


@contextmanager
def _told(deadline: Deadline) -> Iterator[None]:
    try:
        yield
    except exceptions.ErrorResponse as error:
        raise Refusal(str(error)) from None
    except exceptions.StatusError as error:
        raise BrokenAnswer(f"HTTP status {error.original.response.status_code}") from None
    except exceptions.TimeoutError as error:
        if isinstance(error.original, requests.ConnectTimeout):
            raise Absence(str(error)) from None
        raise Slowness(deadline.told) from None
    except exceptions.ConnectionError as error:
        raise Absence(str(error)) from None
    except exceptions.Error as error:
        raise BrokenAnswer(str(error)) from None
    except requests.RequestException as error:
        # What the library lets through while a body comes in; a pause then is a ConnectionError to requests.
        if "timed out" in str(error):
            raise Slowness(deadline.told) from None
        raise BrokenAnswer(str(error)) from None


def _multiaddress(url: str) -> str:
    parts = urlsplit(url)
    host = parts.hostname or ""
    try:
        kind = f"ip{ipaddress.ip_address(host).version}"
    except ValueError:
        kind = "dns"
    port = parts.port or (443 if parts.scheme == "https" else 80)
    return f"/{kind}/{host}/tcp/{port}/{parts.scheme}"
