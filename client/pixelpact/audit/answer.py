"""One decision explained: what would be decided at a block, by which check, and what would change it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from pixelpact.audit import words
from pixelpact.audit.facts import Asked
from pixelpact.audit.findings import Code, Finding, Position
from pixelpact.audit.replay import Replay
from pixelpact.audit.requests import directive_hash_of
from pixelpact.audit.source import Reading, Source
from pixelpact.audit.state import Request
from pixelpact.models import ZERO32, AccessQuery, Directive, Evidence
from pixelpact.policy import Explanation, Facts, Reason, ReleaseFacts, decide, explain

__all__ = ["Answer", "Question", "answer"]


@dataclass(frozen=True, slots=True)
class Answer:
    """What would be decided at one block.

    Attributes:
        block: the block, after which the decision is thought to be taken.
        time: of that block, seconds; on a trail without a node, of the last event up to it.
        requester: the institution that asks.
        query: what it asks for.
        explanation: the reference model's decision, check by check, with what would change it.
        contract_reason: what the contract itself answers at that block; None when no node was asked.
        request: the recorded request that this is about; None when none is.
        standing: what became of that request, a sentence; empty when there is none.
        engine_version: of the policy engine in force.
        engine_known: whether it is one as shipped, whose rules the reference model has.
        findings: where the contract answers otherwise than the reference model.
    """

    block: int
    time: int
    requester: int
    query: AccessQuery
    explanation: Explanation
    contract_reason: int | None
    request: Request | None
    standing: str
    engine_version: int
    engine_known: bool
    findings: tuple[Finding, ...]

    def to_json(self) -> dict[str, Any]:
        """The answer as JSON-like values."""
        decision = self.explanation.decision
        return {
            "block": self.block,
            "time": words.moment(self.time),
            "study": "0x" + self.query.study.hex(),
            "requester": self.requester,
            "purpose": self.query.purpose,
            "project": "0x" + self.query.project.hex() if self.query.project != ZERO32 else None,
            "obligations": self.query.obligations,
            "engine_version": self.engine_version,
            "engine_known": self.engine_known,
            "permitted": decision.permitted,
            "reason": int(decision.reason),
            "check": decision.check.value,
            "sentence": decision.sentence,
            "checks": [
                {"check": each.check.value, "question": each.check.question, "outcome": each.outcome.value}
                for each in self.explanation.checks
            ],
            "obstacles": [
                {"reason": int(each.reason), "sentence": each.sentence, "remedy": each.remedy}
                for each in self.explanation.obstacles
            ],
            "contract_reason": self.contract_reason,
            "request": self._request_json(),
            "findings": [finding.to_json() for finding in self.findings],
        }

    def _request_json(self) -> dict[str, Any] | None:
        if self.request is None:
            return None
        return {
            "standing": self.standing,
            "reason": self.request.reason,
            "block": self.request.at.block,
            "time": words.moment(self.request.at.time),
            "refused_in_block": self.request.refused.block if self.request.refused else None,
            "served_in_epochs": sorted(self.request.served),
        }


@dataclass(frozen=True, slots=True)
class Question:
    """Who asks for what, citing which consent; and the recorded request that it is about, if any.

    ``evidence`` shows the consent, when it stands in a batch.
    """

    requester: int
    query: AccessQuery
    directive: Directive | None
    evidence: Evidence | None = None
    request: Request | None = None


def answer(source: Source, reading: Reading, replay: Replay, question: Question) -> Answer:
    """Decide where a reading ends, and where there is a node, see what the contract answers there.

    Args:
        source: where it was read.
        reading: up to the block of the decision.
        replay: of that reading.
        question: what is asked; a release is decided where it is about a request that was permitted.
    """
    requester, query, directive = question.requester, question.query, question.directive
    asked = Asked(
        query.study,
        requester,
        query.project,
        directive_hash_of(directive),
        directive,
        question.evidence,
    )
    facts = replay.facts(asked, time=reading.time)
    decided = int(decide(facts, query, directive).reason)
    contract_reason = source.contract_decides(requester, query, directive, question.evidence, reading.block)
    engine_known = replay.state.engine.known
    findings: tuple[Finding, ...] = ()
    # What another engine's rules are, the reference model does not know.
    if contract_reason is not None and contract_reason != decided and engine_known:
        findings = (_differs(reading, decided, contract_reason, query),)
    return Answer(
        block=reading.block,
        time=reading.time,
        requester=requester,
        query=query,
        explanation=explain(facts, query, directive, _release(facts, question.request), replay.names),
        contract_reason=contract_reason,
        request=question.request,
        standing=_standing(question.request, facts),
        engine_version=replay.state.engine.version,
        engine_known=engine_known,
        findings=findings,
    )


def _release(facts: Facts, request: Request | None) -> ReleaseFacts | None:
    """A release of the present key to the requester's present key, where the request was permitted."""
    if request is None or request.reason != Reason.PERMITTED:
        return None
    return ReleaseFacts(
        epoch=facts.study.epoch,
        key_version=facts.requester.key_version,
        requested_at=request.at.time,
        served=bool(request.served),
        is_emergency=request.emergency,
    )


def _standing(request: Request | None, facts: Facts) -> str:
    if request is None:
        return ""
    when = f"in block {request.at.block} ({words.moment(request.at.time)})"
    if request.reason != Reason.PERMITTED:
        return f"Denied {when} with {words.reason(request.reason)}, for good; a new request is needed."
    if request.refused is not None:
        return f"Permitted {when}, and refused by the custodian in block {request.refused.block} for good."
    if not request.served:
        return f"Permitted {when}, not served yet."
    if facts.study.epoch in request.served:
        return f"Permitted {when}, and served in the present epoch, {facts.study.epoch}; once is all."
    return (
        f"Permitted {when}, and last served in epoch {request.last_served}; the study was sealed anew since."
    )


def _differs(reading: Reading, decided: int, contract: int, query: AccessQuery) -> Finding:
    return Finding(
        Code.CONTRACT_DECIDES_DIFFERENTLY,
        f"At block {reading.block} the contract answers {words.reason(contract)}; from the events up to "
        f"there the decision is {words.reason(decided)}. The node does not show every event, or its state is "
        "not what they lead to.",
        (words.short(query.study),),
        Position(reading.block, 0, reading.time),
    )
