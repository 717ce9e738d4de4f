"""All registries and the ledger together: what the events leave, and the facts of each decision."""

from __future__ import annotations

from typing import Any

from pixelpact.models import ZERO32, AccessQuery
from pixelpact.policy.facts import Facts, ProjectFacts
from pixelpact.policy.state.consents import Consents, ShownConsent
from pixelpact.policy.state.institutions import Institutions
from pixelpact.policy.state.ledger import Ledger
from pixelpact.policy.state.projects import Projects
from pixelpact.policy.state.studies import Studies

__all__ = ["State"]

_NO_PROJECT = ProjectFacts()


class State:
    """What the contracts keep, rebuilt from their events alone; every look-up takes constant time.

    An event is anything with its name as its type's name and what it carries as attributes, spelt as in
    docs/contracts.md with underscores. Who gives events in their order, each once, has at any point the facts
    from which the contracts decide there.

    Attributes:
        institutions, studies, consents, projects, ledger: each contract's part.
    """

    def __init__(self) -> None:
        self.institutions = Institutions()
        self.studies = Studies()
        self.consents = Consents()
        self.projects = Projects()
        self.ledger = Ledger()
        self._handlers = {
            **self.institutions.handlers,
            **self.studies.handlers,
            **self.consents.handlers,
            **self.projects.handlers,
            **self.ledger.handlers(lambda study: self.studies.facts(study).custodian),
        }

    @property
    def events(self) -> frozenset[str]:
        """The names of the events that it takes."""
        return frozenset(self._handlers)

    def apply(self, event: Any, time: int) -> None:
        """Let an event happen.

        Args:
            event: see the class.
            time: of its block, in seconds.

        Raises:
            KeyError: there is no such event, or it is about something that no event before it made.
        """
        self._handlers[type(event).__name__](event, time)

    def facts(
        self,
        time: int,
        requester: int,
        query: AccessQuery,
        directive_hash: bytes = ZERO32,
        shown: ShownConsent | None = None,
    ) -> Facts:
        """What a decision is made from.

        Args:
            time: of the decision, in seconds.
            requester: who asks; it may be unknown.
            query: what is asked; the study may be unknown.
            directive_hash: of the directive that is cited; zeros for none.
            shown: what the evidence comes to that is cited with it, if some is.
        """
        institutions, consents = self.institutions, self.consents
        study = self.studies.facts(query.study)
        address, custodian = study.subject, study.custodian
        subject = consents.subject(address)
        commitment, since = consents.commitment_facts(address, directive_hash, custodian, time, shown)
        project = _NO_PROJECT
        if query.project != ZERO32:
            project = self.projects.facts(query.project, requester, institutions.facts)
        return Facts(
            time,
            study,
            institutions.facts(requester),
            institutions.facts(custodian),
            subject.refusals(custodian, study.formers, query.study, requester),
            subject.generation,
            commitment,
            engine_answers=True,
            generation_since=since,
            project=project,
            stopped_until=institutions.stopped_until,
        )
