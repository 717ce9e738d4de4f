"""Networks on this computer: a consortium in this process, or one of real nodes that outlive it.

``Sandbox`` ends with the process that made it; ``Localnet`` starts Anvil or Geth, and Kubo, in the
background, as ``pixelpact localnet`` does.
"""

from __future__ import annotations

from pixelpact.localnet.localnet import Institution, Localnet
from pixelpact.localnet.plan import ENGINES
from pixelpact.localnet.sandbox import Member, Sandbox
from pixelpact.localnet.status import ChainStatus, InstitutionStatus, KuboStatus, LocalnetStatus

__all__ = [
    "ENGINES",
    "ChainStatus",
    "Institution",
    "InstitutionStatus",
    "KuboStatus",
    "Localnet",
    "LocalnetStatus",
    "Member",
    "Sandbox",
]
