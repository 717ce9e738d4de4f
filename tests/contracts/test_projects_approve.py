"""What puts a project in force: the signature of an independent ethics board over this body, until a time."""

import pytest
from scenario import (
    ALICE,
    APPROVED,
    BOARD,
    BOARD_E,
    COMPANY_C,
    DAY,
    FIVE_YEARS,
    FRANCES,
    HOSPITAL_B,
    PROJECTS,
    REQUESTER,
    START,
    SUSPENDED,
    TERMS,
    YEAR,
    Domain,
    Patient,
    digest,
    events_of,
    plain,
    project_of,
    reverts,
)

GRACE = Patient("Grace of another board")


@pytest.fixture
def world(project, chain, people):
    """A consortium with three boards, of which one asks too, and hospital B as number 2."""
    rows = [
        (people.board_e, BOARD, b"GB", 0),
        (people.hospital_b, REQUESTER, b"GB", 0),
        (people.company_c, BOARD | REQUESTER, b"GB", 0),
        (people.hospital_d, BOARD, b"GB", 0),
    ]
    institutions = people.relay.deploy(project.InstitutionRegistry, rows, TERMS)
    projects = people.relay.deploy(project.ProjectRegistry, institutions)
    institutions.setOperator(FRANCES.address, PROJECTS, sender=people.board_e)
    institutions.setOperator(GRACE.address, PROJECTS, sender=people.hospital_d)
    institutions.setOperator(ALICE.address, PROJECTS, sender=people.company_c)
    return institutions, projects, Domain(chain.chain_id, projects.address)


def test_reverts_when_it_is_not_registered_with_exactly_this_body(projects, register_project, approve):
    register_project()
    changed = bytes(projects.projectId(project_of(protocol=digest("changed after the approval"))))
    for project in (changed, digest("nothing"), bytes(32)):
        with reverts(projects.ProjectRegistry_Unknown, project=project):
            approve(project)


@pytest.mark.parametrize("was_approved", [False, True])
def test_reverts_when_it_was_withdrawn(projects, people, register_project, approve, was_approved):
    project = register_project()
    if was_approved:
        approve(project)
    projects.withdraw(project, sender=people.hospital_b)
    with reverts(projects.ProjectRegistry_AlreadyWithdrawn, project=project):
        approve(project, START + 2 * YEAR)


def test_reverts_when_the_signer_acts_for_nobody(projects, register_project, approve):
    project = register_project()
    stranger = Patient("a stranger")
    with reverts(
        projects.ProjectRegistry_NotOfBoard,
        board=BOARD_E,
        signer=stranger.address,
        institution=0,
        permissions=0,
    ):
        approve(project, signer=stranger)


def test_reverts_when_the_signer_may_not_handle_projects_any_more(
    projects, institutions, people, register_project, approve
):
    """A signature of before is worth nothing then."""
    project = register_project()
    for permissions in (127 & ~PROJECTS, 0):
        institutions.setOperator(FRANCES.address, permissions, sender=people.board_e)
        with reverts(
            projects.ProjectRegistry_NotOfBoard,
            board=BOARD_E,
            signer=FRANCES.address,
            institution=BOARD_E if permissions else 0,
            permissions=permissions,
        ):
            approve(project)


@pytest.mark.parametrize("board", [0, HOSPITAL_B, 99])
def test_reverts_when_the_signer_is_of_another_institution(projects, register_project, approve, board):
    with reverts(
        projects.ProjectRegistry_NotOfBoard,
        board=board,
        signer=FRANCES.address,
        institution=BOARD_E,
        permissions=PROJECTS,
    ):
        approve(register_project(), board=board)


def test_reverts_when_the_board_is_suspended(projects, institutions, people, register_project, approve):
    project = register_project()
    institutions.suspendSelf(sender=people.board_e)
    with reverts(projects.ProjectRegistry_NotActive, institution=BOARD_E, status=SUSPENDED):
        approve(project)


def test_reverts_when_the_board_is_none(projects, institutions, people, register_project, approve):
    """The custodian of the study is no board by that: it is asked for a study, not for a judgement."""
    project = register_project(partners=[])
    institutions.setOperator(GRACE.address, PROJECTS, sender=people.hospital_d)
    with reverts(projects.ProjectRegistry_LacksRole, institution=4, roles=3):
        approve(project, board=4, signer=GRACE)


def test_reverts_when_the_board_leads_or_takes_part(world, people):
    _, projects, domain = world
    of_lead = project_of(lead=3, partners=[])
    projects.register(of_lead, sender=people.company_c)
    of_partner = project_of(partners=[1, 3])
    projects.register(of_partner, sender=people.hospital_b)
    for body, board, signer in ((of_lead, 3, ALICE), (of_partner, 3, ALICE), (of_partner, 1, FRANCES)):
        project = bytes(projects.projectId(body))
        message = {"project": project, "board": board, "until": START + YEAR}
        signature = signer.sign(domain, "Approval", message)
        with reverts(projects.ProjectRegistry_BoardDependent, project=project, board=board):
            projects.approve(project, board, START + YEAR, signer.address, signature, sender=people.relay)


def test_reverts_when_another_board_approved_it(world, people):
    """Nobody goes from board to board once one has answered."""
    _, projects, domain = world
    projects.register(project_of(), sender=people.hospital_b)
    project = bytes(projects.projectId(project_of()))
    for board, until, signer in ((1, START + YEAR, FRANCES), (4, START + 2 * YEAR, GRACE)):
        message = {"project": project, "board": board, "until": until}
        sent = (project, board, until, signer.address, signer.sign(domain, "Approval", message))
        if board == 1:
            projects.approve(*sent, sender=people.relay)
        else:
            with reverts(projects.ProjectRegistry_BoardDiffers, project=project, board=board, approvedBy=1):
                projects.approve(*sent, sender=people.relay)


@pytest.mark.parametrize("after", [-START, -1, 0, FIVE_YEARS + 1, 2**64 - 1 - START - 2 * DAY])
def test_reverts_when_it_ends_too_early_or_too_late(chain, projects, register_project, approve, after):
    project = register_project()
    now = START + DAY
    chain.pending_timestamp = now
    with reverts(
        projects.ProjectRegistry_UntilOutOfRange, until=now + after, last=now, latest=now + FIVE_YEARS
    ):
        approve(project, now + after)


@pytest.mark.parametrize("sooner", [0, 1, YEAR // 2])
def test_reverts_when_it_ends_no_later_than_the_present_approval(
    chain, projects, register_project, approve, sooner
):
    """The same signature sent twice, or an older one after it."""
    project = register_project()
    approve(project)
    now = START + DAY
    chain.pending_timestamp = now
    with reverts(
        projects.ProjectRegistry_UntilOutOfRange,
        until=START + YEAR - sooner,
        last=START + YEAR,
        latest=now + FIVE_YEARS,
    ):
        approve(project, START + YEAR - sooner)


def test_reverts_when_the_signature_is_not_for_this(chain, project, projects, people, register_project):
    """Replayed from another project, board, time, deployment or chain; another's; cut; another s or v."""
    approved, other = register_project(), register_project(salt=digest("other"))
    message = {"project": approved, "board": BOARD_E, "until": START + YEAR}
    domain = Domain(chain.chain_id, projects.address)
    good = FRANCES.sign(domain, "Approval", message)
    order = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
    high = (order - int.from_bytes(good[32:64], "big")).to_bytes(32, "big")
    forged = [
        FRANCES.sign(domain, "Approval", message | {"project": other}),
        FRANCES.sign(domain, "Approval", message | {"board": HOSPITAL_B}),
        FRANCES.sign(domain, "Approval", message | {"until": START + 2 * YEAR}),
        FRANCES.sign(Domain(chain.chain_id, people.eve.address), "Approval", message),
        FRANCES.sign(Domain(chain.chain_id + 1, projects.address), "Approval", message),
        ALICE.sign(domain, "Approval", message),
        good[:64],
        good + b"\0",
        good[:32] + high + bytes([55 - good[64]]),
        good[:64] + bytes([good[64] - 27]),
        bytes(65),
        b"",
    ]
    for signature in forged:
        with reverts(
            projects.ProjectRegistry_SignatureInvalid,
            signer=FRANCES.address,
            digest=domain.digest("Approval", message),
        ):
            projects.approve(approved, BOARD_E, START + YEAR, FRANCES.address, signature, sender=people.relay)
    assert projects.standing(approved, HOSPITAL_B).until == 0


@pytest.mark.parametrize("lasting", [1, YEAR, FIVE_YEARS])
def test_puts_it_in_force_until_then(chain, projects, register_project, approve, lasting):
    project = register_project()
    until = START + DAY + lasting
    chain.pending_timestamp = START + DAY
    receipt = approve(project, until)
    assert plain(projects.standing(project, COMPANY_C)) == {
        "status": APPROVED,
        "lead": HOSPITAL_B,
        "board": BOARD_E,
        "until": until,
        "traits": 0,
        "country": b"GB",
        "participates": True,
    }
    event = {"project": project, "board": BOARD_E, "until": until, "signer": FRANCES.address}
    assert events_of(receipt) == [("ProjectApproved", event)]


@pytest.mark.parametrize("later", [DAY, 2 * YEAR])
def test_prolongs_it_before_and_after_its_end(chain, projects, register_project, approve, later):
    project = register_project()
    approve(project)
    chain.pending_timestamp = START + later
    approve(project, START + 3 * YEAR)
    assert projects.standing(project, 0).until == START + 3 * YEAR


def test_asks_a_signer_that_is_a_contract(
    chain, projects, institutions, people, register_project, approve, mocks
):
    wallet = people.relay.deploy(mocks.Wallet, 0, FRANCES.address)
    institutions.setOperator(wallet.address, PROJECTS, sender=people.board_e)
    project = register_project()
    message = {"project": project, "board": BOARD_E, "until": START + YEAR}
    signature = FRANCES.sign(Domain(chain.chain_id, projects.address), "Approval", message)
    receipt = projects.approve(project, BOARD_E, START + YEAR, wallet.address, signature, sender=people.relay)
    assert events_of(receipt)[0][1]["signer"] == wallet.address
