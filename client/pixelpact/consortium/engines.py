"""Deploying another version of the policy engine, before it is voted for."""

from __future__ import annotations

from pixelpact.chain import EngineCode, inspect_engine, make_engine
from pixelpact.errors import ChainError, InputError
from pixelpact.profile import Profile

__all__ = ["deploy_engine"]

_FIRST, _LAST = 1, 65_535


def deploy_engine(profile: Profile, version: int) -> EngineCode:
    """See ``Delegate.deploy_engine``."""
    chain = profile.chain
    present = chain.institutions.rule().engine_version or _FIRST
    if not present < version <= _LAST:
        raise InputError(
            f"The policy engine can't have version {version}",
            why=f"the present one has version {present}, and the last there can be is {_LAST}",
            remedy=f"Give a greater one, such as {present + 1}",
        )
    with profile.vault.journal("deploy-engine", str(version)) as entry:
        receipt = profile.carry_out(entry, "deployed", lambda: make_engine(chain.network, version))
        if receipt.created is None:
            raise ChainError(
                "The node does not say where the policy engine was deployed", remedy="Ask another node"
            )
        engine = inspect_engine(chain, receipt.created)
        if not (engine.is_shipped and engine.fits and engine.version == version):
            raise ChainError(
                f"The code at 0x{receipt.created.hex()} is not the engine that was deployed",
                why="it was compared byte for byte with the one that is shipped",
                remedy="Ask another node: this one answers wrongly",
            )
    return engine
