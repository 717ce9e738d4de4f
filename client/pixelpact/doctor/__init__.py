"""What is missing or wrong on this computer, on a network, at a node or in a profile, and what mends it.

Each part is a generator of findings that never raises what it looks for: a node that is silent is a finding.
"""

from __future__ import annotations

from pixelpact.doctor.computer import examine
from pixelpact.doctor.finding import Finding
from pixelpact.doctor.keys import examine_vault
from pixelpact.doctor.profiles import examine_profile
from pixelpact.doctor.stores import examine_kubo, examine_store

__all__ = ["Finding", "examine", "examine_kubo", "examine_profile", "examine_store", "examine_vault"]
