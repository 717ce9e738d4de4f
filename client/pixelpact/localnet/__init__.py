"""Networks on this computer: a consortium in this process, or one of real nodes that outlive it.

``Sandbox`` ends with the process that made it; ``Localnet`` starts Anvil or Geth, and Kubo, in the
background, as ``pixelpact localnet`` does.
"""

from __future__ import annotations

from pixelpact.localnet.block_files import BlockFiles
from pixelpact.localnet.consortium import Consortium, LocalnetConsortium
from pixelpact.localnet.localnet import Institution, Localnet
from pixelpact.localnet.plan import ENGINES
from pixelpact.localnet.programs import require_programs
from pixelpact.localnet.sandbox import Member, Sandbox
from pixelpact.localnet.status import ChainStatus, InstitutionStatus, KuboStatus, LocalnetStatus

__all__ = [
    "ENGINES",
    "BlockFiles",
    "ChainStatus",
    "Consortium",
    "Institution",
    "InstitutionStatus",
    "KuboStatus",
    "Localnet",
    "LocalnetConsortium",
    "LocalnetStatus",
    "Member",
    "Sandbox",
    "require_programs",
]
