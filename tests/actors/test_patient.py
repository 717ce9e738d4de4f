from __future__ import annotations

from datetime import timedelta

import pytest
from actors_town import Town
from eth_account import Account as EthAccount

from pixelpact.chain import eip712
from pixelpact.errors import ContractError, InputError
from pixelpact.localnet import Sandbox
from pixelpact.models import Modifier
from pixelpact.patient import Patient
from pixelpact.policy import Purpose, Reason, covers

# The BIP-39 reference words, and the address that every Ethereum wallet derives from them.
_WORDS = " ".join(["abandon"] * 11 + ["about"])
_FIRST_ADDRESS = "0x9858EfFD232B4033E47d90003D41EC34EcaEda94"


def test_words_derive_as_in_every_other_wallet() -> None:
    EthAccount.enable_unaudited_hdwallet_features()
    assert EthAccount.from_mnemonic(_WORDS).address == _FIRST_ADDRESS


def test_the_words_alone_bring_the_addresses_back(town: Town) -> None:
    again = Patient(town.net.chain(), town.patient.reveal_words())
    assert again.address(custodian=1) == town.patient.address(custodian=1)


def test_addresses_at_two_custodians_and_of_two_patients_differ(town: Town) -> None:
    stranger = Patient.create(town.net.chain())
    addresses = {each.address(custodian=number) for each in (town.patient, stranger) for number in (1, 2)}
    assert len(addresses) == 4


def test_an_address_belongs_to_one_network(town: Town) -> None:
    with Sandbox(members=1) as elsewhere:
        there = Patient(elsewhere.chain(), town.patient.reveal_words())
        assert there.address(custodian=1) != town.patient.address(custodian=1)


@pytest.mark.parametrize("words", ["", "abandon " * 12, _WORDS.replace("about", "zoo"), _WORDS[:-6]])
def test_words_that_are_no_wallet_are_refused(town: Town, words: str) -> None:
    with pytest.raises(InputError, match="not a wallet"):
        Patient(town.net.chain(), words)


def test_nothing_of_the_wallet_shows(town: Town) -> None:
    words = town.patient.reveal_words()
    assert not any(word in repr(town.patient) for word in words.split())


def test_what_is_signed_is_the_patients_for_this_network(town: Town) -> None:
    signed = town.consent()
    assert signed.signer == signed.directive.subject
    eip712.verify(town.net.network, signed.directive, signed.signature, signed.signer)
    assert signed.directive.subject == town.patient.address(custodian=1)
    assert signed.number == eip712.struct_hash(signed.directive)


def test_a_directive_that_could_never_count_is_not_signed(town: Town) -> None:
    def allow(**changes: object) -> object:
        return town.patient.allow(
            **{
                "custodian": 1,
                "grantee": 2,
                "purposes": [Purpose.TREAT],
                "categories": town.study.categories,
                **changes,
            }
        )

    for changes in (
        {"term": timedelta(0)},
        {"term": timedelta(days=4000)},
        {"purposes": []},
        {"categories": 0},
        {"custodian": 0},
        {"modifiers": [Modifier(28), Modifier(22)]},
        {"modifiers": [Modifier(code) for code in range(9)]},
    ):
        with pytest.raises(InputError):
            allow(**changes)


def test_a_consent_that_was_withdrawn_before_it_was_recorded_never_counts(town: Town) -> None:
    signed = town.patient.allow(
        custodian=1, grantee=2, purposes=[Purpose.TREAT], categories=town.study.categories
    )
    town.hospital.relay(town.patient.withdraw(signed))
    with pytest.raises(ContractError, match=r".") as refused:
        town.hospital.relay(signed)
    assert refused.value.name == "ConsentRegistry_AlreadyRevoked"
    assert town.ask(signed).decision.reason is Reason.DIRECTIVE_REVOKED


def test_withdrawing_all_ends_also_what_was_signed_and_not_recorded(town: Town) -> None:
    recorded = town.consent()
    held_back = town.patient.allow(
        custodian=1, grantee=2, purposes=[Purpose.TREAT], categories=town.study.categories
    )
    town.hospital.relay(town.patient.withdraw_all(custodian=1))
    town.hospital.relay(held_back)
    assert town.ask(recorded).decision.reason is Reason.GENERATION_PAST
    assert town.ask(held_back).decision.reason is Reason.GENERATION_PAST
    assert town.ask(town.consent()).decision.permitted


@pytest.mark.parametrize("scope", [{}, {"study": True}, {"grantee": 2}])
def test_a_refusal_overrides_a_consent_until_it_is_lifted(town: Town, scope: dict[str, object]) -> None:
    consent = town.consent()
    narrowed = {name: town.study.number if name == "study" else value for name, value in scope.items()}
    town.hospital.relay(town.patient.refuse(custodian=1, purposes=[Purpose.TREAT], **narrowed))
    assert town.ask(consent).decision.reason is Reason.REFUSED_BY_PATIENT
    town.hospital.relay(town.patient.lift_refusal(custodian=1, **narrowed))
    assert town.ask(consent).decision.permitted


def test_a_refusal_for_one_institution_leaves_the_others(town: Town) -> None:
    town.hospital.relay(town.patient.refuse(custodian=1, purposes=[Purpose.TREAT], grantee=2))
    assert town.ask(town.consent(3), town.other).decision.permitted


def test_a_refusal_withheld_by_a_relay_does_not_undo_a_later_one(town: Town) -> None:
    withheld = town.patient.lift_refusal(custodian=1)
    town.hospital.relay(town.patient.refuse(custodian=1, purposes=[Purpose.TREAT]))
    with pytest.raises(ContractError) as refused:
        town.hospital.relay(withheld)
    assert refused.value.name == "ConsentRegistry_SequencePast"
    assert town.ask(town.consent()).decision.reason is Reason.REFUSED_BY_PATIENT


def test_a_refusal_has_one_scope(town: Town) -> None:
    with pytest.raises(InputError, match="not both"):
        town.patient.refuse(custodian=1, purposes=[Purpose.TREAT], study=town.study.number, grantee=2)


def test_an_empty_choice_refuses_nothing_and_lifts_nothing(town: Town) -> None:
    with pytest.raises(InputError, match="refuses nothing"):
        town.patient.refuse(custodian=1, purposes=[])
    everything = town.patient.refuse(custodian=1).refusal
    assert all(covers(everything.purposes, purpose) for purpose in Purpose)


def test_what_is_another_patients_is_neither_withdrawn_nor_invited_to(town: Town) -> None:
    stranger = Patient.create(town.net.chain())
    consent = town.consent()
    with pytest.raises(InputError, match="not this patient's"):
        stranger.withdraw(consent)
    with pytest.raises(InputError, match="not one of this patient's"):
        stranger.invite(town.study.number)
    theirs = stranger.allow(
        custodian=1, grantee=2, purposes=[Purpose.TREAT], categories=town.study.categories
    )
    for invite in (town.hospital.invite, town.patient.invite):
        with pytest.raises(InputError, match="another patient's"):
            invite(town.study.number, theirs)
        with pytest.raises(InputError, match="expired before"):
            invite(town.study.number, consent, term=timedelta(0))
        with pytest.raises(InputError, match="not a study's number"):
            invite(b"short")
