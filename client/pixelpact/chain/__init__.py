"""One client for every Ethereum network that carries PixelPact's contracts: the embedded chain, Anvil, Geth.

In short::

    embedded = EmbeddedChain()                         # or: network = Network.load(path)
    network = deploy(embedded.network, embedded.accounts[0], [Founder(admin, roles, "CH"), ...])
    chain = Chain.connect(network, account)            # raises unless it is the chain described

    study = chain.studies.study(number)                # reads ask at once; at="final", or a block's number
    call = chain.studies.register(local_id, ...)       # writes return a Call
    receipt = chain.transact(call)                     # prepare, send, wait for its block
    number = receipt.event(StudyRegistered).study
    receipt = chain.wait_final(receipt)                # the embedded chain makes the missing blocks

    signed = chain.prepare(call)                       # tried and signed: journal signed.raw,
    receipt = chain.send(signed)                       # then send; after a crash send the same bytes again:
    receipt = chain.send(SignedCall.parse(raw))        # they are carried out once

    # Directive, Revocation, RevocationOfAll, Refusal and others are what people sign.
    signature = eip712.sign(patient, network, directive)
    chain.transact(chain.consents.record(patient.address, eip712.struct_hash(directive), 0, signature))

    # Thousands of signed consents in one call; who cites one shows its Evidence.
    leaf = batches.leaf_of(network, institution, patient.address, eip712.struct_hash(directive))
    batch = Batch.of(leaves)
    chain.transact(chain.consents.anchor(batch.root))
    evidence = Evidence(institution, batch.root, batch.path(leaf), 0, signature)

    for event in chain.events(): ...                   # all up to the final head, decoded, in order
    Trail.of(chain).save(path)                         # the same in a file; Trail.load(path) reads it

Errors: ``UnreachableError`` (no node answers), ``WrongNetworkError`` (chain id, genesis, code),
``ClockApartError``, ``ContractError`` (a contract said no: the Solidity error's ``name``, its ``arguments``
by name, a sentence; a denied release is ``AccessLedger_Denied`` with ``reason``), ``SupersededError`` (its
nonce was taken), ``TransactionError`` (not carried out). All are ``ChainError``. Addresses, hashes and ids
are ``bytes``; times are seconds.
"""

from __future__ import annotations

import sys

# Some of the Ethereum libraries raise it when they are imported, so far that deeply nested JSON would end the
# process instead of being refused. It is put back below.
_recursion_limit = sys.getrecursionlimit()

from . import batches, eip712
from .account import Account
from .answers import Block
from .artifact import load_artifact
from .batches import Batch
from .client import Chain
from .contracts import At
from .deploy import deploy, describe
from .embedded import EmbeddedChain
from .engines import EngineCode, engine_hash, inspect_engine, make_engine
from .events import (
    EVENTS,
    AccessConfirmed,
    AccessDisputed,
    AccessRefused,
    AccessReleased,
    AccessRequested,
    AdminRecovered,
    AllRevoked,
    BatchAnchored,
    CarriedOut,
    ConsortiumFounded,
    CustodyOffered,
    CustodyTransferred,
    DirectiveRecorded,
    DirectiveRevoked,
    DisposalAttested,
    EmergencyRequested,
    EmergencyReviewed,
    EngineReplaced,
    Event,
    GuardianAppointed,
    GuardianDismissed,
    InstitutionAdmitted,
    InstitutionChanged,
    InstitutionReinstated,
    InstitutionSuspended,
    KeyPublished,
    KeyReplaced,
    OperatorSet,
    PaperEnded,
    PaperRecorded,
    Passed,
    ProjectApproved,
    ProjectRegistered,
    ProjectWithdrawn,
    Proposed,
    RecoveryNamed,
    RecoveryStarted,
    RecoveryStopped,
    RefusalSet,
    RefusalTaken,
    RevocationTaken,
    SharingStopped,
    StudyErased,
    StudyRegistered,
    StudyReinstated,
    StudyRotated,
    StudyWithdrawn,
    TakenRefusalLifted,
    Vetoed,
    Voted,
)
from .network import CONTRACTS, Network
from .receipt import Receipt
from .records import (
    RECOMMENDED_TERMS,
    AppointmentRecord,
    Commitment,
    CommitmentKind,
    ConsentStanding,
    EmergencyCount,
    Founder,
    InstitutionRecord,
    InstitutionStatus,
    Means,
    Operator,
    ProjectStanding,
    ProjectStatus,
    Proposal,
    ProposalState,
    RecoveryRecord,
    RefusalRecord,
    RequestRecord,
    RequestStatus,
    Rule,
    Scope,
    StudyRecord,
    StudyStatus,
    SubjectFlag,
    SubjectRecord,
    Terms,
    Verdict,
)
from .trail import Trail
from .transactions import Call, SignedCall

sys.setrecursionlimit(_recursion_limit)

__all__ = [
    "CONTRACTS",
    "EVENTS",
    "RECOMMENDED_TERMS",
    "AccessConfirmed",
    "AccessDisputed",
    "AccessRefused",
    "AccessReleased",
    "AccessRequested",
    "Account",
    "AdminRecovered",
    "AllRevoked",
    "AppointmentRecord",
    "At",
    "Batch",
    "BatchAnchored",
    "Block",
    "Call",
    "CarriedOut",
    "Chain",
    "Commitment",
    "CommitmentKind",
    "ConsentStanding",
    "ConsortiumFounded",
    "CustodyOffered",
    "CustodyTransferred",
    "DirectiveRecorded",
    "DirectiveRevoked",
    "DisposalAttested",
    "EmbeddedChain",
    "EmergencyCount",
    "EmergencyRequested",
    "EmergencyReviewed",
    "EngineCode",
    "EngineReplaced",
    "Event",
    "Founder",
    "GuardianAppointed",
    "GuardianDismissed",
    "InstitutionAdmitted",
    "InstitutionChanged",
    "InstitutionRecord",
    "InstitutionReinstated",
    "InstitutionStatus",
    "InstitutionSuspended",
    "KeyPublished",
    "KeyReplaced",
    "Means",
    "Network",
    "Operator",
    "OperatorSet",
    "PaperEnded",
    "PaperRecorded",
    "Passed",
    "ProjectApproved",
    "ProjectRegistered",
    "ProjectStanding",
    "ProjectStatus",
    "ProjectWithdrawn",
    "Proposal",
    "ProposalState",
    "Proposed",
    "Receipt",
    "RecoveryNamed",
    "RecoveryRecord",
    "RecoveryStarted",
    "RecoveryStopped",
    "RefusalRecord",
    "RefusalSet",
    "RefusalTaken",
    "RequestRecord",
    "RequestStatus",
    "RevocationTaken",
    "Rule",
    "Scope",
    "SharingStopped",
    "SignedCall",
    "StudyErased",
    "StudyRecord",
    "StudyRegistered",
    "StudyReinstated",
    "StudyRotated",
    "StudyStatus",
    "StudyWithdrawn",
    "SubjectFlag",
    "SubjectRecord",
    "TakenRefusalLifted",
    "Terms",
    "Trail",
    "Verdict",
    "Vetoed",
    "Voted",
    "batches",
    "deploy",
    "describe",
    "eip712",
    "engine_hash",
    "inspect_engine",
    "load_artifact",
    "make_engine",
]
