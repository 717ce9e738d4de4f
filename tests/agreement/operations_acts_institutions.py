"""Random operations on the InstitutionRegistry and the StudyRegistry; most of them go well."""

from __future__ import annotations

from functools import partial
from hashlib import sha256
from typing import Any

import operations_institutions as rules
import operations_studies as study_rules
from agreement_cases import FAILING, engine_code
from eth_utils import keccak
from operations_acts import Acting
from operations_chain import words
from operations_model import NO_DIGEST, NOBODY
from operations_play import FOUNDERS

from pixelpact.policy import InstitutionStatus, OperatorPermission, Role, StudyStatus
from pixelpact.policy.state import Proposal, ProposalState

KEYS = [bytes([number]) * rules.KEY_LENGTH for number in range(8)]


class InstitutionActs(Acting):
    """What institutions do with themselves and each other, and with their studies."""

    def start(self) -> None:
        """Give every institution two operators beside its admin, and engines that can be voted for."""
        self.engines: dict[bytes, tuple[bytes, int]] = {}
        self.broken: set[bytes] = set()
        for number in range(1, len(self.team) + 1):
            for _ in range(2):
                self._give(number, rules.ALL_PERMISSIONS)
            self._publish(self.team[number][0], KEYS[0])
        for version in range(2, 9):
            self._engine(version, FAILING["answers 1"] if version == 3 else "")

    def _give(self, institution: int, permissions: int) -> None:
        admin = self.state.institutions.members[institution].admin
        one = self.newcomer()
        self.team[institution].append(one.raw)
        rule = partial(rules.set_operator, self.model, admin, one.raw, permissions)
        self.do(admin, self.deployed.institutions, "setOperator", (one.raw, permissions), rule)

    def _engine(self, version: int, behaviour: str) -> None:
        if behaviour:
            code = engine_code(behaviour, version)
            address = bytes.fromhex(self.chain.deploy_code(code)[2:])
            self.broken.add(address)
        else:
            address = bytes.fromhex(self.deployed.engine_of(version).address[2:])
        code_hash = bytes(self.chain.evm.basic("0x" + address.hex()).code_hash)
        self.engines[address] = (code_hash, version)

    # Accounts and keys

    def set_operator(self) -> None:
        institution = self.any_institution()
        admin = self.admin_of(institution)
        permissions = self.rng.choice((rules.ALL_PERMISSIONS, rules.ALL_PERMISSIONS, 93, 0))
        account = self.rng.choice(self.team[institution])
        acting, _ = self.state.institutions.acting_for(account)
        if self.rng.random() < 0.4 or acting != institution or account == admin:
            account = self.newcomer().raw
            self.team[institution].append(account)
            permissions = permissions or rules.ALL_PERMISSIONS
        elif self.slips():
            account = self.rng.choice((NOBODY, admin, self.somebody()))
        if self.slips():
            permissions = self.rng.choice((128, 255, 0))
        rule = partial(rules.set_operator, self.model, admin, account, permissions)
        self.do(admin, self.deployed.institutions, "setOperator", (account, permissions), rule)

    def resign(self) -> None:
        institution = self.any_institution()
        account = self.rng.choice(self.team[institution])
        if account == self.state.institutions.members[institution].admin and not self.slips(0.1):
            account = self.rng.choice(self.team[institution])
        self.do(account, self.deployed.institutions, "resign", (), partial(rules.resign, self.model, account))

    def publish_key(self) -> None:
        admin = self.admin_of(self.any_institution())
        key = self.rng.choice(KEYS)
        if self.slips():
            key = key[:-1]
        self._publish(admin, key)

    def _publish(self, admin: bytes, key: bytes) -> None:
        rule = partial(rules.publish_key, self.model, admin, key, sha256(key).digest())
        self.do(admin, self.deployed.institutions, "publishKey", (key,), rule)

    def suspend_self(self) -> None:
        admin = self.admin_of(self.any_institution())
        rule = partial(rules.suspend_self, self.model, admin)
        self.do(admin, self.deployed.institutions, "suspendSelf", (), rule)

    # Votes

    def _action(self, suspended: list[int]) -> int:
        """What is voted on; who is suspended comes back first, and an engine that fails is replaced."""
        choices = [rules.ADMIT, rules.CHANGE, rules.CHANGE, rules.RECOVER_ADMIN, rules.RECOVER_ADMIN]
        choices += [rules.CHANGE, rules.REPLACE_ENGINE, rules.STOP]
        choices += [rules.REINSTATE] * 14 if suspended else [rules.SUSPEND]
        if self.state.institutions.engine in self.broken:
            choices += [rules.REPLACE_ENGINE] * 6
        action = self.rng.choice(choices)
        crowded = len(self.state.institutions.members) > 9 and self.rng.random() < 0.7
        return rules.CHANGE if action == rules.ADMIT and crowded else action

    def _motion(self) -> rules.Motion:
        """Something that could be voted on; suspended institutions come back first."""
        rng = self.rng
        parts: dict[str, Any] = {}
        members = self.state.institutions.members
        suspended = [n for n, one in members.items() if one.facts.status == InstitutionStatus.SUSPENDED]
        action = self._action(suspended)
        about = rng.choice(suspended) if action == rules.REINSTATE and suspended else self.any_institution()
        if action in (rules.ADMIT, rules.RECOVER_ADMIN):
            parts["account"] = self.newcomer().raw
        if action in (rules.ADMIT, rules.CHANGE):
            facts = members[about].facts if action == rules.CHANGE else members[rng.choice((1, 2))].facts
            parts |= {"roles": facts.roles | 2, "country": rng.choice((b"CH", facts.country))}
            parts |= {"attributes": rng.choice((facts.attributes, 1, 1, 0))}
            if rng.random() < 0.15:
                parts["roles"] ^= rng.choice(tuple(Role))
            elif about <= len(FOUNDERS) and rng.random() < 0.7:
                parts["roles"] |= FOUNDERS[about - 1][0]
        if action in (rules.SUSPEND, rules.REINSTATE, rules.CHANGE, rules.RECOVER_ADMIN):
            parts["institution"] = about
        if action == rules.REPLACE_ENGINE:
            newer = [
                one for one in self.engines if self.engines[one][1] > self.state.institutions.engine_version
            ]
            parts["account"] = rng.choice(newer[:2] if newer and not self.slips(0.1) else list(self.engines))
            parts["code_hash"] = self.engines[parts["account"]][0]
        if action == rules.STOP:
            parts["duration"] = rng.choice((0, 5, 20, 40))
        if self.slips(0.1):
            parts |= self._slip_of_motion(parts)
        return (
            action if not self.slips(0.01) else 0,
            parts.get("institution", 0),
            parts.get("account", NOBODY),
            int(parts.get("roles", 0)),
            parts.get("country", bytes(2)),
            parts.get("attributes", 0),
            parts.get("code_hash", NO_DIGEST),
            parts.get("duration", 0),
        )

    def _slip_of_motion(self, parts: dict[str, Any]) -> dict[str, Any]:
        odd = {
            "institution": (0, 1, 99),
            "account": (NOBODY, self.somebody(), self.team[1][0]),
            "roles": (16, 1 << 15),
            "country": (b"ch", b"C\0"),
            "attributes": (2, 255),
            "code_hash": (b"\1" * 32,),
            "duration": (self.model.terms.longest_stop + 1, 2**63),
        }
        name = self.rng.choice(list(parts) if self.rng.random() < 0.9 else list(odd))
        return {name: self.rng.choice(odd[name])}

    def propose(self) -> None:
        motion = self._motion()
        by = self.voter()
        number = len(self.state.institutions.proposals) + 1
        rule = partial(rules.propose, self.model, by, motion, self.engines)
        self.do(by, self.deployed.institutions, "propose", (motion,), rule, lambda _: words(number))

    def voter(self) -> bytes:
        """Somebody who may vote for an institution that does, mostly."""
        voters = [
            number
            for number, one in self.state.institutions.members.items()
            if one.facts.roles & Role.VOTER and one.facts.status == InstitutionStatus.ACTIVE
        ]
        if not voters or self.slips():
            return self.somebody()
        return self.who(self.rng.choice(voters), OperatorPermission.VOTES)

    def _some_proposal(self) -> int:
        proposals = self.state.institutions.proposals
        opened = [n for n in range(max(1, len(proposals) - 6), len(proposals) + 1) if n in proposals]
        opened = [
            n for n in opened if proposals[n].state == ProposalState.OPEN and not proposals[n].passed_at
        ]
        if not opened or self.slips():
            return self.rng.randrange(len(proposals) + 2)
        return self.rng.choice(opened)

    def vote(self) -> None:
        opened = [one for one in self.state.institutions.proposals.values() if not one.passed_at]
        if not opened[-6:] and not self.slips():
            self.propose()
            return
        number, by = self._some_proposal(), self.voter()
        proposal = self.state.institutions.proposals.get(number)
        if proposal is not None:
            for _ in range(6):  # one that has not voted yet, if there is any
                institution, _permissions = self.state.institutions.acting_for(by)
                member = self.state.institutions.members.get(institution)
                has_voted = member is not None and (proposal.votes << 1) >> member.voter_index & 1
                if member is None or (not has_voted and institution != proposal.institution):
                    break
                by = self.voter()
        rule = partial(rules.vote, self.model, by, number)
        self.do(by, self.deployed.institutions, "vote", (number,), rule)

    def carry_out(self) -> None:
        proposals = self.state.institutions.proposals
        ready = [
            number
            for number in range(max(1, len(proposals) - 12), len(proposals) + 1)
            if proposals[number].passed_at
            and proposals[number].state == ProposalState.OPEN
            and (self._is_over(proposals[number]) or self.slips(0.2))
        ]
        if not ready and not self.slips():
            self.vote()
            return
        number = self._some_proposal()
        if ready and not self.slips():
            number = ready[-1] if self.rng.random() < 0.6 else self.rng.choice(ready)
        motion = proposals[number].motion if number in proposals else self._motion()
        if self.slips():
            motion = self._motion()
        by = self.somebody()
        if (
            motion[0] == rules.RECOVER_ADMIN and self.rng.random() < 0.2
        ):  # somebody claims the account meanwhile
            self._claim(motion[2])
        rule = partial(rules.carry_out, self.model, by, number, motion, self.engines)
        before = len(self.state.institutions.members)
        if self.do(by, self.deployed.institutions, "carryOut", (number, motion), rule):
            if len(self.state.institutions.members) > before:
                self.team[before + 1] = [motion[2]]
            elif motion[0] == rules.RECOVER_ADMIN:
                self.team[motion[1]].insert(0, motion[2])

    def _claim(self, account: bytes) -> None:
        institution = self.any_institution()
        admin = self.admin_of(institution)
        rule = partial(rules.set_operator, self.model, admin, account, 1)
        self.do(admin, self.deployed.institutions, "setOperator", (account, 1), rule)

    def _is_over(self, proposal: Proposal) -> bool:
        """Whether the notice of a proposal that passed is over, and its time is not."""
        terms = self.model.terms
        notices = {rules.REPLACE_ENGINE: terms.engine_notice, rules.RECOVER_ADMIN: terms.recovery_notice}
        earliest = proposal.passed_at + notices.get(proposal.motion[0], 0)
        return earliest <= self.model.time < earliest + terms.vote_lifetime

    def veto(self) -> None:
        proposals = self.state.institutions.proposals
        fitting = [
            number
            for number in range(max(1, len(proposals) - 10), len(proposals) + 1)
            if proposals[number].motion[0] == rules.RECOVER_ADMIN
            and proposals[number].state == ProposalState.OPEN
        ]
        number = self.rng.choice(fitting) if fitting and not self.slips() else self._some_proposal()
        about = proposals[number].institution if number in proposals else 0
        by = self.admin_of(about) if about in self.team and not self.slips() else self.somebody()
        rule = partial(rules.veto, self.model, by, number)
        self.do(by, self.deployed.institutions, "veto", (number,), rule)

    # Studies

    def register(self) -> None:
        rng = self.rng
        institution = self.custodian()
        by = self.who(institution, OperatorPermission.STUDIES)
        patient = self.patient(fresh=rng.random() < 0.4)
        local = rng.randbytes(32)
        fields = [local, patient, rng.choice((3, 3, 2, 6)), rng.randbytes(32), rng.randbytes(32)]
        if self.slips():
            place = rng.randrange(5)
            fields[place] = 0 if place == 2 else NOBODY if place == 1 else NO_DIGEST
        elif self.slips() and self.locals:
            fields[0] = rng.choice(self.locals)
        self.locals.append(fields[0])
        acting, _ = self.state.institutions.acting_for(by)
        study = keccak(words(acting, fields[0]))
        rule = partial(study_rules.register, self.model, by, *fields, study)
        if self.do(by, self.deployed.studies, "register", tuple(fields), rule, lambda _: study):
            self.studies.append(study)

    def _of_study(self, name: str, rule: Any, study: bytes, *arguments: Any) -> bool:
        facts = self.state.studies.facts(study)
        by = self.who(facts.custodian, OperatorPermission.STUDIES)
        return self.do(
            by,
            self.deployed.studies,
            name,
            (study, *arguments),
            partial(rule, self.model, by, study, *arguments),
        )

    def rotate(self) -> None:
        study = self.study()
        epoch = self.state.studies.facts(study).epoch + self.slips()
        manifest = self.rng.randbytes(32) if not self.slips() else NO_DIGEST
        self._of_study("rotate", study_rules.rotate, study, epoch, manifest)

    def withdraw(self) -> None:
        self._of_study("withdraw", study_rules.withdraw, self.study())

    def reinstate(self) -> None:
        withdrawn = [
            one for one in self.studies if self.state.studies.facts(one).status == StudyStatus.WITHDRAWN
        ]
        if not withdrawn and not self.slips():
            self.withdraw()
            return
        study = self.rng.choice(withdrawn) if withdrawn and not self.slips() else self.study()
        self._of_study("reinstate", study_rules.reinstate, study)

    def erase(self) -> None:
        certificate = NO_DIGEST if self.slips() else self.rng.randbytes(32)
        self._of_study("erase", study_rules.erase, self.study(), certificate)

    def attest_disposal(self) -> None:
        rotated = [one for one in self.studies[-60:] if self.state.studies.facts(one).epoch > 1]
        if not rotated and not self.slips():
            self.rotate()
            return
        study = self.rng.choice(rotated) if rotated and not self.slips() else self.study()
        present = self.state.studies.facts(study).epoch
        epoch = max(present - 1, 1) if not self.slips() else self.rng.choice((0, present, present + 1))
        blocks, nodes = self.rng.choice((0, 5, 5, 5, 5)), self.rng.choice((0, 2, 2, 2, 2))
        self._of_study("attestDisposal", study_rules.attest_disposal, study, epoch, blocks, nodes, b"\6" * 32)

    def offer_custody(self) -> None:
        study = self.study()
        if (
            self.rng.random() < 0.5
        ):  # one that was handed over before, so that some are as often as they can be
            study = max(self.studies[-25:], default=study, key=self._handovers)
        to = self.custodian() if not self.slips(0.2) else self.rng.choice((self.any_institution(), 0, 99))
        if to == self.state.studies.facts(study).custodian and not self.slips():
            to = self.custodian()
        self._of_study("offerCustody", study_rules.offer_custody, study, to)

    def _handovers(self, study: bytes) -> int:
        facts = self.state.studies.facts(study)
        return len(facts.formers) if facts.status != StudyStatus.ERASED else -1

    def accept_custody(self) -> None:
        offered = [
            one
            for one in self.studies[-60:]
            if (to := self.state.studies.known[one].offered_to)
            and (self.model.has_role(to, Role.CUSTODIAN) or self.slips())
        ]
        if not offered and not self.slips():
            self.offer_custody()
            return
        study = self.rng.choice(offered) if offered and not self.slips() else self.study()
        to = self.state.studies.known[study].offered_to if study in self.state.studies.known else 0
        by = self.who(to or self.custodian(), OperatorPermission.STUDIES)
        rule = partial(study_rules.accept_custody, self.model, by, study)
        self.do(by, self.deployed.studies, "acceptCustody", (study,), rule)
