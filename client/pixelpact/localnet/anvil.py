"""Anvil: one node that all institutions share, on which anybody can do anything. For trying things out."""

from __future__ import annotations

import json
from pathlib import Path

from .ask import ask_chain
from .files import make_private, write_private
from .plan import Plan
from .processes import Daemon

__all__ = ["fund", "keep_state", "prepare_anvil"]

_FUNDS = hex(10**6 * 10**18)


def prepare_anvil(folder: Path, plan: Plan, program: Path, environment: dict[str, str]) -> Daemon:
    """The node; its state is where it was, or as it was when it was last kept if its file broke off."""
    home = folder / "anvil"
    make_private(home)
    daemon = Daemon(
        title="Anvil",
        folder=home,
        command=(
            str(program),
            *("--host", "127.0.0.1", "--port", str(plan.ports[0].rpc)),
            *("--chain-id", str(plan.chain_id), "--hardfork", "paris"),
            *("--block-time", str(plan.period)),
            *("--state", str(home / "state.json"), "--state-interval", "1"),
            *("--cache-path", str(home / "cache")),
            # Accounts get their ether from `fund`; nobody has those of the well-known mnemonic.
            *("--accounts", "0", "--quiet"),
        ),
        environment=environment,
    )
    if daemon.pid() is None:
        _mend_state(home)
    return daemon


def fund(url: str, addresses: list[bytes]) -> None:
    """Give these accounts ether, if they have none."""
    for address in addresses:
        name = "0x" + address.hex()
        if int(ask_chain(url, "eth_getBalance", name, "latest"), 16) == 0:
            ask_chain(url, "anvil_setBalance", name, _FUNDS)


def keep_state(folder: Path, *, block: int) -> bool:
    """Keep a copy of the state that was written last, if it has this block; whether it had.

    Anvil writes over its only file, so that an end in the midst of it leaves no state at all.
    """
    home = folder / "anvil"
    text = _whole(home / "state.json")
    if text is None or len(json.loads(text)["blocks"]) <= block:
        return False
    write_private(home / "state.kept.json", text)
    return True


def _mend_state(home: Path) -> None:
    state, kept = home / "state.json", home / "state.kept.json"
    if (text := _whole(state)) is not None:
        write_private(kept, text)
    elif (text := _whole(kept)) is not None:
        write_private(state, text)
    else:
        state.unlink(missing_ok=True)


def _whole(path: Path) -> str | None:
    """The text of a state that did not break off."""
    try:
        text = path.read_text("utf-8")
        json.loads(text)
    except (OSError, ValueError):
        return None
    return text
