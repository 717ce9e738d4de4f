"""How many decisions a second can be taken off the chain, from the state that the contracts' events leave.

    scripts/bench decide                          100,000 directives, a million queries
    scripts/bench decide --directives 2000 --queries 50000
    scripts/bench decide --json

The consortium of tests/agreement lives in revm, and beside it in the model: patients sign, guardians and
hospitals act, batches are anchored. Each query is then decided from the local state, on one core: the facts
are looked up, the checks are taken. Paths and signatures of batches were followed when they came in; that is
not in the time. Some of the queries are put to the compiled contract too, and must be answered alike.
"""

from __future__ import annotations

import argparse
import gc
import json
import random
import sys
import time
from collections import Counter, defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "tests" / "agreement"))

from operations_acts_ledger import query_words
from operations_drafts import NO_EVIDENCE, Draft
from operations_random import RandomWorld

from pixelpact.models import AccessQuery, Directive
from pixelpact.policy import Purpose, Reason, decide
from pixelpact.policy.state import ShownConsent

#: Decisions a second that are promised (docs/policy.md).
PROMISED = 60_000
#: What happens while the directives are given, and how often.
LIFE = {
    "register": 20,
    "record": 40,
    "anchor": 12,
    "record_paper": 4,
    "refuse": 4,
    "take_refusal": 1,
    "revoke": 3,
    "revoke_all": 0.5,
    "appoint": 3,
    "register_project": 2,
    "approve": 3,
    "offer_custody": 0.5,
    "accept_custody": 0.3,
}

Asked = tuple[int, AccessQuery, Directive, bytes, ShownConsent | None]


class World(RandomWorld):
    """A consortium in which mostly directives are given, within a day or so."""

    def evidence_of(self, shown: ShownConsent) -> tuple[Any, ...]:
        """The evidence as the contract is given it."""
        if not self._as_sent:
            self._as_sent = {id(one): it for draft in self.drafts for it, one in draft.evidence}
        return self._as_sent[id(shown)]

    _as_sent: dict[int, tuple[Any, ...]]

    def pass_time(self) -> None:
        """Half a second passes, on average."""
        self.chain.time += self.rng.random() < 0.5
        self.model.time = self.chain.time

    def grow(self, directives: int) -> None:
        """Let things happen until so many directives were given."""
        self._as_sent = {}
        while len(self.drafts) < directives:
            for name in self.rng.choices(list(LIFE), list(LIFE.values()), k=100):
                self.pass_time()
                getattr(self, name)()
        del self.drafts[directives:]


def queries(world: World, count: int) -> list[Asked]:
    """Questions over all directives, most of which their patients allow."""
    rng, facts = world.rng, world.state.studies.facts
    held: dict[tuple[bytes, int], list[bytes]] = defaultdict(list)
    for study in world.studies:
        held[facts(study).subject, facts(study).custodian].append(study)
    purposes = [int(one) for one in (Purpose.TREAT, Purpose.BTG, Purpose.BIORCH, Purpose.DSRCH, Purpose.COC)]
    projects = world.projects[-8:]
    found: list[Asked] = []
    while len(found) < count:
        found.extend(_question(rng, world, draft, held, purposes, projects) for draft in world.drafts)
    rng.shuffle(found)
    return found[:count]


def _question(
    rng: random.Random,
    world: World,
    draft: Draft,
    held: dict[tuple[bytes, int], list[bytes]],
    purposes: list[int],
    projects: list[bytes],
) -> Asked:
    directive = draft.directive
    fitting = held.get((directive.subject, directive.custodian), [])
    study = directive.study
    if not any(study):
        study = rng.choice(fitting) if fitting else study
    requester = directive.grantee if 0 < directive.grantee < 100 else rng.randrange(1, 5)
    categories = world.state.studies.facts(study).categories
    project = rng.choice(projects) if projects and rng.random() < 0.2 else bytes(32)
    query = AccessQuery(study, rng.choice(purposes), categories, project, 63)
    shown = draft.evidence[0][1] if draft.evidence else None
    return requester, query, directive, draft.number, shown


@dataclass
class Result:
    """What was measured."""

    directives: int
    queries: int
    seconds: float
    permitted: int
    reasons: int
    compared: int

    @property
    def rate(self) -> float:
        """Decisions a second."""
        return self.queries / self.seconds


def measure(world: World, asked: list[Asked], compared: int) -> Result:
    """Decide all of them, then put some to the contract."""
    now, facts = world.model.time, world.state.facts
    answers: list[Reason] = []
    append = answers.append
    gc.freeze()
    began = time.process_time()
    for requester, query, directive, number, shown in asked:
        append(decide(facts(now, requester, query, number, shown), query, directive).reason)
    seconds = time.process_time() - began
    for place in world.rng.sample(range(len(asked)), compared):
        _compare(world, asked[place], answers[place])
    met = Counter(answers)
    return Result(len(world.drafts), len(asked), seconds, met[Reason.PERMITTED], len(met), compared)


def _compare(world: World, one: Asked, answer: Reason) -> None:
    requester, query, directive, _, shown = one
    draft = Draft.of(directive)
    evidence = world.evidence_of(shown) if shown is not None else NO_EVIDENCE
    arguments: tuple[Any, ...] = (requester, query_words(query), draft.body, evidence)
    world.ask(world.deployed.ledger, "decide", arguments, int(answer))


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--directives", type=int, default=100_000)
    parser.add_argument("--queries", type=int, default=1_000_000)
    parser.add_argument("--compared", type=int, default=5_000, help="queries put to the contract too")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", action="store_true")
    choices = parser.parse_args()
    world = World(choices.seed, Counter())
    world.grow(choices.directives)
    result = measure(world, queries(world, choices.queries), min(choices.compared, choices.queries))
    if choices.json:
        print(json.dumps(vars(result) | {"rate": result.rate, "promised": PROMISED}))
    else:
        print(f"{result.directives:,} directives, {result.queries:,} queries, seed {choices.seed}")
        print(
            f"{result.rate:,.0f} decisions a second on one core: {result.rate / PROMISED:.2f} of {PROMISED:,}"
        )
        print(f"{result.permitted:,} permitted; {result.reasons} different answers")
        print(f"{result.compared:,} of them put to the contract: all alike")
    return 0 if result.rate >= PROMISED else 1


if __name__ == "__main__":
    sys.exit(main())
