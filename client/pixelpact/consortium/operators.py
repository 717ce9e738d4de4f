"""Who acts for an institution: its operators, what each may do, and how one ends."""

from __future__ import annotations

from dataclasses import dataclass

from pixelpact.chain import (
    Call,
    InstitutionStatus,
    InstitutionSuspended,
    OperatorSet,
    Receipt,
)
from pixelpact.consortium.once import once
from pixelpact.errors import InputError
from pixelpact.policy import OperatorPermission
from pixelpact.profile import Profile, require_bytes

__all__ = ["OperatorStanding", "give_ether", "operators", "resign", "set_operator", "suspend_self"]

_WEI = 10**18


@dataclass(frozen=True, slots=True)
class OperatorStanding:
    """Who acts for the institution now.

    Attributes:
        account: its address, 20 bytes.
        permissions: what it may do.
        is_admin: whether it speaks for the institution, with all permissions.
    """

    account: bytes
    permissions: OperatorPermission
    is_admin: bool


def operators(profile: Profile) -> list[OperatorStanding]:
    """See ``Delegate.operators``."""
    chain, registry, institution = profile.chain, profile.chain.institutions, profile.institution
    admin = registry.institution(institution).admin
    events = chain.find(OperatorSet, last=chain.head().number, institution=institution)
    accounts = dict.fromkeys([admin, *(each.account for each in events)])
    found = [(each, registry.operator(each)) for each in accounts]
    return [
        OperatorStanding(account, OperatorPermission(kept.permissions), account == admin)
        for account, kept in found
        if kept.institution == institution and kept.permissions
    ]


def set_operator(profile: Profile, account: bytes, permissions: OperatorPermission) -> None:
    """See ``Delegate.set_operator``."""
    require_bytes(account, 20, "an account's address")
    if not 0 <= int(permissions) <= sum(OperatorPermission):
        raise InputError(
            "An operator can't be given these permissions",
            why=f"{int(permissions)} holds one that there is not",
            remedy="Give those of docs/policy.md, Permissions of an operator",
        )
    chain, institution, wanted = profile.chain, profile.institution, int(permissions)

    def found() -> OperatorSet | None:
        kept = chain.institutions.operator(account)
        if (kept.institution, kept.permissions) != ((institution, wanted) if wanted else (0, 0)):
            return None
        return _last_set(profile, account, wanted)

    work = ("set-operator", f"{account.hex()}/{wanted}")
    once(profile, work, lambda: chain.institutions.set_operator(account, wanted), OperatorSet, found)


def resign(profile: Profile) -> None:
    """See ``Delegate.resign``."""
    chain, account = profile.chain, _own_account(profile)

    def found() -> OperatorSet | None:
        if chain.institutions.operator(account).institution:
            return None
        return _last_set(profile, account, 0)

    once(profile, ("resign", account.hex()), chain.institutions.resign, OperatorSet, found)


def suspend_self(profile: Profile) -> None:
    """See ``Delegate.suspend_self``."""
    chain, institution = profile.chain, profile.institution

    def found() -> InstitutionSuspended | None:
        if chain.institutions.institution(institution).status is not InstitutionStatus.SUSPENDED:
            return None
        events = chain.find(InstitutionSuspended, last=chain.head().number, institution=institution)
        return max(events, key=lambda each: (each.block, each.index), default=None)

    work = ("suspend-self", str(institution))
    once(profile, work, chain.institutions.suspend_self, InstitutionSuspended, found)


def give_ether(profile: Profile, account: bytes, ether: int) -> Receipt:
    """See ``Delegate.give_ether``."""
    require_bytes(account, 20, "an account's address")
    own = profile.chain.balance(_own_account(profile))
    if not 0 < ether * _WEI < own:
        raise InputError(
            f"{ether} ether can't be given",
            why=f"this account has {own / _WEI:.3f}, and keeps some for its own transactions",
            remedy="Give less, or ask whoever set the chain up",
        )
    with profile.vault.journal("give-ether", f"{account.hex()}/{ether}") as entry:
        return profile.carry_out(entry, "sent", lambda: Call("other", "transfer", account, b"", ether * _WEI))


def _last_set(profile: Profile, account: bytes, permissions: int) -> OperatorSet | None:
    chain = profile.chain
    events = chain.find(
        OperatorSet, last=chain.head().number, institution=profile.institution, account=account
    )
    last = max(events, key=lambda each: (each.block, each.index), default=None)
    return last if last is not None and last.permissions == permissions else None


def _own_account(profile: Profile) -> bytes:
    if profile.chain.account is None:
        raise InputError(
            "Nothing can be sent here",
            why="the chain was connected without an account",
            remedy="Connect with the account of an operator",
        )
    return profile.chain.account.address
