from scenario import BOARD, TERMS, VOTER, ZERO_ADDRESS, plain
from votes import NO_PROPOSAL, STOP, A, B, C, D, E, motion


def test_proposal_is_zeros_when_unknown(council):
    council.propose(motion(STOP))
    for unknown in (0, 2, 2**32 - 1):
        assert council.proposal(unknown) == NO_PROPOSAL


def test_proposal_count_counts_them(council):
    assert council.registry.proposalCount() == 0
    council.propose(motion(STOP))
    council.propose(motion(STOP))
    assert council.registry.proposalCount() == 2


def test_voter_index_counts_those_that_vote(found_council):
    council = found_council(BOARD, VOTER, BOARD, VOTER)
    assert [council.registry.voterIndex(number) for number in range(6)] == [0, 0, 1, 0, 2, 0]


def test_electorate_has_the_active_ones_but_the_one_named(council, people):
    electorate = council.registry.electorate
    assert [electorate(of) for of in (0, A, B, C, D, E, 99)] == [15, 14, 13, 11, 7, 15, 15]
    council.registry.suspendSelf(sender=people.hospital_b)
    assert [electorate(of) for of in (0, A, B)] == [13, 12, 13]


def test_rule_is_zeros_when_nothing_was_decided(institutions):
    assert list(plain(institutions.rule()).values()) == [ZERO_ADDRESS, 0, 0]


def test_terms_are_what_it_was_founded_on(institutions):
    assert plain(institutions.terms()) == TERMS
