"""The story of a consortium's affairs (tests/chain) on a fast EVM, and the state that its events lead to."""

from __future__ import annotations

from audit_world import World
from chain_matters import B, Cast, Driver, Matters

from pixelpact.audit.facts import Asked
from pixelpact.audit.replay import Replay
from pixelpact.audit.requests import directive_hash_of
from pixelpact.chain import Account
from pixelpact.models import ZERO32, AccessQuery, Directive, Evidence
from pixelpact.policy import Purpose, Reason, decide


class Life:
    """The story on a fast EVM, in parts, and the state that its events lead to."""

    def __init__(self) -> None:
        self.cast = Cast(*(Account(bytes([number]) * 32) for number in range(1, 7)))
        self.world = World(self.cast.founders())
        driver = Driver(
            network=self.world.network,
            contracts=self.world,
            send=lambda call, account: self.world.send(call, account.address),
            wait=self.world.wait,
            now=lambda: self.world.time,
            create=self.world.create,
            code=self.world.code,
        )
        self.matters = Matters(driver, self.cast)

    def replayed(self) -> Replay:
        replay = Replay(self.world.network, {})
        replay.feed(self.world.events)
        assert replay.findings == []
        return replay

    def both(
        self, directive: Directive | None, evidence: Evidence | None = None, *, requester: int = B
    ) -> Reason:
        """What model and contract answer, which must be the same."""
        study = self.matters.study
        query = AccessQuery(study, int(Purpose.TREAT), 1)
        asked = Asked(study, requester, ZERO32, directive_hash_of(directive), directive, evidence)
        facts = self.replayed().facts(asked, time=self.world.time)
        ours = decide(facts, query, directive).reason
        assert self.world.ledger.decide(requester, query, directive, evidence) == ours
        return ours
