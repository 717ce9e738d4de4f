"""A sentence for a refusal, and the remedies that several share."""

from __future__ import annotations

from typing import NamedTuple

__all__ = ["ASK_ADMIN", "ASK_CONSORTIUM", "FAULT", "RENEW", "Sentence"]

ASK_ADMIN = "Ask the institution's administrator to give this account the permission"
ASK_CONSORTIUM = "Ask the consortium; a suspended institution comes back by its members' vote"
RENEW = "Look at the study's present state on the chain and begin anew"
FAULT = "This is a fault in whatever made the call; report it"


class Sentence(NamedTuple):
    """What happened and what to do; both may name the error's arguments in braces."""

    what: str
    remedy: str
