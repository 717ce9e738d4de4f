"""The AccessLedger's requests, each decided again by the reference model."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

from eth_abi.abi import encode
from eth_utils.crypto import keccak

from pixelpact.audit import words
from pixelpact.audit.facts import Asked, facts_at
from pixelpact.audit.findings import Code
from pixelpact.audit.state import Request
from pixelpact.audit.step import Step
from pixelpact.chain import AccessRefused, AccessRequested, eip712
from pixelpact.models import ZERO32, AccessQuery, Directive
from pixelpact.policy import Reason, decide

__all__ = ["HANDLERS", "directive_hash_of", "engine_doubt", "expect_person"]

#: The reasons that an engine may answer.
_ENGINE_REASONS = range(200, 300)
_REFUSAL_REASONS = range(400, 500)


def engine_doubt(step: Step, version: int) -> str:
    """Why a decision by an engine of this version can't be taken again; empty when it can."""
    engine = step.state.engine
    if version != engine.version:
        return f"is not in force (version {engine.version} is)"
    return "" if engine.known else "is not known here"


def directive_hash_of(directive: Directive | None) -> bytes:
    """What the contracts know a directive by: its EIP-712 struct hash, zeros for none."""
    return ZERO32 if directive is None or not any(directive.subject) else _struct_hash(directive)


# Hashing costs more than all the rest of a request, and one consent is cited again and again.
_struct_hash = lru_cache(maxsize=4_096)(eip712.struct_hash)


def request_id(step: Step, requester: int, nonce: int, query: AccessQuery, directive_hash: bytes) -> bytes:
    """The number of a request as the ledger computes it (docs/contracts.md, ``requestId``)."""
    ledger = step.network.address("AccessLedger")
    query_words = encode(
        ["bytes32", "uint8", "uint64", "bytes32", "uint64"],
        [query.study, query.purpose, query.categories, query.project, query.obligations],
    )
    return keccak(
        encode(
            ["uint256", "address", "uint32", "uint64", "bytes32", "bytes32"],
            [step.network.chain_id, ledger, requester, nonce, keccak(query_words), directive_hash],
        )
    )


def expect_person(step: Step, person: bytes, request: bytes) -> None:
    """Find fault with an access that names no person."""
    if person == ZERO32:
        step.find(
            Code.PERSON_MISSING,
            f"This access to request {words.short(request)} names no person behind it.",
            request,
        )


def _requested(step: Step, event: AccessRequested) -> None:
    state = step.state
    directive_hash = directive_hash_of(event.directive)
    _check_numbers(step, event, directive_hash)
    expect_person(step, event.person, event.request)
    if event.requester not in state.institutions:
        step.find(
            Code.INSTITUTION_UNKNOWN,
            f"There is no {step.name(event.requester)}, yet it asked for a study.",
            event.requester,
        )
    _decide_again(step, event, directive_hash)
    if event.request in state.requests:
        step.find(
            Code.REQUEST_REPEATED,
            f"Request {words.short(event.request)} was made a second time; the first, in block "
            f"{state.requests[event.request].at.block}, was answered for good.",
            event.request,
        )
        return
    state.requests[event.request] = Request(
        requester=event.requester,
        query=event.query,
        directive=event.directive,
        directive_hash=directive_hash,
        reason=event.reason,
        at=step.at,
        evidence=event.evidence,
        custodian=state.studies[event.study].custodian if event.study in state.studies else 0,
    )


def _check_numbers(step: Step, event: AccessRequested, directive_hash: bytes) -> None:
    """The study, the directive's hash and the request's number are those of what the event carries."""
    if event.study != event.query.study:
        step.find(
            Code.REQUEST_STUDY,
            f"Request {words.short(event.request)} is listed under study {words.short(event.study)} but asks "
            f"for {words.short(event.query.study)}.",
            event.request,
            event.study,
        )
    if event.directive_hash != directive_hash:
        step.find(
            Code.DIRECTIVE_HASH,
            f"Request {words.short(event.request)} carries a consent whose hash is "
            f"{words.short(directive_hash)}, not {words.short(event.directive_hash)} as it says.",
            event.request,
            event.directive_hash,
        )
    elif event.request != request_id(step, event.requester, event.nonce, event.query, directive_hash):
        step.find(
            Code.REQUEST_ID,
            f"Request {words.short(event.request)} does not have the number that follows from who asked for "
            "what.",
            event.request,
        )


def _decide_again(step: Step, event: AccessRequested, directive_hash: bytes) -> None:
    asked = Asked(
        event.query.study,
        event.requester,
        event.query.project,
        directive_hash,
        event.directive,
        event.evidence,
    )
    facts = facts_at(step.state, step.network, asked, time=step.at.time)
    decision = decide(facts, event.query, event.directive)
    if doubt := engine_doubt(step, event.engine_version):
        step.find(
            Code.ENGINE_UNKNOWN,
            f"Request {words.short(event.request)} was decided by version {event.engine_version} of the "
            f"consortium's rules, which {doubt}; only the floor of the decision was taken again.",
            event.request,
        )
        # With the floor passed, whatever rules may have answered is possible.
        passed = decision.permitted or decision.check.part == "engine"
        if passed and (event.reason == Reason.PERMITTED or event.reason in _ENGINE_REASONS):
            return
    if decision.reason != event.reason:
        step.find(
            Code.DECISION_DIFFERS,
            f"Request {words.short(event.request)} was answered {words.reason(event.reason)}; taken again, "
            f"the decision is {words.reason(decision.reason)}: {decision.sentence}",
            event.request,
            event.query.study,
            event.requester,
        )


def _refused(step: Step, event: AccessRefused) -> None:
    request = step.state.requests.get(event.request)
    expect_person(step, event.person, event.request)
    if request is None or request.reason != Reason.PERMITTED:
        step.find(
            Code.REFUSE_WITHOUT_REQUEST,
            f"The custodian refused request {words.short(event.request)}, which was never made or never "
            "permitted.",
            event.request,
        )
        return
    study = step.state.studies.get(request.query.study)
    custodian = study.custodian if study is not None else 0
    if (event.study, event.requester, event.custodian) != (request.query.study, request.requester, custodian):
        step.find(
            Code.PARTY_DIFFERS,
            f"The refusal of request {words.short(event.request)} names another study, requester or "
            "custodian.",
            event.request,
            event.custodian,
        )
    if event.reason not in _REFUSAL_REASONS:
        step.find(
            Code.REFUSE_REASON,
            f"Request {words.short(event.request)} was refused for reason {event.reason}; refusals have 400 "
            "to 499.",
            event.request,
        )
    if request.refused is not None:
        step.find(
            Code.REFUSE_REPEATED,
            f"Request {words.short(event.request)} was refused a second time; the first was in block "
            f"{request.refused.block}.",
            event.request,
        )
        return
    request.refused = step.at


HANDLERS: Mapping[type, Callable[[Step, Any], None]] = {
    AccessRequested: _requested,
    AccessRefused: _refused,
}
