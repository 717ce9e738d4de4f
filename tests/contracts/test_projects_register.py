import pytest
from scenario import (
    ACTIVE,
    BOARD_E,
    COMPANY_C,
    HOSPITAL_A,
    HOSPITAL_B,
    PROJECTS,
    REGISTERED,
    SUSPENDED,
    ZERO32,
    code_of,
    digest,
    events_of,
    number,
    plain,
    project_id,
    project_of,
    reverts,
)


@pytest.mark.parametrize("permissions", [0, 127 & ~PROJECTS])
def test_reverts_when_the_caller_is_no_operator_for_projects(projects, institutions, people, permissions):
    if permissions:
        institutions.setOperator(people.operator, permissions, sender=people.hospital_b)
    with reverts(
        projects.ProjectRegistry_NotOperator,
        account=people.operator.address,
        institution=HOSPITAL_B if permissions else 0,
        permissions=permissions,
    ):
        projects.register(project_of(), sender=people.operator)


def test_reverts_when_the_institution_is_suspended(projects, institutions, people):
    institutions.suspendSelf(sender=people.hospital_b)
    with reverts(projects.ProjectRegistry_NotActive, institution=HOSPITAL_B, status=SUSPENDED):
        projects.register(project_of(), sender=people.hospital_b)


@pytest.mark.parametrize("lead", [0, HOSPITAL_A, BOARD_E, 99])
def test_reverts_when_the_institution_is_not_the_lead(projects, people, lead):
    """Not a partner either: nobody registers in another's name."""
    with reverts(projects.ProjectRegistry_NotLead, lead=lead, institution=HOSPITAL_B):
        projects.register(project_of(lead=lead), sender=people.hospital_b)
    with reverts(projects.ProjectRegistry_NotLead, lead=HOSPITAL_B, institution=COMPANY_C):
        projects.register(project_of(), sender=people.company_c)


def test_reverts_when_the_lead_is_no_requester(projects, people, institutions):
    assert institutions.standing(BOARD_E).status == ACTIVE
    with reverts(projects.ProjectRegistry_LacksRole, institution=BOARD_E, roles=4):
        projects.register(project_of(lead=BOARD_E), sender=people.board_e)


@pytest.mark.parametrize(
    ("partners", "place"),
    [
        ([0], 0),
        ([HOSPITAL_B], 0),
        ([1, HOSPITAL_B], 1),
        ([3, 3], 1),
        ([4, 3], 1),
        ([3, 4, 5, 4], 3),
        (list(range(10, 27)), 16),
        (list(range(10, 110)), 16),
    ],
)
def test_reverts_when_the_partners_are_malformed(projects, people, partners, place):
    with reverts(projects.ProjectRegistry_PartnersMalformed, place=place, count=len(partners)):
        projects.register(project_of(partners=partners), sender=people.hospital_b)


@pytest.mark.parametrize("traits", [16, 17, 2**15, 2**16 - 1])
def test_reverts_when_a_trait_is_unknown(projects, people, traits):
    with reverts(projects.ProjectRegistry_TraitsUnknown, traits=traits):
        projects.register(project_of(traits=traits), sender=people.hospital_b)


@pytest.mark.parametrize("country", [b"gb", b"G\0", b"\0B", b"G1", b"@B", b"G[", b"A ", b"\xff\xff"])
def test_reverts_when_the_country_is_malformed(projects, people, country):
    with reverts(projects.ProjectRegistry_CountryMalformed, country=country):
        projects.register(project_of(country=country), sender=people.hospital_b)


def test_reverts_when_the_protocol_is_missing(projects, people):
    with reverts(projects.ProjectRegistry_ProtocolMissing):
        projects.register(project_of(protocol=ZERO32), sender=people.hospital_b)


@pytest.mark.parametrize(
    ("codes", "place"),
    [
        ([ZERO32], 0),
        ([code_of("A"), code_of("A")], 1),
        ([code_of("B"), code_of("A")], 1),
        ([number(each) for each in (1, 2, 3, 2)], 3),
        ([number(each) for each in range(1, 10)], 8),
        ([number(each) for each in range(1, 100)], 8),
    ],
)
def test_reverts_when_the_codes_are_malformed(projects, people, codes, place):
    with reverts(projects.ProjectRegistry_CodesMalformed, place=place, count=len(codes)):
        projects.register(project_of(codes=codes), sender=people.hospital_b)


def test_reverts_when_it_is_registered(projects, people, register_project, approve):
    project = register_project()
    for step in (lambda: approve(project), lambda: projects.withdraw(project, sender=people.hospital_b)):
        with reverts(projects.ProjectRegistry_AlreadyRegistered, project=project):
            projects.register(project_of(), sender=people.hospital_b)
        step()
    with reverts(projects.ProjectRegistry_AlreadyRegistered, project=project):
        projects.register(project_of(), sender=people.hospital_b)


@pytest.mark.parametrize(
    "body",
    [
        project_of(),
        project_of(partners=[], codes=[], country=b"\0\0", traits=15),
        project_of(partners=[1, *range(3, 17), 2**32 - 1], codes=[number(each) for each in range(1, 9)]),
        project_of(country=b"AZ", traits=5, salt=ZERO32),
    ],
)
def test_registers_it_under_the_hash_of_its_body(projects, people, body):
    project = project_id(body)
    assert set(plain(projects.standing(project, HOSPITAL_B)).values()) == {0, b"\0\0"}
    receipt = projects.register(body, sender=people.hospital_b)
    assert bytes(projects.projectId(body)) == project == bytes(receipt.return_value)
    assert plain(projects.standing(project, HOSPITAL_B)) == {
        "status": REGISTERED,
        "lead": HOSPITAL_B,
        "board": 0,
        "until": 0,
        "traits": body["traits"],
        "country": body["country"],
        "participates": True,
    }
    assert events_of(receipt) == [
        ("ProjectRegistered", {"project": project, "lead": HOSPITAL_B, "body": list(body.values())})
    ]


@pytest.mark.parametrize("count", [0, 1, 7, 8, 9, 15, 16])
def test_knows_every_partner_and_nobody_else(projects, register_project, count):
    partners = [2**32 - 40 + 2 * place for place in range(count)]
    project = register_project(partners=partners)
    for institution in (*partners, HOSPITAL_B):
        assert projects.standing(project, institution).participates
    for stranger in (0, 1, COMPANY_C, 2**32 - 41, 2**32 - 39, 2**32 - 1):
        assert not projects.standing(project, stranger).participates


@pytest.mark.parametrize("count", [0, 1, 8])
def test_knows_every_code_and_no_other(projects, register_project, count):
    project = register_project(codes=[number(2 * place + 2) for place in range(count)])
    found = [projects.concerns(project, number(value)) for value in range(20)]
    assert [value for value, concerned in enumerate(found) if concerned] == list(range(2, 2 * count + 2, 2))
    assert not projects.concerns(digest("no project"), number(2))


def test_keeps_apart_what_differs_in_anything(projects, register_project):
    made = {
        register_project(**changes)
        for changes in (
            {},
            {"partners": []},
            {"traits": 1},
            {"country": b"FR"},
            {"protocol": digest("another")},
            {"codes": []},
            {"salt": ZERO32},
        )
    }
    assert len(made) == 7
