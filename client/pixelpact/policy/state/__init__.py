"""What the contracts keep, rebuilt from their events: pure, and written from docs/contracts.md.

`State.apply` takes the events in their order; `State.facts` gives what `decide` is asked with at that point.
"""

from pixelpact.policy.state.consents import Commitment, Consents, ShownConsent
from pixelpact.policy.state.institutions import Institutions, Member, Operator, Proposal, ProposalState
from pixelpact.policy.state.ledger import Ledger, Request, RequestStatus
from pixelpact.policy.state.projects import Project, Projects
from pixelpact.policy.state.state import State
from pixelpact.policy.state.studies import Studies, Study
from pixelpact.policy.state.subjects import Guardian, Recovery, Subject

__all__ = [
    "Commitment",
    "Consents",
    "Guardian",
    "Institutions",
    "Ledger",
    "Member",
    "Operator",
    "Project",
    "Projects",
    "Proposal",
    "ProposalState",
    "Recovery",
    "Request",
    "RequestStatus",
    "ShownConsent",
    "State",
    "Studies",
    "Study",
    "Subject",
]
