"""The few questions that a localnet asks its own nodes, over HTTP on 127.0.0.1."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import requests

from pixelpact.errors import ChainError, PixelPactError, StoreError, UnreachableError

from .processes import Daemon

__all__ = ["ask_chain", "ask_kubo", "wait_until"]

_SECONDS = 10.0
_PAUSE = 0.1


def ask_chain(url: str, method: str, *parameters: Any) -> Any:
    """The result of a JSON-RPC call (EIP-1474).

    Raises:
        UnreachableError: nobody answers, or nothing that makes sense.
        ChainError: the node refuses it.
    """
    question = {"jsonrpc": "2.0", "id": 1, "method": method, "params": list(parameters)}
    try:
        answer = _post(url, json=question).json()
        if "result" in answer:
            return answer["result"]
        words = str(answer["error"]["message"])
    except (requests.RequestException, ValueError, KeyError, TypeError) as error:
        raise UnreachableError(
            f"The node at {url} does not answer",
            why=type(error).__name__,
            remedy="Start it: pixelpact localnet up --folder FOLDER",
        ) from error
    raise ChainError(f"The node at {url} refused {method}", why=words)


def ask_kubo(url: str, command: str, **arguments: str) -> Any:
    """The answer of a command of Kubo's RPC.

    Raises:
        StoreError: nobody answers, or not as Kubo does.
    """
    try:
        answer = _post(f"{url}/api/v0/{command}", params=arguments)
        answer.raise_for_status()
        return answer.json()
    except (requests.RequestException, ValueError) as error:
        raise StoreError(
            f"The Kubo node at {url} does not answer",
            why=type(error).__name__,
            remedy="Start it: pixelpact localnet up --folder FOLDER",
        ) from error


def wait_until(holds: Callable[[], bool], daemon: Daemon, seconds: float, failure: PixelPactError) -> None:
    """Ask again until it holds; while nobody answers it does not.

    Raises:
        PixelPactError: ``failure`` when it does not hold in time, one of its kind when the node ended.
    """
    deadline = time.monotonic() + seconds
    while True:
        try:
            if holds():
                return
        except (ChainError, StoreError) as error:
            failure.__cause__ = error
        if daemon.pid() is None:
            raise daemon.died(type(failure))
        if time.monotonic() > deadline:
            raise failure
        time.sleep(_PAUSE)


def _post(url: str, **content: Any) -> requests.Response:
    with requests.Session() as session:
        # A proxy that the environment names is for the outside.
        session.trust_env = False
        return session.post(url, timeout=_SECONDS, **content)
