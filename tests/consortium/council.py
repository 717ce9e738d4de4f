"""Four hospitals that vote on one chain in this process."""

from __future__ import annotations

from dataclasses import dataclass, replace

from pixelpact.chain import RECOMMENDED_TERMS, Chain, EmbeddedChain
from pixelpact.chain.embedded import living_chain
from pixelpact.consortium import Delegate, Stage
from pixelpact.localnet import Sandbox
from pixelpact.models import Motion

NOTICE = 600
TERMS = replace(RECOMMENDED_TERMS, engine_notice=NOTICE, recovery_notice=NOTICE)


@dataclass
class Council:
    """The sandbox, and a delegate for each institution, by its number from 1."""

    net: Sandbox

    def __getitem__(self, institution: int) -> Delegate:
        return Delegate(self.net[institution])

    @property
    def chain(self) -> Chain:
        return self.net[1].chain

    @property
    def embedded(self) -> EmbeddedChain:
        return living_chain(self.net.network.genesis)

    def stage(self, number: int) -> Stage:
        return self[1].proposal(number).stage

    def pass_(self, motion: Motion, *, by: tuple[int, ...] = (1, 2, 3)) -> int:
        """Have it proposed by the first of these and voted for by all."""
        number = self[by[0]].propose(motion)
        for each in by[1:]:
            self[each].vote(number)
        return number

    def decide(self, motion: Motion, *, by: tuple[int, ...] = (1, 2, 3)) -> int:
        """The same, and carried out after its notice."""
        number = self.pass_(motion, by=by)
        self.embedded.travel(NOTICE)
        self[by[0]].carry_out(number)
        return number
