"""What the contracts must keep after an event: views, and what they must answer by the model's state."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from agreement_chain import Contract
from operations_chain import Deployed, words
from operations_model import Model

#: The contract, the view, what it is asked, and what it must answer.
Kept = tuple[Contract, str, tuple[Any, ...], bytes]


def _institution(model: Model, at: Deployed, number: int) -> Iterator[Kept]:
    member = model.state.institutions.members[number]
    facts = member.facts
    parts = facts.roles, facts.country, facts.attributes, facts.key_version, facts.requester_since
    answer = words(member.admin, facts.status, *parts, member.status_since, member.operator_epoch)
    yield at.institutions, "institution", (number,), answer
    yield at.institutions, "voterIndex", (number,), words(member.voter_index)
    yield at.institutions, "electorate", (0,), words(model.state.institutions.electorate(0))


def _account(model: Model, at: Deployed, account: bytes) -> Iterator[Kept]:
    acting = model.state.institutions.acting_for(account)
    yield at.institutions, "operator", (account,), words(*acting)


def _proposal(model: Model, at: Deployed, number: int, motion_hash: Callable[[Any], bytes]) -> Iterator[Kept]:
    found = model.state.institutions.proposals[number]
    who = found.proposer, found.institution, found.proposed_at, found.passed_at, found.votes
    answer = words(motion_hash(found.motion), found.motion[0], found.state, *who)
    yield at.institutions, "proposal", (number,), answer


def _rule(model: Model, at: Deployed) -> Iterator[Kept]:
    found = model.state.institutions
    answer = words(found.engine, found.engine_version, found.stopped_until)
    yield at.institutions, "rule", (), answer


def _study(model: Model, at: Deployed, number: bytes) -> Iterator[Kept]:
    found = model.state.studies.known[number]
    facts = found.facts
    formers = sum(former << 32 * place for place, former in enumerate(facts.formers))
    answer = words(
        facts.subject,
        facts.custodian,
        facts.epoch,
        facts.status,
        facts.categories,
        found.registered_at,
        formers,
        found.manifest_digest,
        found.content_commitment,
    )
    yield at.studies, "study", (number,), answer
    yield at.studies, "offeredTo", (number,), words(found.offered_to)


def _subject(model: Model, at: Deployed, address: bytes) -> Iterator[Kept]:
    found = model.state.consents.subject(address)
    everything = found.signed.get((0, bytes(32), 0), (0, 0))
    narrow = any(scope != (0, bytes(32), 0) for scope in found.signed)
    flags = (
        narrow | bool(found.taken) << 1 | found.has_paper << 2 | found.has_own_key << 3 | bool(found.key) << 4
    )
    rest = len(found.guardians), found.generation_since, flags
    yield at.consents, "subjectOf", (address,), words(found.generation, *everything, *rest)
    yield at.consents, "keyOf", (address,), words(found.key or address)


def _commitment(model: Model, at: Deployed, address: bytes, directive: bytes) -> Iterator[Kept]:
    found = model.state.consents.commitments[address, directive]
    facts = found.facts
    what = facts.kind, facts.recorded_at, facts.revoked_at, found.authority, found.generation
    yield at.consents, "commitment", (address, directive), words(*what)


def _guardian(model: Model, at: Deployed, address: bytes, number: int) -> Iterator[Kept]:
    found = model.state.consents.subject(address).guardians[number - 1]
    what = found.account, found.until, found.custodian, found.powers, found.attested, found.ended
    yield at.consents, "appointmentOf", (address, number), words(*what)


def _recovery(model: Model, at: Deployed, address: bytes) -> Iterator[Kept]:
    found = model.state.consents.subject(address).recovery
    what = found.named, found.sequence, found.candidate, found.ready_at, found.attempt
    yield at.consents, "recoveryOf", (address,), words(*what)


def _refusal(model: Model, at: Deployed, event: Any) -> Iterator[Kept]:
    scope = event.custodian, event.study, event.grantee
    found = model.state.consents.subject(event.subject).signed[scope]
    yield at.consents, "refusalOf", (event.subject, *scope), words(*found)


def _taken(model: Model, at: Deployed, event: Any) -> Iterator[Kept]:
    scope = (0, event.study) if any(event.study) else (event.custodian, event.study)
    found = model.state.consents.subject(event.subject).taken[scope]
    yield at.consents, "takenRefusalOf", (event.subject, *scope), words(*found)


def _project(model: Model, at: Deployed, number: bytes) -> Iterator[Kept]:
    found = model.state.projects.known[number]
    for institution in (found.lead, max(found.members), 1):
        where = found.status, found.lead, found.board, found.until, found.traits, found.country
        takes_part = institution in found.members
        yield at.projects, "standing", (number, institution), words(*where, takes_part)


def _request(model: Model, at: Deployed, number: bytes) -> Iterator[Kept]:
    found = model.state.ledger.requests[number]
    epochs = found.served_epoch, found.confirmed_epoch, found.disputed_epoch
    who = found.status, found.requester, found.custodian, found.requested_at
    yield at.ledger, "requestOf", (number,), words(*who, *epochs, found.is_emergency, found.is_reviewed)


def _emergencies(model: Model, at: Deployed, requester: int) -> Iterator[Kept]:
    ledger = model.state.ledger
    counts = ledger.emergencies[requester], ledger.unreviewed[requester]
    yield at.ledger, "emergenciesOf", (requester,), words(*counts)


def kept_after(model: Model, at: Deployed, event: Any) -> Iterator[Kept]:  # noqa: C901, PLR0912
    """The views that an event bears on, with their answers."""
    name = type(event).__name__
    if hasattr(event, "proposal"):
        yield from _proposal(model, at, event.proposal, at.motion_hash)
    elif name in ("EngineReplaced", "SharingStopped"):
        yield from _rule(model, at)
    elif name == "OperatorSet":
        yield from _account(model, at, event.account)
    elif at.reporter(name) == "InstitutionRegistry":
        yield from _institution(model, at, event.institution)
    elif at.reporter(name) == "StudyRegistry":
        yield from _study(model, at, event.study)
    elif at.reporter(name) == "ProjectRegistry":
        yield from _project(model, at, event.project)
    elif name == "BatchAnchored":
        batch = event.poster, event.root
        yield at.consents, "anchoredAt", batch, words(model.state.consents.batches[batch])
    elif at.reporter(name) == "ConsentRegistry":
        yield from _subject(model, at, event.subject)
        if hasattr(event, "directive"):
            yield from _commitment(model, at, event.subject, event.directive)
        if name in ("GuardianAppointed", "GuardianDismissed"):
            yield from _guardian(model, at, event.subject, event.number)
        if name.startswith("Recovery") or name == "KeyReplaced":
            yield from _recovery(model, at, event.subject)
        if name == "RefusalSet":
            yield from _refusal(model, at, event)
        if name in ("RefusalTaken", "TakenRefusalLifted"):
            yield from _taken(model, at, event)
    else:
        yield from _request(model, at, event.request)
        if name.startswith("Emergency"):
            yield from _emergencies(model, at, event.requester)


def everything(model: Model, at: Deployed) -> Iterator[Kept]:
    """All that is kept, for a comparison at the end."""
    for number in model.state.institutions.members:
        yield from _institution(model, at, number)
    for account in model.state.institutions.operators:
        yield from _account(model, at, account)
    for number in model.state.institutions.proposals:
        yield from _proposal(model, at, number, at.motion_hash)
    yield from _rule(model, at)
    for study in model.state.studies.known:
        yield from _study(model, at, study)
    for address in model.state.consents.subjects:
        yield from _subject(model, at, address)
        yield from _recovery(model, at, address)
        count = len(model.state.consents.subject(address).guardians)
        for number in range(1, count + 1):
            yield from _guardian(model, at, address, number)
    for address, directive in model.state.consents.commitments:
        yield from _commitment(model, at, address, directive)
    for project in model.state.projects.known:
        yield from _project(model, at, project)
    for request in model.state.ledger.requests:
        yield from _request(model, at, request)
