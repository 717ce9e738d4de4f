"""Directives that patients might give, the batches that show them, and what is asked under them."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

from agreement_chain import CHAIN_ID
from agreement_world import directive_hash
from eth_utils import keccak
from operations_acts import Acting
from operations_chain import tree, words
from operations_ledger import Cited
from operations_model import NO_DIGEST

from pixelpact.models import AccessQuery, Directive, Modifier
from pixelpact.policy import (
    MAX_PAPER_TERM,
    MAX_TERM,
    ModifierCode,
    Permission,
    Purpose,
    Role,
    StudyFacts,
    StudyStatus,
    emergency_query,
    purpose_set,
)
from pixelpact.policy.state import ShownConsent

NONE = Directive(bytes(20), 0, bytes(32), 0, 0, 0, 0, 0, 0, 0, 0, bytes(32))
NO_EVIDENCE = (0, NO_DIGEST, (), 0, b"")
BATCH = keccak(text="PixelPact consent batch")
DAY = 86_400
#: The conditions for which a project is cited, mostly.
ON_A_PROJECT = {7, 12, 15, 16, 21, 27}
DISEASES = [name.ljust(32, b"\0") for name in (b"MONDO:0005148", b"MONDO:0004992", b"RADIOMICS")]


@dataclass
class Draft:
    """A directive, and the ways to show it.

    Attributes:
        directive, body, number: as the model has it, as the chain has it, and its hash.
        evidence: what shows it by a batch, as the chain and as the model have it.
    """

    directive: Directive
    body: tuple[Any, ...]
    number: bytes
    evidence: list[tuple[tuple[Any, ...], ShownConsent]] = field(default_factory=list)

    @classmethod
    def of(cls, directive: Directive) -> Draft:
        """A directive as it will be cited."""
        modifiers = tuple((one.code, one.value) for one in directive.modifiers)
        fields = (getattr(directive, name) for name in Directive.__slots__[:-1])
        return cls(directive, (*fields, modifiers), directive_hash(directive))


NOTHING = Draft.of(NONE)


def value_of(number: int) -> bytes:
    """A number as a modifier carries it."""
    return number.to_bytes(32)


class Drafts(Acting):
    """A world in which patients give directives.

    Attributes:
        drafts: the directives that were given in any way.
        projects: the numbers of the research projects.
    """

    def begin(self) -> None:
        """Nothing was given yet."""
        self.drafts: list[Draft] = []
        self.projects: list[bytes] = []

    def held_study(self) -> tuple[bytes, StudyFacts]:
        """A study and what is known of it, of the latest."""
        study = self.study()
        return study, self.state.studies.facts(study)

    def requesting(self) -> int:
        """An institution that may ask."""
        return self.holding(Role.REQUESTER)

    def new_draft(self) -> Draft:
        """A directive for one of the studies; one in three has something wrong with it, or odd."""
        rng, (study, facts) = self.rng, self.held_study()
        now = self.model.time
        directive = Directive(
            subject=facts.subject if any(facts.subject) else self.patient(),
            custodian=facts.custodian or 1,
            study=rng.choice((bytes(32), study)),
            grantee=rng.choice((self.requesting(), self.requesting(), 0, 2**32 - 1)),
            categories=rng.choice((7, 7, 2**64 - 1)),
            purposes=rng.choice((2**59 - 1, 2**59 - 1, purpose_set(Purpose.TREAT, Purpose.HRESCH))),
            permission=rng.choice((Permission.GRU, Permission.GRU, Permission.NRES, *Permission)),
            vocabulary=1,
            generation=self.state.consents.subject(facts.subject).generation,
            not_before=now - rng.choice((0, 100)),
            expiry=now + rng.choice((50, *[20_000, 200_000] * 6)),
            salt=rng.randbytes(32),
            modifiers=self._modifiers() if rng.random() < 0.5 else (),
        )
        if not directive.modifiers and rng.random() < 0.35:
            directive = self._oddity(directive, study)
        return Draft.of(directive)

    def _modifiers(self) -> tuple[Modifier, ...]:
        codes = self.rng.sample([*ModifierCode, 0, 47], self.rng.choice((1, 1, 2, 3)))
        return tuple(Modifier(int(code), self._value(int(code))) for code in sorted(codes))

    def _value(self, code: int) -> bytes:
        rng = self.rng
        if code == ModifierCode.IS:
            return value_of(rng.choice((self.requesting(), self.requesting(), 2**32 + 1)))
        if code == ModifierCode.GS:
            return rng.choice((b"CH", b"CH", b"AT", b"C")).ljust(32, b"\0")
        if code == ModifierCode.TS:
            return value_of(rng.choice((0, 1, 2**255)))
        if code in (ModifierCode.DS, ModifierCode.RS):
            return rng.choice(DISEASES)
        if code == ModifierCode.PS and self.projects:
            return rng.choice((*self.projects[-2:], b"\1" * 32))
        return value_of(rng.choice((0, 0, 7)))

    def _oddity(self, directive: Directive, study: bytes) -> Directive:
        rng, now = self.rng, self.model.time
        odd: dict[str, Any] = rng.choice(
            (
                {"subject": self.patient()},
                {"custodian": self.any_institution()},
                {"study": rng.choice((rng.randbytes(32), study[::-1]))},
                {"grantee": rng.randrange(1, 9)},
                {"categories": rng.choice((0, 1, 2))},
                {"purposes": rng.choice((0, 1, purpose_set(Purpose.HMARKT), 1 << 59))},
                {"permission": rng.choice((0, 0, 1, 12345))},
                {"vocabulary": rng.choice((0, 2))},
                {"generation": directive.generation + 1},
                {"not_before": now + rng.choice((1, 2_000))},
                {"expiry": now},
                {"expiry": rng.choice((0, directive.not_before))},
                {"expiry": directive.not_before + rng.choice((MAX_TERM, MAX_TERM + 1))},
                {"expiry": directive.not_before + rng.choice((MAX_PAPER_TERM, MAX_PAPER_TERM + 1))},
                {"modifiers": tuple(Modifier(code) for code in range(100, 100 + rng.choice((8, 9))))},
                {"modifiers": (Modifier(20), Modifier(19))},
            )
        )
        return replace(directive, **odd)

    def latest(self, reach: int = 40) -> Draft:
        """A directive that was given, of the latest; a new one when there is none."""
        if not self.drafts or self.slips():
            return self.new_draft()
        return self.rng.choice(self.drafts[-reach:])

    def ready(self) -> Draft:
        """A directive that should stand, mostly, for a study that is shared."""
        for _ in range(8):
            draft = self.latest(80)
            if self.slips(0.04) or (self._stands(draft) and self._studies_of(draft)):
                return draft
        return draft

    def _stands(self, draft: Draft) -> bool:
        directive, consents = draft.directive, self.state.consents
        kept = consents.commitments.get((directive.subject, draft.number))
        return (
            (kept is None or not kept.facts.revoked_at)
            and (kept is not None or bool(draft.evidence))
            and directive.generation == consents.subject(directive.subject).generation
            and self.model.time < directive.expiry
        )

    def _studies_of(self, draft: Draft) -> list[bytes]:
        """The studies that a directive is for and that are shared."""
        directive, facts = draft.directive, self.state.studies.facts
        named = [directive.study] if directive.study in self.state.studies.known else self.studies[-50:]
        return [
            one
            for one in named
            if facts(one).subject == directive.subject
            and facts(one).custodian == directive.custodian
            and facts(one).status == StudyStatus.ACTIVE
        ]

    # Batches

    def batch(self, poster: int, drafts: list[Draft]) -> bytes:
        """The root over these directives; each gets the evidence that shows it, some of it bad."""
        at = self.deployed.consents.address
        leaves = [
            keccak(
                keccak(
                    BATCH + words(CHAIN_ID, bytes.fromhex(at[2:]), poster, one.directive.subject, one.number)
                )
            )
            for one in drafts
        ]
        root, paths = tree(leaves)
        for draft, path in zip(drafts, paths, strict=True):
            draft.evidence.append(self._evidence(poster, root, path, draft))
        return root

    def _evidence(
        self, poster: int, root: bytes, path: tuple[bytes, ...], draft: Draft
    ) -> tuple[tuple[Any, ...], ShownConsent]:
        subject = draft.directive.subject
        appointment = self.some_guardian(subject) if self.rng.random() < 0.3 else 0
        guardian = self.state.consents.subject(subject).guardian(appointment)
        signer = guardian.account if guardian else self.state.consents.key_of(subject)
        leads = True
        if self.slips(0.05):
            signer = self.stranger.raw
        elif self.slips(0.05):
            path, leads = (*path, path[0] if path else b"\1" * 32), False
        elif self.slips(0.05):
            appointment += 1
        signature = self.sign_directive(signer, draft)
        evidence = poster, root, path, appointment, signature
        known = signer if signer in self.accounts else b""
        return evidence, ShownConsent(poster, root, leads, appointment, known)

    def sign_directive(self, signer: bytes, draft: Draft) -> bytes:
        """A signature over a directive; nonsense for who has no key here."""
        return self.signature(self.deployed.consents, signer, draft.number)

    def signature(self, contract: Any, signer: bytes, struct_hash: bytes) -> bytes:
        """A signature by an account of this world; that of a stranger for any other."""
        if signer in self.accounts:
            return self.deployed.sign(contract, self.accounts[signer], struct_hash)
        return self.deployed.sign(contract, self.stranger, struct_hash)

    def some_guardian(self, subject: bytes) -> int:
        """An appointment of the subject, 0 when there is none."""
        count = len(self.state.consents.subject(subject).guardians)
        return self.rng.randrange(1, count + 1) if count else 0

    # What is asked

    def cited(self, draft: Draft, *, bare: bool = False) -> Cited:
        """A directive as a request cites it, with evidence when there is some."""
        if draft.evidence and not bare:
            evidence, shown = self.rng.choice(draft.evidence)
            return Cited(draft.directive, draft.body, draft.number, evidence, shown)
        return Cited(draft.directive, draft.body, draft.number, NO_EVIDENCE, None)

    def _project_for(self, requester: int, draft: Draft) -> bytes:
        """A project that may be cited, mostly where a condition asks for one; zeros for none."""
        rng, now = self.rng, self.model.time
        codes = {one.code for one in draft.directive.modifiers}
        wanted = bool(codes & ON_A_PROJECT) or draft.directive.permission == Permission.DS
        if not self.projects or rng.random() > (0.85 if wanted else 0.25):
            return bytes(32)
        known = self.state.projects.known
        latest = self.projects[-10:]
        fitting = [one for one in latest if requester in known[one].members and known[one].until > now]
        return rng.choice(fitting if fitting and not self.slips(0.15) else latest)

    def query_for(self, draft: Draft, requester: int) -> AccessQuery:
        """What may be asked under a directive, mostly."""
        rng, directive = self.rng, draft.directive
        fitting = self._studies_of(draft)
        study = rng.choice(fitting) if fitting else directive.study
        if study not in self.state.studies.known:
            study = self.held_study()[0]
        categories = self.state.studies.facts(study).categories or 1
        if self.slips(0.05):
            categories = rng.choice((categories & (categories - 1), categories | 64, categories | 1 << 40))
        purpose = rng.choice((0, 1, 4, Purpose.BIORCH, Purpose.DSRCH, Purpose.DSRCH, Purpose.HRESCH))
        if rng.random() < 0.15:
            purpose = rng.choice((Purpose.HMARKT, Purpose.POARCH, rng.randrange(62)))
        obligations = rng.choice((63, 63, 63, 0, 2**64 - 1))
        project = self._project_for(requester, draft)
        if self.slips(0.02):
            project = b"\x09" * 32
        if self.slips(0.02):
            study = b"\x77" * 32
        return AccessQuery(study, int(purpose), categories, project, obligations)

    def number_of(self, requester: int, nonce: int, query: AccessQuery, directive: bytes) -> bytes:
        """The number of a request on this chain and ledger."""
        asked = query.study, query.purpose, query.categories, query.project, query.obligations
        where = CHAIN_ID, bytes.fromhex(self.deployed.ledger.address[2:])
        return keccak(words(*where, requester, nonce, keccak(words(*asked)), directive))

    @staticmethod
    def emergency_query(study: bytes, categories: int) -> AccessQuery:
        """What an emergency asks."""
        return emergency_query(study, categories)
