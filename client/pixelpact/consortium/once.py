"""One change on the chain, once: journalled, resumed when it was cut off, and not sent when it is there."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from pixelpact.chain import Call, Event
from pixelpact.errors import ContractError
from pixelpact.profile import Profile

__all__ = ["once"]

E = TypeVar("E", bound=Event)


def once(
    profile: Profile,
    work: tuple[str, str],
    make: Callable[[], Call],
    kind: type[E],
    found: Callable[[], E | None],
) -> E:
    """Carry a call out and give the event that it caused, final; there already, that is what is given.

    Args:
        profile: whose.
        work: the operation, and what tells this one from the others of its kind, for the journal.
        make: makes the call.
        kind: of its event.
        found: looks for that event among those up to the newest block.

    Raises:
        ContractError: the contract refuses it, and it is not there.
        ChainError: it is not known what became of it; called again, it goes on.
    """
    with profile.vault.journal(*work) as entry:
        if entry.step is None and (there := found()) is not None:
            profile.wait_until_final(there)
            return there
        try:
            return profile.carry_out(entry, "sent", make).event(kind)
        except ContractError:
            # Another process of this institution may have been first.
            there = found()
            if there is None:
                if entry.step is not None:
                    entry.finish()
                raise
            profile.wait_until_final(there)
            return there
