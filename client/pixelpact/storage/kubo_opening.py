"""How a Kubo node is reached, and when it is refused before anything is stored in it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal
from urllib.parse import urlsplit

from pixelpact.errors import InputError, StoreError
from pixelpact.storage.kubo_rpc import Rpc, Transport
from pixelpact.storage.kubo_settings import Flaw

if TYPE_CHECKING:
    from pixelpact.storage.kubo_gateway import Gateway

__all__ = ["TransportName", "check_version", "connected", "opened_gateway", "refuse"]

TransportName = Literal["httpx", "ipfshttpclient"]
#: Before it, what is checked of the settings stood elsewhere or did not exist.
_OLDEST = (0, 38)


def connected(url: str, transport: TransportName) -> Rpc:
    """Questions to the node at ``url``; nothing is asked yet.

    Raises:
        InputError: no URL, or the library of this transport is not installed.
    """
    checked = _checked_url(url)
    return Rpc(checked, _transport(transport, checked))


def check_version(url: str, version: str) -> None:
    """StoreError for a Kubo whose settings mean something else."""
    if _numbers(version) < _OLDEST:
        raise StoreError(
            f"The Kubo node at {url} can't be used",
            why=f"it is Kubo {version[:40]}, whose settings have other meanings",
            remedy="Use Kubo 0.38 or later; scripts/build-node kubo builds one",
        )


def refuse(url: str, flaws: tuple[Flaw, ...]) -> None:
    """StoreError for a node with flaws: it says all of them, and what mends each."""
    if flaws:
        raise StoreError(
            f"The Kubo node at {url} is not set for medical images",
            why="; ".join(f"{flaw.setting} is {flaw.found[:80]}, so {flaw.why}" for flaw in flaws),
            remedy="; ".join(dict.fromkeys(flaw.remedy for flaw in flaws)),
        )


def opened_gateway(url: str) -> Gateway:
    """A node's gateway; InputError when this is no URL."""
    from pixelpact.storage.kubo_gateway import Gateway  # noqa: PLC0415 - loaded when asked for

    return Gateway(_checked_url(url))


def _transport(name: TransportName, url: str) -> Transport:
    try:
        if name == "ipfshttpclient":
            from pixelpact.storage.kubo_ipfshttpclient import (  # noqa: PLC0415 - loaded when asked for
                IpfshttpclientTransport,
            )

            return IpfshttpclientTransport(url)
        from pixelpact.storage.kubo_httpx import HttpxTransport  # noqa: PLC0415 - as above
    except ModuleNotFoundError as error:
        raise InputError(
            f"The transport {name} can't be used",
            why=f"the package {error.name} is not installed",
            remedy=f"Install it (pip install 'pixelpact[{name}]'), or use httpx",
        ) from error
    return HttpxTransport(url)


def _checked_url(url: str) -> str:
    try:
        parts = urlsplit(url)
        usable = parts.scheme in ("http", "https") and parts.hostname and (parts.port or True)
    except ValueError:
        usable, parts = False, urlsplit("")
    if not usable or parts.path.strip("/") or parts.query or parts.fragment or parts.username:
        raise InputError(
            f"{url!r} is no address of a Kubo node",
            why="it is not of the form http://host:port",
            remedy="Give the address of the node's RPC, such as http://127.0.0.1:5001",
        )
    return f"{parts.scheme}://{parts.netloc}"


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) if part.isdigit() else 0 for part in version.partition("-")[0].split(".")[:2])
