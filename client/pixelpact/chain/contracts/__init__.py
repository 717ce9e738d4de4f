"""The contracts' calls, typed (docs/contracts.md).

What reads asks the chain at once, and takes ``at``: a block number, ``"latest"`` or ``"final"``. What writes
returns a ``Call`` for ``Chain.transact`` or ``Chain.prepare``.
"""

from __future__ import annotations

from .consents import ConsentRegistry
from .contract import At
from .institutions import InstitutionRegistry
from .ledger import AccessLedger
from .projects import PolicyEngine, ProjectRegistry
from .studies import StudyRegistry

__all__ = [
    "AccessLedger",
    "At",
    "ConsentRegistry",
    "InstitutionRegistry",
    "PolicyEngine",
    "ProjectRegistry",
    "StudyRegistry",
]
