"""What is signed about guardians, lost keys and paper, in plain sentences: read out before it is signed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pixelpact.policy import wording
from pixelpact.policy._generated import GuardianPower

if TYPE_CHECKING:
    from collections.abc import Mapping

_NOBODY: dict[int, str] = {}


def describe_guardian(
    guardian: bytes, powers: int, custodian: int, until: int, names: Mapping[int, str] = _NOBODY
) -> list[str]:
    """What an appointment gives a guardian, a plain sentence each: read out before it is signed.

    Args:
        guardian: the guardian's address, 20 bytes.
        powers: a set of GuardianPower.
        custodian: the hospital that it is limited to; 0: none.
        until: when it ends, in seconds.
        names: the institutions' names by their numbers, as far as they are known.
    """
    who = f"0x{guardian.hex()}"
    sentences = [f"{who} becomes your guardian, until {wording.moment(until)} at the latest."]
    if powers & GuardianPower.GRANT:
        what = "whatever you could allow"
        if custodian:
            what = f"what {wording.institution(custodian, names)} holds"
        sentences.append(f"This guardian may allow in your name: {what}.")
    else:
        sentences.append("This guardian may allow nothing in your name.")
    sentences.append("This guardian may withdraw any consent of yours, and refuse more than you refuse.")
    if powers & GuardianPower.RECOVER:
        sentences.append(
            "Together with a hospital that holds images of you, this guardian may give you a new key; you "
            "can stop that with your present key while it waits."
        )
    sentences.append("You can dismiss this guardian at any time; what the guardian allowed ends then.")
    return sentences


def describe_dismissal(guardian: bytes, number: int) -> list[str]:
    """What dismissing a guardian means, a plain sentence each.

    Args:
        guardian: the guardian's address, 20 bytes.
        number: of the appointment.
    """
    return [
        f"0x{guardian.hex()} is your guardian no more (appointment {number}), for good.",
        "What this guardian allowed in your name ends; what the guardian withdrew or refused stays so.",
    ]


def describe_resignation(subject: bytes, number: int) -> list[str]:
    """What a guardian signs who gives the appointment up, a plain sentence each.

    Args:
        subject: the patient's address, 20 bytes.
        number: of the appointment.
    """
    return [
        f"You are the guardian of the patient 0x{subject.hex()} no more (appointment {number}), for good.",
        "What you allowed in the patient's name ends; what you withdrew or refused stays so.",
    ]


def describe_acting(subject: bytes, number: int) -> str:
    """In whose name a guardian signs what follows.

    Args:
        subject: the patient's address, 20 bytes.
        number: of the guardian's appointment.
    """
    return f"In the name of the patient 0x{subject.hex()}, as the guardian of appointment {number}:"


def describe_recovery(account: bytes) -> list[str]:
    """What naming an account for the recovery of a lost key means, a plain sentence each.

    Args:
        account: its address, 20 bytes; zeros take the name away.
    """
    if not any(account):
        return ["No account may give you a new key any more."]
    return [
        f"0x{account.hex()} may start to give you a new key, if you lose yours.",
        "It takes over only after a delay, in which your present key can stop it.",
        "A new key ends every consent given before.",
    ]


def describe_start(subject: bytes, candidate: bytes, appointment: int = 0) -> list[str]:
    """What beginning a recovery means, a plain sentence each.

    Args:
        subject: the patient's address, 20 bytes.
        candidate: the address of the key that is to take over, 20 bytes.
        appointment: the guardian's who begins it; 0: the account that the patient named.
    """
    sentences = [
        f"The key 0x{candidate.hex()} is to sign for the patient 0x{subject.hex()} from then on.",
        "It takes over only after a delay, in which the patient's present key can stop it.",
        "It ends every consent that was given before.",
    ]
    if appointment:
        sentences.insert(1, "It begins only when a hospital that holds images of the patient agrees.")
    return sentences


def describe_stop(candidate: bytes) -> list[str]:
    """What stopping a recovery means, a plain sentence each.

    Args:
        candidate: the address of the key that was to take over, 20 bytes.
    """
    return [
        f"The key 0x{candidate.hex()} does not take over; yours stays.",
        "Whoever began this can begin it again: dismiss the guardian, or name another account.",
    ]


def describe_end_of_paper() -> list[str]:
    """What ending paper means, a plain sentence each."""
    return [
        "No consent that you gave on paper counts any more, and none can be recorded any more.",
        "No guardian that a hospital attested for you acts any more.",
        "What was refused or withdrawn for you on paper or by phone stays so. This can't be undone.",
    ]
