"""The Consortium's refusals: what the InstitutionRegistry says to proposals and votes."""

from __future__ import annotations

from .sentence import ASK_ADMIN, Sentence

__all__ = ["SENTENCES"]

SENTENCES: dict[str, Sentence] = {
    "Consortium_TermUnusable": Sentence(
        "A consortium can't be founded on a term of {term} seconds",
        "Give each more than none (the delay of paper may be 0) and at most ten years",
    ),
    "Consortium_NotVoter": Sentence(
        "The account {account} may not vote for institution {institution}", ASK_ADMIN
    ),
    "Consortium_LacksRole": Sentence(
        "Institution {institution} has no vote", "Ask the consortium to give it the voter role"
    ),
    "Consortium_VotersExhausted": Sentence(
        "Institution {institution} can't be given a vote: 256 institutions have had one",
        "Propose it without the voter role",
    ),
    "Consortium_MotionMalformed": Sentence(
        "This can't be proposed: the motion has no action, or says something that its action does not need",
        "Propose one thing, with what it needs and nothing else",
    ),
    "Consortium_CodeDiffers": Sentence(
        "The code at {engine} is not that of the engine voted on (its hash is {found}, not {expected})",
        "Give the address where the engine was deployed, and the hash of its code",
    ),
    "Consortium_EngineNotNewer": Sentence(
        "The engine at {engine} has version {version}, and the last one had {last}",
        "Propose an engine with a higher version",
    ),
    "Consortium_StopTooLong": Sentence(
        "Sharing can't be stopped for {duration} seconds: the longest stop is {longest}",
        "Propose a shorter one; it can be prolonged by another vote",
    ),
    "Consortium_NotOpen": Sentence(
        "There is no open proposal {proposal}", "Look at the proposals; this one may be carried out or vetoed"
    ),
    "Consortium_OwnMatter": Sentence(
        "Institution {institution} can't vote on proposal {proposal}: it is about itself",
        "Leave it to the others",
    ),
    "Consortium_AlreadyVoted": Sentence(
        "Institution {institution} voted for proposal {proposal} before", "Nothing is to be done"
    ),
    "Consortium_Lapsed": Sentence(
        "The time of proposal {proposal} was over at {since} (seconds since 1970)", "Propose it anew"
    ),
    "Consortium_MotionDiffers": Sentence(
        "This is not what was voted on in proposal {proposal}", "Give the motion as it was proposed"
    ),
    "Consortium_NotPassed": Sentence(
        "Fewer than two thirds of those who vote are for proposal {proposal}", "Wait for more votes"
    ),
    "Consortium_TooEarly": Sentence(
        "Proposal {proposal} can't be carried out before {earliest} (seconds since 1970)",
        "Wait until then: who it concerns is to have that time",
    ),
    "Consortium_Overtaken": Sentence(
        "Proposal {proposal} was overtaken by proposal {younger} on the same matter", "Propose it anew"
    ),
    "Consortium_NotVetoable": Sentence(
        "Proposal {proposal} can't be vetoed", "Only a vote for another admin can be, by the present one"
    ),
    "Consortium_NotItsAdmin": Sentence(
        "The account {account} is not the administrator of institution {institution}",
        "Use the present administrator's account",
    ),
}
