"""The vocabularies against what HL7, GA4GH and DICOM publish, as far as it can be had."""

from __future__ import annotations

import csv
import subprocess
import sys
from importlib import resources
from types import ModuleType

import pytest
from pydicom.sr.codedict import codes

from pixelpact import policy
from pixelpact.errors import InputError
from pixelpact.policy import (
    MODALITIES,
    OBLIGATION_OF,
    Category,
    ModifierCode,
    ModifierHandling,
    Permission,
    Purpose,
    Reason,
    RefusalReason,
    ancestors,
    categories_of,
    covers,
    descendants,
    purpose_set,
    sentence_of,
)


def test_the_tree_of_purposes() -> None:
    assert len(Purpose) == 59
    roots = [one for one in Purpose if one.parent is None]
    assert [one.name for one in roots] == [
        "TREAT",
        "HRESCH",
        "HOPERAT",
        "HPAYMT",
        "PATRQT",
        "PUBHLTH",
        "HMARKT",
    ]
    assert ancestors(Purpose.BTG) == (Purpose.BTG, Purpose.ETREAT, Purpose.TREAT)
    assert max(len(ancestors(one)) for one in Purpose) == 3
    assert sum(len(descendants(root)) for root in roots) == 59
    assert all(one.parent is None or one.parent < one for one in Purpose)


@pytest.mark.parametrize("one", Purpose)
def test_covering_is_the_walk_to_the_root(one: Purpose) -> None:
    covering = {other for other in Purpose if covers(purpose_set(other), one)}
    assert covering == set(ancestors(one))


def test_a_number_without_a_purpose_has_its_own_bit_and_no_ancestors() -> None:
    assert covers(1 << 59, 59)
    assert not covers((1 << 59) - 1, 59)
    assert not covers(2**64 - 1, 64)
    assert not covers(2**64 - 1, 255)


def test_permissions_and_modifiers_are_terms_of_duo() -> None:
    source = resources.files("pixelpact.policy").joinpath("data/duo.csv").read_text("utf-8")
    terms = {
        int(row["id"].removeprefix("DUO:")): row["shorthand"] for row in csv.DictReader(source.splitlines())
    }
    for code in (*Permission, *ModifierCode):
        assert terms[code] == code.name
    groups = {1, 17}  # the two terms that only hold others together
    assert {*Permission, *ModifierCode} == set(terms) - groups


def test_every_obligation_belongs_to_a_modifier_that_carries_one() -> None:
    carrying = {code for code in ModifierCode if code.handling == ModifierHandling.OBLIGATION}
    # Two are decided beside it.
    assert set(OBLIGATION_OF) == carrying | {ModifierCode.NPUNCU, ModifierCode.NCU}


def test_every_modality_of_an_image_or_signal_has_a_category() -> None:
    acquired = {getattr(codes.cid29, name).value for name in codes.cid29.dir()}
    assert len(acquired) > 40
    assert acquired <= set(MODALITIES)


def test_categories_of_a_study() -> None:
    assert categories_of(["CT", "CT", "SR"]) == Category.CT | Category.REPORT
    assert categories_of(["MR "]) == Category.MR
    assert categories_of(["NOT-A-MODALITY"]) == Category.OTHER
    assert categories_of([""]) == Category.OTHER
    with pytest.raises(InputError, match="no instance"):
        categories_of([])


def test_sentences_are_sentences() -> None:
    assert len({reason.sentence for reason in Reason}) == len(Reason)
    for reason in Reason:
        assert reason.sentence[0].isupper()
        assert reason.sentence.endswith(".")
    assert all(one.label for one in Purpose)
    assert all(one.label for one in ModifierCode)


def test_any_number_on_the_chain_has_a_sentence() -> None:
    assert sentence_of(42) == Reason.SUBJECT_DIFFERS.sentence
    assert sentence_of(401) == RefusalReason.LEGAL_HOLD.sentence
    assert sentence_of(250) == "Reason 250, which this version of PixelPact does not know."


def test_the_public_names_are_held() -> None:
    made_here = {
        name
        for name, value in vars(policy).items()
        if not name.startswith("_") and not isinstance(value, ModuleType)
    }
    assert made_here == set(policy.__all__)
    assert len(policy.__all__) == len(set(policy.__all__))


def test_the_room_is_light() -> None:
    heavy = "('web3', 'pydicom', 'eth_abi', 'eth_hash', 'rich')"
    probe = f"import sys, pixelpact.policy; print([name for name in {heavy} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
