"""Cases to decide: a consortium, a draft that is permitted in it, and all that can be wrong with one."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

from agreement_chain import Reverted
from agreement_world import NOBODY, PAPER_DELAY, Account, Founder, World

from pixelpact.models import (
    ANY_INSTITUTION,
    ANY_INSTITUTION_LATER_TOO,
    ZERO32,
    AccessQuery,
    Directive,
    Modifier,
)
from pixelpact.policy import (
    MAX_PAPER_TERM,
    MAX_TERM,
    MONTH,
    Category,
    ModifierCode,
    Permission,
    Purpose,
    Reason,
    Role,
    StudyFacts,
    Trait,
    allows_research,
    ancestors,
    covers,
    purpose_set,
)

ADMITTED = 1_750_000_000
DAY = 86_400
KINDS = Category.CT | Category.REPORT
RESEARCH = purpose_set(Purpose.HRESCH)

#: The institutions: their numbers are their places, from 1.
CUSTODIAN, REQUESTER, OTHER, SUSPENDED, BOARD, ROLELESS = range(1, 7)
STRANGER = 99
DISEASE = b"MONDO:0005148".ljust(32, b"\0")
KIND_OF_RESEARCH = b"RADIOMICS".ljust(32, b"\0")

#: Bytecode of engines that do not answer as an engine must; `failing_engine` puts VERSION before it.
FAILING = {
    "reverts": "60006000fd",
    "answers nothing, as one whose code is gone": "00",
    "answers 31 bytes": "601f6000f3",
    "answers 33 bytes": "60216000f3",
    "answers two words": "60406000f3",
    "answers 1": "600160005260206000f3",
    "answers 199": "60c760005260206000f3",
    "answers 300": "61012c60005260206000f3",
    "answers 65736, which ends like 200": "620100c860005260206000f3",
    "answers 65536, which ends like 0": "6201000060005260206000f3",
    "answers the greatest word": "60001960005260206000f3",
    "burns its gas": "5b600e56",
    "is not code": "fe",
}


def engine_code(behaviour: str, number: int = 1) -> bytes:
    """Init code of an engine that answers VERSION (a call of four bytes) with a number, else behaves so."""
    body = bytes.fromhex(behaviour)
    version = bytes.fromhex("5b60") + bytes([number]) + bytes.fromhex("60005260206000f3")
    runtime = bytes.fromhex("3660041460") + bytes([7 + len(body)]) + b"\x57" + body + version
    return b"\x61" + len(runtime).to_bytes(2) + bytes.fromhex("80600c6000396000f3") + runtime


class Setting:
    """A consortium with two patients and their studies. Every case begins here and is undone."""

    def __init__(self, seed: int) -> None:
        rng = random.Random(seed)
        countries = rng.sample([b"CH", b"AT", b"DE", b"FR"], 2)
        other = Founder(Role.REQUESTER | Role.VOTER, countries[1], rng.randrange(2))
        founders = [
            Founder(Role.CUSTODIAN | Role.REQUESTER | Role.VOTER, countries[0], rng.randrange(2)),
            Founder(Role.REQUESTER, countries[0], 1 - other.attributes),
            other,
            Founder(Role.REQUESTER | Role.CUSTODIAN, countries[0], 1),
            Founder(Role.ETHICS_BOARD | Role.VOTER, countries[1], 0),
            Founder(Role.REQUESTER, countries[0], 0),
        ]
        self.world = World(founders, ADMITTED, apart=True)
        self.alice, self.bob = Account(7), Account(8)
        self.study = self.world.register(CUSTODIAN, self.alice, KINDS, 1)
        self.bobs = self.world.register(CUSTODIAN, self.bob, Category.MR, 2)
        self.second = self.world.register(CUSTODIAN, self.alice, Category.MR | 1 << 40, 3)
        self.roleless = self.world.register(ROLELESS, self.alice, KINDS, 4)
        self.world.rotate(self.second)
        for number in (REQUESTER, REQUESTER, OTHER):
            self.world.publish_key(number)
        self.world.suspend(SUSPENDED)
        self.projects = self._projects(countries)
        self.failing = {
            name: self.world.ledger_with(self.world.chain.deploy_code(engine_code(code)))
            for name, code in FAILING.items()
        }

    def _projects(self, countries: list[bytes]) -> dict[str, bytes]:
        """One that serves, and those that are in every way not what a condition asks for."""
        world, wrong = self.world, Trait.METHODS | Trait.COMMERCIAL | Trait.ANCESTRY
        serving = {
            "traits": int(Trait.GENETIC),
            "country": countries[0],
            "codes": frozenset((DISEASE, KIND_OF_RESEARCH)),
        }
        unfit = {"traits": int(wrong), "country": b"XX"}
        found = {"serving": world.register_project(1, REQUESTER, (OTHER,), **serving)}
        for number, name in enumerate(("unfit", "registered", "withdrawn", "expired"), 2):
            found[name] = world.register_project(number, REQUESTER, (OTHER,), **unfit)
        found["others"] = world.register_project(9, CUSTODIAN, (), **unfit)
        for name in ("serving", "unfit", "withdrawn", "others"):
            world.approve(found[name], BOARD, ADMITTED + 1_800 * DAY)
        world.approve(found["expired"], BOARD, ADMITTED + 1)
        world.withdraw_project(found["withdrawn"])
        return found

    def owner(self, study: bytes) -> Account:
        """The patient whose study it is; Alice for one that is not registered."""
        return self.bob if study == self.bobs else self.alice


Step = Callable[[Setting, "Draft"], None]


@dataclass
class Draft:
    """A case being made up: what is asked, what is cited, and what happens before.

    Attributes:
        time: when it is decided.
        recorded_at: when the directive is recorded; None leaves it unrecorded.
        steps: what happens then, in order.
        last_steps: what happens after that: an institution that is suspended can do nothing more.
        recorder: how the directive is recorded; None: with the patient's signature.
        engine: one of FAILING, or empty for the real one.
        refused_steps: which of them could not happen.
    """

    requester: int
    query: AccessQuery
    directive: Directive
    time: int = ADMITTED + 100 * DAY
    recorded_at: int | None = ADMITTED + 50 * DAY
    steps: list[Step] = field(default_factory=list)
    last_steps: list[Step] = field(default_factory=list)
    recorder: Step | None = None
    engine: str = ""
    refused_steps: list[Reverted] = field(default_factory=list)

    def ask(self, **parts: Any) -> None:
        """Change the query."""
        self.query = replace(self.query, **parts)

    def cite(self, **parts: Any) -> None:
        """Change the directive; times stay what 64 bits can say."""
        for name in parts.keys() & {"not_before", "expiry"}:
            parts[name] = min(max(parts[name], 0), 2**64 - 1)
        self.directive = replace(self.directive, **parts)

    def qualify(self, *further: Modifier) -> None:
        """Add modifiers, in place of those with the same code."""
        modifiers = {one.code: one for one in (*self.directive.modifiers, *further)}
        self.cite(modifiers=tuple(modifiers[code] for code in sorted(modifiers)))

    def play(self, setting: Setting) -> None:
        """Let everything happen, up to the moment of the decision."""
        world, owner = setting.world, setting.owner(self.query.study)
        if self.recorded_at is not None and self.directive != NOBODY:
            world.chain.time = self.recorded_at
            try:
                if self.recorder is None:
                    world.record(owner, self.directive)
                else:
                    self.recorder(setting, self)
            except Reverted as no:  # who lacks the role records nothing on paper
                self.refused_steps.append(no)
        world.chain.time = max(self.time - 1, 0)
        for step in (*self.steps, *self.last_steps):
            try:
                step(setting, self)
            except Reverted as no:  # an erased study is not withdrawn, a suspended institution does nothing
                self.refused_steps.append(no)
        world.chain.time = self.time


def modifier(code: int, value: int | bytes = 0) -> Modifier:
    """A modifier with a number, or with bytes and zeros behind them."""
    return Modifier(code, value.to_bytes(32) if isinstance(value, int) else value.ljust(32, b"\0"))


def permitted(setting: Setting) -> Draft:
    """The plain case that is permitted."""
    time = ADMITTED + 100 * DAY
    return Draft(
        REQUESTER,
        AccessQuery(setting.study, Purpose.TREAT, KINDS),
        Directive(
            subject=setting.alice.raw,
            custodian=CUSTODIAN,
            study=ZERO32,
            grantee=REQUESTER,
            categories=KINDS,
            purposes=purpose_set(Purpose.TREAT, Purpose.HRESCH),
            permission=Permission.GRU,
            vocabulary=1,
            generation=0,
            not_before=time - 60 * DAY,
            expiry=time + 60 * DAY,
            salt=b"\x5a" * 32,
        ),
    )


# What can be wrong. Each leaves as much else right as it can.


def _ask_unknown(setting: Setting, draft: Draft) -> None:
    draft.ask(study=b"\x77" * 32)


def _withdraw(setting: Setting, draft: Draft) -> None:
    draft.steps.append(lambda now, late: now.world.withdraw(late.query.study))


def _erase(setting: Setting, draft: Draft) -> None:
    draft.steps.append(lambda now, late: now.world.erase(late.query.study))


def _suspend_requester(setting: Setting, draft: Draft) -> None:
    draft.last_steps.append(lambda now, late: now.world.suspend(late.requester))


def _ask_as(requester: int) -> Step:
    def change(setting: Setting, draft: Draft) -> None:
        draft.requester = requester
        if draft.directive.grantee not in (ANY_INSTITUTION, ANY_INSTITUTION_LATER_TOO):
            draft.cite(grantee=requester)

    return change


def _cite(**parts: Any) -> Step:
    def change(setting: Setting, draft: Draft) -> None:
        draft.cite(**parts)

    return change


def _suspend_custodian(setting: Setting, draft: Draft) -> None:
    def step(now: Setting, late: Draft) -> None:
        known = now.world.known.studies.get(late.query.study)
        if known is not None:
            now.world.suspend(known.custodian)

    draft.last_steps.append(step)


def _ask_of_the_roleless(setting: Setting, draft: Draft) -> None:
    draft.ask(study=setting.roleless)
    draft.cite(custodian=ROLELESS)


def _cite_for_another_custodian(setting: Setting, draft: Draft) -> None:
    draft.cite(custodian=OTHER)


def _refuse(scope: str, wider: bool = False) -> Step:  # noqa: FBT001, FBT002
    def change(setting: Setting, draft: Draft) -> None:
        def step(now: Setting, late: Draft) -> None:
            purpose = late.query.purpose
            if wider and purpose in tuple(Purpose):
                purpose = ancestors(Purpose(purpose))[-1]
            study = now.world.known.studies.get(late.query.study, StudyFacts())
            custodian = study.custodian
            of = {"custodian": custodian, "study": late.query.study, "grantee": late.requester, "": None}
            now.world.refuse(now.owner(late.query.study), 1 << min(purpose, 63), scope, of[scope])

        draft.steps.append(step)

    return change


def _cite_nothing(setting: Setting, draft: Draft) -> None:
    draft.directive = NOBODY


def _too_long(setting: Setting, draft: Draft) -> None:
    start, end = draft.directive.not_before, draft.directive.expiry
    if end > draft.time:
        draft.cite(expiry=start + MAX_TERM + 1)
    else:
        draft.cite(not_before=end - MAX_TERM - 1)


def _nine_modifiers(setting: Setting, draft: Draft) -> None:
    draft.cite(modifiers=tuple(Modifier(code) for code in range(100, 109)))


def _unsorted_modifiers(setting: Setting, draft: Draft) -> None:
    draft.qualify(modifier(ModifierCode.COL))
    draft.cite(modifiers=(*draft.directive.modifiers, modifier(0)))


def _of_another_subject(setting: Setting, draft: Draft) -> None:
    draft.cite(subject=b"\x66" * 20)


def _on_paper(setting: Setting, draft: Draft) -> None:
    def record(now: Setting, late: Draft) -> None:
        study = now.world.known.studies.get(late.query.study, StudyFacts())
        now.world.record_paper(now.owner(late.query.study), late.directive, study.custodian or CUSTODIAN)

    start = max(draft.directive.not_before, draft.time - 100 * DAY)
    draft.cite(not_before=start, expiry=min(draft.directive.expiry, start + MAX_PAPER_TERM))
    draft.recorder = record


def _on_paper_for_long(setting: Setting, draft: Draft) -> None:
    _on_paper(setting, draft)
    draft.cite(expiry=draft.directive.not_before + MAX_PAPER_TERM + 1)


def _on_paper_lately(setting: Setting, draft: Draft) -> None:
    _on_paper(setting, draft)
    draft.recorded_at = draft.time - PAPER_DELAY + 1


def _on_paper_that_ended(setting: Setting, draft: Draft) -> None:
    _on_paper(setting, draft)
    draft.steps.append(lambda now, late: now.world.end_paper(now.owner(late.query.study)))


def _by_guardian(elsewhere: int = 0) -> Step:
    def change(setting: Setting, draft: Draft) -> None:
        draft.recorder = lambda now, late: now.world.record_by_guardian(
            now.owner(late.query.study), late.directive, elsewhere
        )

    return change


def _by_guardian_who_was_dismissed(setting: Setting, draft: Draft) -> None:
    _by_guardian()(setting, draft)
    draft.steps.append(lambda now, late: now.world.dismiss(now.owner(late.query.study), late.directive))


def _by_batch(*, good: bool) -> Step:
    def change(setting: Setting, draft: Draft) -> None:
        draft.recorded_at = None
        draft.steps.append(
            lambda now, late: now.world.anchor(
                now.owner(late.query.study), late.directive, CUSTODIAN, good=good
            )
        )

    return change


def _stop(setting: Setting, draft: Draft) -> None:
    draft.steps.append(lambda now, late: now.world.stop((CUSTODIAN, BOARD), 50))


def _take_refusal(setting: Setting, draft: Draft) -> None:
    def step(now: Setting, late: Draft) -> None:
        owner, purpose = now.owner(late.query.study), late.query.purpose
        now.world.take_refusal(owner, late.query.study, 1 << min(purpose, 63))

    draft.steps.append(step)


def _revoke(setting: Setting, draft: Draft) -> None:
    draft.steps.append(lambda now, late: now.world.revoke(now.owner(late.query.study), late.directive))


def _leave_unrecorded(setting: Setting, draft: Draft) -> None:
    draft.recorded_at = None


def _revoke_unrecorded(setting: Setting, draft: Draft) -> None:
    _leave_unrecorded(setting, draft)
    _revoke(setting, draft)


def _revoke_all(setting: Setting, draft: Draft) -> None:
    draft.steps.append(lambda now, late: now.world.revoke_all(now.owner(late.query.study)))


def _not_yet(setting: Setting, draft: Draft) -> None:
    draft.cite(not_before=draft.time + 1)


def _expired(setting: Setting, draft: Draft) -> None:
    draft.cite(expiry=draft.time)


def _for_another_study(setting: Setting, draft: Draft) -> None:
    draft.cite(study=setting.bobs)


def _for_another_grantee(setting: Setting, draft: Draft) -> None:
    draft.cite(grantee=SUSPENDED)


def _joined_later(setting: Setting, draft: Draft) -> None:
    draft.cite(grantee=ANY_INSTITUTION)
    draft.recorded_at = ADMITTED


def _ask_too_little(setting: Setting, draft: Draft) -> None:
    draft.ask(categories=draft.query.categories & (draft.query.categories - 1))


def _ask_too_much(setting: Setting, draft: Draft) -> None:
    draft.ask(categories=draft.query.categories | Category.DENTAL)
    draft.cite(categories=draft.directive.categories & ~Category.DENTAL)


def _ask_for_purpose(purpose: int, purposes: int | None = None, permission: int | None = None) -> Step:
    def change(setting: Setting, draft: Draft) -> None:
        draft.ask(purpose=purpose)
        if purposes is not None:
            draft.cite(purposes=purposes)
        if permission is not None:
            draft.cite(permission=permission)

    return change


def _grant_other_purposes(setting: Setting, draft: Draft) -> None:
    draft.cite(purposes=purpose_set(Purpose.HMARKT))


def _under_vocabulary_2(setting: Setting, draft: Draft) -> None:
    draft.cite(vocabulary=2)


def _with_engine(name: str) -> Step:
    def change(setting: Setting, draft: Draft) -> None:
        draft.engine = name

    return change


def _under(code: int, value: int | bytes = 0) -> Step:
    def change(setting: Setting, draft: Draft) -> None:
        draft.qualify(modifier(code, value))

    return change


def _under_another_institution(setting: Setting, draft: Draft) -> None:
    draft.qualify(modifier(ModifierCode.IS, draft.requester + 2**32))


def _not_for_profit(code: ModifierCode) -> Step:
    def change(setting: Setting, draft: Draft) -> None:
        """Ask as that one of the two requesters which is for profit."""
        known = setting.world.known.institutions
        profits = next(number for number in (REQUESTER, OTHER) if not known[number].attributes & 1)
        _ask_as(profits)(setting, draft)
        draft.qualify(modifier(code, 9))

    return change


def _without_project(code: ModifierCode, value: int | bytes = 0) -> Step:
    def change(setting: Setting, draft: Draft) -> None:
        draft.ask(project=ZERO32)
        draft.qualify(modifier(code, value))

    return change


def _within(project: str, code: ModifierCode | None = None, value: int | bytes = 0) -> Step:
    def change(setting: Setting, draft: Draft) -> None:
        draft.ask(project=setting.projects[project])
        if code is not None:
            draft.qualify(modifier(code, value))
        if code == ModifierCode.NMDS:
            draft.ask(purpose=Purpose.BIORCH)

    return change


def _abroad(setting: Setting, draft: Draft) -> None:
    country = setting.world.known.institutions[draft.requester].country
    _within("unfit", ModifierCode.GS, country)(setting, draft)


def _for_marketing(setting: Setting, draft: Draft) -> None:
    draft.ask(purpose=Purpose.HMARKT)
    draft.cite(purposes=draft.directive.purposes | purpose_set(Purpose.HMARKT))
    draft.qualify(modifier(ModifierCode.NCU, 9))


def _suspend_board(setting: Setting, draft: Draft) -> None:
    if draft.query.project not in setting.projects.values():
        _within("serving")(setting, draft)
    draft.last_steps.append(lambda now, late: now.world.suspend(BOARD))


def _name_no_disease(setting: Setting, draft: Draft) -> None:
    _within("serving")(setting, draft)
    _ask_for_purpose(Purpose.DSRCH, permission=Permission.DS)(setting, draft)


def _within_ancestry(setting: Setting, draft: Draft) -> None:
    draft.ask(purpose=Purpose.HRESCH)
    draft.qualify(modifier(ModifierCode.NPOA, 9))


def _cite_unknown_project(setting: Setting, draft: Draft) -> None:
    draft.ask(project=b"\1" + bytes(31))


def _unaccepted(setting: Setting, draft: Draft) -> None:
    draft.ask(obligations=draft.query.obligations & ~1)
    draft.qualify(modifier(ModifierCode.PUB, 9))


ALL_PURPOSES = 2**64 - 1

#: In the order of docs/policy.md: of two that fail, the one further up is the reason. The modifiers stand in
#: the order of their codes, which is theirs in a directive.
FAULTS: tuple[tuple[Reason, Step], ...] = (
    (Reason.STUDY_UNKNOWN, _ask_unknown),
    (Reason.STUDY_WITHDRAWN, _withdraw),
    (Reason.STUDY_ERASED, _erase),
    (Reason.SHARING_STOPPED, _stop),
    (Reason.REQUESTER_NOT_ACTIVE, _suspend_requester),
    (Reason.REQUESTER_LACKS_ROLE, _ask_as(BOARD)),
    (Reason.CUSTODIAN_NOT_ACTIVE, _suspend_custodian),
    (Reason.CUSTODIAN_LACKS_ROLE, _ask_of_the_roleless),
    (Reason.CUSTODIAN_DIFFERS, _cite_for_another_custodian),
    (Reason.REFUSED_BY_PATIENT, _refuse("")),
    (Reason.REFUSED_BY_PATIENT, _refuse("custodian")),
    (Reason.REFUSED_BY_PATIENT, _refuse("study")),
    (Reason.REFUSED_BY_PATIENT, _refuse("grantee")),
    (Reason.REFUSED_BY_PATIENT, _take_refusal),
    (Reason.DIRECTIVE_ABSENT, _cite_nothing),
    (Reason.DIRECTIVE_MALFORMED, _too_long),
    (Reason.DIRECTIVE_MALFORMED, _nine_modifiers),
    (Reason.DIRECTIVE_MALFORMED, _unsorted_modifiers),
    (Reason.DIRECTIVE_MALFORMED, _on_paper_for_long),
    (Reason.SUBJECT_DIFFERS, _of_another_subject),
    (Reason.DIRECTIVE_REVOKED, _revoke),
    (Reason.DIRECTIVE_REVOKED, _revoke_unrecorded),
    (Reason.EVIDENCE_INVALID, _by_batch(good=False)),
    (Reason.DIRECTIVE_NOT_RECORDED, _leave_unrecorded),
    (Reason.GENERATION_PAST, _revoke_all),
    (Reason.GUARDIAN_ENDED, _by_guardian_who_was_dismissed),
    (Reason.AUTHORITY_EXCEEDED, _by_guardian(OTHER)),
    (Reason.PAPER_ENDED, _on_paper_that_ended),
    (Reason.NOT_YET_VALID, _not_yet),
    (Reason.EXPIRED, _expired),
    (Reason.PAPER_TOO_NEW, _on_paper_lately),
    (Reason.STUDY_NOT_COVERED, _for_another_study),
    (Reason.GRANTEE_DIFFERS, _for_another_grantee),
    (Reason.GRANTEE_JOINED_LATER, _joined_later),
    (Reason.CATEGORY_NOT_ASKED, _ask_too_little),
    (Reason.CATEGORY_NOT_GRANTED, _ask_too_much),
    (Reason.PURPOSE_UNKNOWN, _ask_for_purpose(59, ALL_PURPOSES)),
    (Reason.PURPOSE_UNKNOWN, _ask_for_purpose(255, ALL_PURPOSES)),
    (Reason.PURPOSE_NOT_GRANTED, _grant_other_purposes),
    (Reason.ENGINE_FAILED, _with_engine("reverts")),
    (Reason.VOCABULARY_UNKNOWN, _under_vocabulary_2),
    (Reason.PERMISSION_ABSENT, _ask_for_purpose(Purpose.HRESCH, permission=0)),
    (Reason.PERMISSION_EXCLUDES_PURPOSE, _ask_for_purpose(Purpose.HRESCH, permission=Permission.POA)),
    (
        Reason.PERMISSION_EXCLUDES_PURPOSE,
        _ask_for_purpose(Purpose.TRAIN, purpose_set(Purpose.HOPERAT), Permission.CC),
    ),
    (Reason.PERMISSION_NEEDS_PROJECT, _ask_for_purpose(Purpose.DSRCH, permission=Permission.DS)),
    (Reason.PERMISSION_NAMES_NO_DISEASE, _name_no_disease),
    (Reason.MODIFIER_NEEDS_PROJECT, _without_project(ModifierCode.DS, DISEASE)),
    (Reason.MODIFIER_DISEASE, _within("unfit", ModifierCode.DS, DISEASE)),
    (Reason.MODIFIER_RESEARCH_TYPE, _within("unfit", ModifierCode.RS, KIND_OF_RESEARCH)),
    (Reason.MODIFIER_METHODS, _within("unfit", ModifierCode.NMDS, 9)),
    (Reason.MODIFIER_GENETIC, _within("unfit", ModifierCode.GSO, 9)),
    (Reason.MODIFIER_NOT_FOR_PROFIT, _not_for_profit(ModifierCode.NPUNCU)),
    (Reason.MODIFIER_COMMERCIAL, _within("unfit", ModifierCode.NPUNCU, 9)),
    (Reason.MODIFIER_NEEDS_PROJECT, _without_project(ModifierCode.IRB)),
    (Reason.MODIFIER_COUNTRY, _under(ModifierCode.GS, b"XX")),
    (Reason.MODIFIER_COUNTRY, _abroad),
    (Reason.MODIFIER_TIME, _under(ModifierCode.TS)),
    (Reason.MODIFIER_PROJECT, _within("unfit", ModifierCode.PS, 7)),
    (Reason.MODIFIER_INSTITUTION, _under_another_institution),
    (Reason.MODIFIER_ANCESTRY, _within_ancestry),
    (Reason.MODIFIER_ANCESTRY, _within("unfit", ModifierCode.NPOA, 9)),
    (Reason.MODIFIER_NOT_FOR_PROFIT, _not_for_profit(ModifierCode.NPU)),
    (Reason.MODIFIER_COMMERCIAL, _for_marketing),
    (Reason.MODIFIER_UNDECIDABLE, _under(65535)),
    (Reason.PROJECT_UNKNOWN, _cite_unknown_project),
    (Reason.PROJECT_NOT_APPROVED, _within("registered")),
    (Reason.PROJECT_WITHDRAWN, _within("withdrawn")),
    (Reason.PROJECT_EXPIRED, _within("expired")),
    (Reason.PROJECT_BOARD_DEPENDENT, _suspend_board),
    (Reason.PROJECT_NOT_PARTNER, _within("others")),
    (Reason.OBLIGATION_NOT_ACCEPTED, _unaccepted),
)


class Chance:
    """Random drafts near what is permitted; the seed makes them the same again."""

    def __init__(self, setting: Setting, seed: int) -> None:
        self.setting = setting
        self.rng = random.Random(seed)

    def draft(self) -> Draft:
        """A draft that is permitted, then as a rule one thing wrong or nearly so with it, at times more."""
        draft = self.plain()
        kinds = [self._fault] * 5 + [self._nudge] * 5 + [self._scramble]
        for _ in range(self.rng.choices([0, 1, 2, 3], [10, 60, 20, 10])[0]):
            self.rng.choice(kinds)(draft)
        return draft

    def plain(self) -> Draft:
        """One that is permitted, in one of many ways."""
        rng, draft = self.rng, permitted(self.setting)
        draft.time = ADMITTED + rng.randrange(2, 400 * DAY)
        draft.recorded_at = rng.randrange(ADMITTED + 1, draft.time + 1)
        study = rng.choice([self.setting.study, self.setting.study, self.setting.bobs, self.setting.second])
        held = self.setting.world.known.studies[study].categories
        _ask_as(rng.choice([REQUESTER, OTHER]))(self.setting, draft)
        draft.ask(study=study, categories=held, purpose=rng.choice(list(Purpose)))
        if rng.random() < 0.4:
            draft.ask(purpose=rng.choice([one for one in Purpose if covers(RESEARCH, one)]))
        purpose = Purpose(draft.query.purpose)
        draft.cite(
            subject=self.setting.owner(study).raw,
            study=rng.choice([ZERO32, study]),
            grantee=rng.choice([draft.requester, ANY_INSTITUTION, ANY_INSTITUTION_LATER_TOO]),
            categories=held | rng.choice([0, rng.getrandbits(64)]),
            purposes=1 << rng.choice(ancestors(purpose)) | rng.choice([0, rng.getrandbits(64)]),
            permission=self._fitting_permission(purpose),
            not_before=draft.time - rng.randrange(MAX_TERM // 2),
            expiry=draft.time + rng.randrange(1, MAX_TERM // 2),
            salt=rng.randbytes(32),
        )
        draft.ask(obligations=rng.choice([63, rng.getrandbits(64) | 63]))
        if rng.random() < 0.3:
            draft.ask(project=self.setting.projects["serving"])
        self._record_otherwise(draft)
        draft.qualify(*(one for one in self._fitting_modifiers(draft) if rng.random() < 0.15))
        return draft

    def _record_otherwise(self, draft: Draft) -> None:
        """At times by a guardian, on paper, or by a batch."""
        rng, directive = self.rng, draft.directive
        old = draft.recorded_at is not None and draft.recorded_at + PAPER_DELAY <= draft.time
        short = directive.expiry - directive.not_before <= MAX_PAPER_TERM
        way = rng.random()
        if way < 0.1:
            _by_guardian()(self.setting, draft)
        elif way < 0.3 and old and short:
            _on_paper(self.setting, draft)
        elif way > 0.9 and directive.grantee != ANY_INSTITUTION:
            _by_batch(good=True)(self.setting, draft)

    def _fitting_permission(self, purpose: Purpose) -> int:
        if not covers(RESEARCH, purpose):
            treats = covers(purpose_set(Purpose.TREAT), purpose)
            return self.rng.choice([0, *map(int, Permission), 9] if treats else [0, Permission.DS, 9])
        return self.rng.choice(
            [one for one in Permission if one != Permission.DS and allows_research(one, purpose)]
        )

    def _fitting_modifiers(self, draft: Draft) -> list[Modifier]:
        rng, requester = self.rng, self.setting.world.known.institutions[draft.requester]
        unused = rng.choice([0, rng.getrandbits(256)])
        fitting = [
            modifier(ModifierCode.IS, draft.requester),
            modifier(ModifierCode.GS, requester.country),
            modifier(ModifierCode.TS, rng.choice([14, 2**63, 2**255, rng.getrandbits(256) | 16])),
            *(modifier(code, unused) for code in (ModifierCode.PUB, ModifierCode.COL)),
            *(modifier(code, unused) for code in (ModifierCode.MOR, ModifierCode.RTN, ModifierCode.US)),
        ]
        if draft.query.project != ZERO32:
            country = self.setting.world.known.projects[draft.query.project][0].country
            fitting = [one for one in fitting if one.code != ModifierCode.GS or country == requester.country]
            fitting += [modifier(ModifierCode.DS, DISEASE), modifier(ModifierCode.RS, KIND_OF_RESEARCH)]
            fitting += [modifier(ModifierCode.PS, draft.query.project)]
            codes = (ModifierCode.NMDS, ModifierCode.GSO, ModifierCode.IRB)
            fitting += [modifier(code, unused) for code in codes]
        if draft.query.purpose != Purpose.HMARKT:
            fitting.append(modifier(ModifierCode.NCU, unused))
        if requester.attributes & 1:
            fitting.append(modifier(ModifierCode.NPU, unused))
        if draft.query.purpose not in (Purpose.HRESCH, Purpose.POARCH):
            fitting.append(modifier(ModifierCode.NPOA, unused))
        return fitting

    def _fault(self, draft: Draft) -> None:
        self.rng.choice(FAULTS)[1](self.setting, draft)

    def _nudge(self, draft: Draft) -> None:
        """Move one thing to where the answer turns, to either side."""
        self.rng.choice(
            [
                self._nudge_term,
                self._nudge_recording,
                self._nudge_months,
                self._nudge_purpose,
                self._nudge_grant,
                self._nudge_refusal,
                self._nudge_categories,
                self._nudge_parties,
                self._nudge_permission,
                self._nudge_research,
                self._nudge_modifier,
            ]
        )(draft)

    def _nudge_term(self, draft: Draft) -> None:
        edge = self.rng.choice([-1, 0, 1])
        start, end = draft.directive.not_before, draft.directive.expiry
        changes = [{"expiry": draft.time + edge}, {"not_before": draft.time + edge}] * 3
        changes += [{"expiry": start + MAX_TERM + edge}, {"expiry": start + edge}, {"expiry": 0}]
        changes += [{"not_before": end - MAX_TERM + edge}, {"not_before": 0}, {"expiry": 2**64 - 1}]
        draft.cite(**self.rng.choice(changes))

    def _nudge_recording(self, draft: Draft) -> None:
        draft.cite(grantee=ANY_INSTITUTION)
        draft.recorded_at = ADMITTED + self.rng.choice([-1, 0, 1])

    def _nudge_months(self, draft: Draft) -> None:
        months = self.rng.choice([0, 1, 2, 3, 12, 2**64 - 1, 2**64, 2**256 - 1])
        draft.qualify(modifier(ModifierCode.TS, months))
        if months < 13:
            draft.recorded_at = draft.time - months * MONTH + self.rng.choice([-1, 0, 1])

    def _nudge_purpose(self, draft: Draft) -> None:
        draft.ask(purpose=self.rng.choice([*Purpose, *range(59, 66), 127, 128, 255]))

    def _nudge_grant(self, draft: Draft) -> None:
        draft.cite(purposes=self.rng.choice([1 << self.rng.randrange(64), self.rng.getrandbits(64), 0]))

    def _nudge_refusal(self, draft: Draft) -> None:
        rng = self.rng
        refused = rng.choice([1 << rng.randrange(64), rng.getrandbits(64), 0])
        if draft.query.purpose < 59 and rng.random() < 0.5:
            refused = 1 << rng.choice(ancestors(Purpose(draft.query.purpose)))
        ways = [("custodian", n) for n in (CUSTODIAN, OTHER)] + [("grantee", n) for n in (REQUESTER, OTHER)]
        ways += [("study", s) for s in (self.setting.study, self.setting.bobs)] + [("", None)]
        scope, of = rng.choice(ways)
        who = rng.choice([self.setting.alice, self.setting.bob])
        draft.steps.append(lambda now, late: now.world.refuse(who, refused, scope, of))

    def _nudge_categories(self, draft: Draft) -> None:
        bit = 1 << self.rng.randrange(64)
        if self.rng.random() < 0.5:
            draft.ask(categories=draft.query.categories ^ bit)
        else:
            draft.cite(categories=draft.directive.categories ^ bit)

    def _nudge_parties(self, draft: Draft) -> None:
        choose = self.rng.choice
        subjects = [bytes(20), self.setting.alice.raw, self.setting.bob.raw, bytes(19) + b"\1"]
        choose(
            [
                _ask_as(choose([CUSTODIAN, OTHER, SUSPENDED, BOARD, STRANGER])),
                _cite(grantee=choose([0, 1, 2, 3, 2**32 - 1, 2**32 - 2])),
                _cite(custodian=choose([0, 1, 2, ROLELESS])),
                _cite(subject=choose(subjects)),
                _cite(generation=choose([0, 1, 2**32 - 1])),
                _cite(vocabulary=choose([0, 1, 2, 65535])),
            ]
        )(self.setting, draft)

    def _nudge_permission(self, draft: Draft) -> None:
        draft.cite(permission=self.rng.choice([0, *Permission, self.rng.randrange(65536)]))

    def _nudge_research(self, draft: Draft) -> None:
        draft.ask(purpose=self.rng.choice([Purpose.HRESCH, Purpose.POARCH, Purpose.DSRCH, Purpose.BIORCH]))
        draft.cite(
            permission=self.rng.choice([Permission.GRU, Permission.HMB, Permission.DS, Permission.POA])
        )
        if self.rng.random() < 0.5:
            draft.qualify(modifier(ModifierCode.NPOA, self.rng.getrandbits(256)))

    def _nudge_modifier(self, draft: Draft) -> None:
        rng = self.rng
        code = rng.choice([*ModifierCode, rng.randrange(65536)])
        country = self.setting.world.known.institutions[REQUESTER].country
        values = [0, 1, draft.requester, draft.requester << 32, country, country + b"\1", rng.randbytes(32)]
        draft.qualify(modifier(code, rng.choice(values)))
        draft.ask(obligations=draft.query.obligations & rng.getrandbits(64))

    def _scramble(self, draft: Draft) -> None:
        """A directive of which anything may be true."""
        rng = self.rng
        draft.cite(
            grantee=rng.choice([0, draft.requester, rng.getrandbits(32)]),
            categories=rng.getrandbits(64) | rng.getrandbits(64),
            purposes=rng.getrandbits(64) | rng.getrandbits(64),
            permission=rng.choice([0, *map(int, Permission)]),
            not_before=rng.choice([0, draft.time - 5, rng.getrandbits(64)]),
            expiry=rng.choice([2**64 - 1, draft.time + 5, rng.getrandbits(64)]),
            modifiers=tuple(
                modifier(rng.choice([*map(int, ModifierCode), rng.randrange(100)]), rng.getrandbits(256))
                for _ in range(rng.randrange(10))
            ),
        )
