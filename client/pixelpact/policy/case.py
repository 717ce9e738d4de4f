"""One question to decide, as every check is given it."""

from __future__ import annotations

from typing import NamedTuple

from pixelpact.models import AccessQuery, Directive
from pixelpact.policy._generated import Reason
from pixelpact.policy.facts import Facts

#: What a check finds, the deciding reason first; empty when it passes.
Reasons = tuple[Reason, ...]


_NOBODY = bytes(20)


class Case(NamedTuple):
    """One question to decide. A directive whose subject is the zero address is none (`of`)."""

    facts: Facts
    query: AccessQuery
    directive: Directive | None

    @classmethod
    def of(cls, facts: Facts, query: AccessQuery, directive: Directive | None) -> Case:
        """The case, with a directive of the zero address taken for none."""
        if directive is not None and directive.subject == _NOBODY:
            directive = None
        return cls(facts, query, directive)
