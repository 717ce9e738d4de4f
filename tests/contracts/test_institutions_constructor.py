from typing import Any

import pytest
from scenario import (
    ACTIVE,
    ALL,
    BOARD,
    BOARD_E,
    FOUNDED,
    HOSPITAL_A,
    MAX_TERM,
    TERMS,
    VOTER,
    ZERO_ADDRESS,
    assert_not_deployable,
    events_of,
    plain,
)


def found(project, people, founders):
    return people.relay.deploy(project.InstitutionRegistry, founders, TERMS)


def refused(project, people, founders, **error: Any):
    assert_not_deployable(people.relay, project.InstitutionRegistry, founders, TERMS, **error)


def test_founds_nothing_without_founders(project, people, institutions):
    refused(project, people, [], error=institutions.InstitutionRegistry_FounderCount, count=0)


def test_founds_nothing_with_more_than_256_founders(project, people, institutions):
    founders = [(f"0x{i:040x}", 1, b"GB", 0) for i in range(1, 258)]
    refused(project, people, founders, error=institutions.InstitutionRegistry_FounderCount, count=257)


def test_founds_with_256_founders(project, people):
    founders = [(f"0x{i:040x}", 1, b"GB", 0) for i in range(1, 257)]
    assert found(project, people, founders).institutionCount() == 256


def test_founds_nothing_when_an_admin_is_the_zero_address(project, people, institutions):
    refused(
        project, people, [(ZERO_ADDRESS, 1, b"GB", 0)], error=institutions.InstitutionRegistry_AccountMissing
    )


@pytest.mark.parametrize("roles", [16, 17, 2**15])
def test_founds_nothing_when_a_role_is_unknown(project, people, institutions, roles):
    refused(
        project,
        people,
        [(people.eve, roles, b"GB", 0)],
        error=institutions.InstitutionRegistry_RolesUnknown,
        roles=roles,
    )


@pytest.mark.parametrize("attributes", [2, 3, 128])
def test_founds_nothing_when_an_attribute_is_unknown(project, people, institutions, attributes):
    refused(
        project,
        people,
        [(people.eve, 1, b"GB", attributes)],
        error=institutions.InstitutionRegistry_AttributesUnknown,
        attributes=attributes,
    )


@pytest.mark.parametrize("country", [b"\0\0", b"gb", b"G\0", b"\0B", b"@A", b"A@", b"[A", b"A["])
def test_founds_nothing_when_a_country_is_not_two_capital_letters(project, people, institutions, country):
    refused(
        project,
        people,
        [(people.eve, 1, country, 0)],
        error=institutions.InstitutionRegistry_CountryMalformed,
        country=country,
    )


def test_founds_nothing_when_one_account_is_the_admin_of_two(project, people, institutions):
    founders = [(people.eve, 1, b"GB", 0), (people.relay, 1, b"GB", 0), (people.eve, 1, b"GB", 0)]
    refused(
        project,
        people,
        founders,
        error=institutions.InstitutionRegistry_AccountTaken,
        account=people.eve.address,
        institution=1,
    )


def test_numbers_the_founders_from_1(institutions, people):
    assert institutions.institutionCount() == 5
    assert [institutions.institution(number).admin for number in range(7)] == [
        ZERO_ADDRESS,
        people.hospital_a,
        people.hospital_b,
        people.company_c,
        people.hospital_d,
        people.board_e,
        ZERO_ADDRESS,
    ]


def test_makes_each_founder_active_with_what_was_said_of_it(institutions, people):
    assert plain(institutions.institution(BOARD_E)) == {
        "admin": people.board_e.address,
        "status": ACTIVE,
        "roles": BOARD,
        "country": b"GB",
        "attributes": 1,
        "keyVersion": 0,
        "requesterSince": 0,
        "statusSince": FOUNDED,
        "operatorEpoch": 0,
    }


def test_counts_the_time_as_requester_with_the_role(institutions):
    assert institutions.institution(HOSPITAL_A).requesterSince == FOUNDED


def test_gives_each_admin_all_permissions(institutions, people):
    assert list(institutions.operator(people.hospital_b)) == [2, ALL]


def test_takes_the_smallest_and_the_greatest_letters(project, people):
    founders = [(people.eve, 1, b"AZ", 0), (people.relay, 1, b"ZA", 0)]
    assert found(project, people, founders).institutionCount() == 2


def test_emits_the_founding_with_its_terms_and_an_admission_for_each(institutions, founders):
    founding, *admissions = events_of(institutions.creation_metadata.receipt)
    assert founding == ("ConsortiumFounded", {"terms": list(TERMS.values())})
    assert admissions == [
        (
            "InstitutionAdmitted",
            {
                "institution": number,
                "admin": admin.address,
                "roles": roles,
                "country": country,
                "attributes": attributes,
            },
        )
        for number, (admin, roles, country, attributes) in enumerate(founders, 1)
    ]


def test_founds_nothing_on_a_term_of_zero_or_over_ten_years(project, people, institutions, founders):
    error = institutions.Consortium_TermUnusable
    for name in TERMS:
        for term in (0, MAX_TERM + 1, 2**64 - 1):
            if (name, term) != ("paperDelay", 0):
                arguments = (founders, TERMS | {name: term})
                assert_not_deployable(
                    people.relay, project.InstitutionRegistry, *arguments, error=error, term=term
                )


def test_founds_on_the_shortest_and_the_longest_terms(project, people, founders):
    for terms in (dict.fromkeys(TERMS, 1) | {"paperDelay": 0}, dict.fromkeys(TERMS, MAX_TERM)):
        registry = people.relay.deploy(project.InstitutionRegistry, founders, terms)
        assert plain(registry.terms()) == terms


def test_gives_a_bit_to_each_that_votes(institutions):
    assert [institutions.voterIndex(number) for number in range(7)] == [0, 1, 2, 0, 0, 0, 0]
    assert institutions.electorate(0) == 0b11


def test_lets_256_founders_vote(project, people):
    founders = [(f"0x{i:040x}", VOTER, b"GB", 0) for i in range(1, 257)]
    registry = found(project, people, founders)
    assert registry.voterIndex(256) == 256
    assert registry.electorate(0) == 2**256 - 1
