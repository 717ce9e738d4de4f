"""The auditor: reads what happened from the chain, or from a trail's file, and needs to trust nobody."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from pixelpact.audit.answer import Answer, Question, answer
from pixelpact.audit.emergencies import review_findings
from pixelpact.audit.facts import Asked
from pixelpact.audit.findings import Finding
from pixelpact.audit.replay import Replay, until
from pixelpact.audit.report import AuditReport
from pixelpact.audit.requests import directive_hash_of
from pixelpact.audit.rotation import disposal_findings, owed_rotations
from pixelpact.audit.sections import sections_of
from pixelpact.audit.source import Reading, Source
from pixelpact.audit.state import State
from pixelpact.audit.telling import TrailEntry
from pixelpact.chain import At, Chain, Network, Trail
from pixelpact.errors import InputError
from pixelpact.models import ZERO32, AccessQuery, Directive, Evidence
from pixelpact.policy import Facts

__all__ = ["Auditor"]

_NOBODY: Mapping[int, str] = {}


class Auditor:
    """Replays what the contracts reported, decides every request and release again, and explains decisions.

    Args:
        source: a connected chain, which is read anew for every question, or a trail.
        names: the institutions' names by their numbers, as far as they are known.

    Raises:
        InputError: a trail that does not begin at the chain's first block: no state can be rebuilt from it.
    """

    def __init__(self, source: Chain | Trail, *, names: Mapping[int, str] = _NOBODY) -> None:
        self._source = Source(source)
        self._names = names

    @classmethod
    def connect(cls, network: Network, *, names: Mapping[int, str] = _NOBODY) -> Auditor:
        """An auditor at a node of a network, whose chain id, genesis and contracts' code are checked first.

        Raises:
            WrongNetworkError: another chain, or other code at the contracts' addresses.
            ChainError: the node is silent or its clock apart.
        """
        return cls(Chain.connect(network), names=names)

    @classmethod
    def from_trail(cls, path: Path, *, names: Mapping[int, str] = _NOBODY) -> Auditor:
        """An auditor of a trail's file, without a node.

        Raises:
            InputError: it can't be read, is not a trail, or does not begin at block 0.
        """
        return cls(Trail.load(path), names=names)

    @property
    def network(self) -> Network:
        """The network that is audited."""
        return self._source.network

    def trail(self, *, at: At = "final") -> list[TrailEntry]:
        """Every event up to a block for people: when, who, what, in a sentence. As ``report``."""
        return list(self.report(at=at).trail)

    def findings(self, *, at: At = "final") -> list[Finding]:
        """Everything found up to a block. As ``report``."""
        return list(self.report(at=at).findings)

    def report(self, *, at: At = "final") -> AuditReport:
        """Audit everything up to a block.

        Args:
            at: the last block to look at; by default the newest final one, of a trail its last.

        Raises:
            InputError: a block that the trail does not reach.
            ChainError: the node is silent or answers wrongly.
        """
        reading = self._source.read(at)
        replay = self._replay(reading)
        replay.finish()
        owed = list(owed_rotations(replay.state, self._names))
        return AuditReport(
            network=reading.network,
            block=reading.block,
            time=reading.time,
            events=len(reading.events),
            decisions_rechecked=replay.decided,
            findings=(
                *replay.findings,
                *review_findings(replay.state, reading.time, self._names),
                *(finding for _, finding in owed),
                *disposal_findings(replay.state, self._names),
            ),
            owed=tuple(each for each, _ in owed),
            sections=sections_of(replay.state, time=reading.time, names=self._names),
            trail=tuple(replay.entries),
        )

    def state(self, *, at: At = "final") -> State:
        """What the contracts hold up to a block, rebuilt from their events: every request, study and consent.

        Raises:
            InputError: a block that the trail does not reach.
            ChainError: the node is silent or answers wrongly.
        """
        return self._replay(self._source.read(at)).state

    def facts(  # noqa: PLR0913  (the parts of a question)
        self,
        *,
        study: bytes,
        requester: int,
        directive: Directive | None,
        block: int,
        index: int | None = None,
        project: bytes = ZERO32,
        evidence: Evidence | None = None,
    ) -> Facts:
        """What a decision was made from at a place in the chain, rebuilt from the events before it.

        Args:
            study: the study's number, 32 bytes.
            requester: the institution that asks.
            directive: the consent cited, if any.
            block: the block of the decision.
            index: the log index in that block before which it was taken; the whole block counts for None.
            project: the research project cited, zeros for none.
            evidence: what shows the consent, when it stands in a batch.

        Raises:
            InputError: a block that the trail does not reach.
            ChainError: the node is silent or answers wrongly.
        """
        reading = self._source.read(block)
        asked = Asked(study, requester, project, directive_hash_of(directive), directive, evidence)
        return self._replay(reading, index).facts(asked, time=reading.time)

    def explain(  # noqa: PLR0913  (the parts of a question)
        self,
        *,
        study: bytes,
        requester: int,
        purpose: int,
        directive: Directive | None = None,
        evidence: Evidence | None = None,
        categories: int | None = None,
        project: bytes = ZERO32,
        obligations: int = 0,
        block: int | None = None,
    ) -> Answer:
        """What a request would be answered after a block, by which check, and what would change the answer.

        Args:
            study: the study's number, 32 bytes.
            requester: the institution that asks.
            purpose: its index (docs/policy.md, Purposes).
            directive: the consent that it would cite, if any.
            evidence: what shows that consent, when it stands in a batch.
            categories: the kinds of images that it asks for, a set of bits; None: all that the study holds.
            project: the research project that it would cite, 32 bytes; zeros for none.
            obligations: those that it accepts, a set of bits.
            block: the block; the newest for None.

        Raises:
            InputError: a block that the trail does not reach.
            ChainError: the node is silent or answers wrongly.
        """
        reading = self._source.read("latest" if block is None else block)
        replay = self._replay(reading)
        if categories is None:
            found = replay.state.studies.get(study)
            categories = found.categories if found is not None else 0
        query = AccessQuery(study, purpose, categories, project, obligations)
        return answer(self._source, reading, replay, Question(requester, query, directive, evidence))

    def explain_request(self, request: bytes, *, block: int | None = None) -> Answer:
        """What would become of a recorded request after a block.

        For one that was permitted: whether the key of the study's present epoch could be released for it to
        the requester's present key. For one that was denied: what the same question would be answered if it
        were asked again; the denied request itself stays denied.

        Args:
            request: the request's number, 32 bytes.
            block: the block; the newest for None.

        Raises:
            InputError: no such request up to that block, or a block that the trail does not reach.
            ChainError: the node is silent or answers wrongly.
        """
        reading = self._source.read("latest" if block is None else block)
        replay = self._replay(reading)
        found = replay.state.requests.get(request)
        if found is None:
            raise InputError(
                f"There is no request 0x{request.hex()} up to block {reading.block}",
                why="the ledger reported none of this number",
                remedy="Check the number; the trail lists every request",
            )
        question = Question(found.requester, found.query, found.directive, found.evidence, found)
        return answer(self._source, reading, replay, question)

    def _replay(self, reading: Reading, index: int | None = None) -> Replay:
        replay = Replay(reading.network, self._names)
        replay.feed(until(reading.events, reading.block, index))
        return replay
