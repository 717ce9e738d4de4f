"""The ProjectRegistry: what each function asks for, and what it reports."""

from __future__ import annotations

from itertools import pairwise
from typing import NamedTuple

from operations_model import NO_DIGEST, NOBODY, Model, is_country, require

from pixelpact.policy import OperatorPermission, ProjectStatus, Role, Trait
from pixelpact.policy.state import Project

LONGEST_APPROVAL = 157_788_000
MOST_PARTNERS, MOST_CODES = 16, 8


class Body(NamedTuple):
    """A project as it is registered."""

    lead: int
    partners: tuple[int, ...]
    traits: int
    country: bytes
    protocol: bytes
    codes: tuple[bytes, ...]
    salt: bytes


def _operator(model: Model, by: bytes) -> int:
    return model.active_operator("ProjectRegistry", by, OperatorPermission.PROJECTS)


def register(model: Model, by: bytes, body: Body, project: bytes) -> None:
    institution = _operator(model, by)
    require(institution == body.lead, "ProjectRegistry_NotLead")
    require(model.has_role(institution, Role.REQUESTER), "ProjectRegistry_LacksRole")
    ascending = all(one < after for one, after in pairwise((0, *body.partners)))
    partners = len(body.partners) <= MOST_PARTNERS and ascending and body.lead not in body.partners
    require(partners, "ProjectRegistry_PartnersMalformed")
    require(not body.traits & ~sum(Trait), "ProjectRegistry_TraitsUnknown")
    require(body.country == bytes(2) or is_country(body.country), "ProjectRegistry_CountryMalformed")
    require(body.protocol != NO_DIGEST, "ProjectRegistry_ProtocolMissing")
    ascending = all(one < after for one, after in pairwise((NO_DIGEST, *body.codes)))
    require(len(body.codes) <= MOST_CODES and ascending, "ProjectRegistry_CodesMalformed")
    require(project not in model.state.projects.known, "ProjectRegistry_AlreadyRegistered")
    model.emit("ProjectRegistered", project, institution, body)


def _standing(model: Model, project: bytes) -> Project:
    require(project in model.state.projects.known, "ProjectRegistry_Unknown")
    found = model.state.projects.known[project]
    require(found.status != ProjectStatus.WITHDRAWN, "ProjectRegistry_AlreadyWithdrawn")
    return found


def approve(model: Model, project: bytes, board: int, until: int, signer: bytes, signed_by: bytes) -> None:
    found = _standing(model, project)
    institution, permissions = model.state.institutions.acting_for(signer)
    of_board = institution == board and permissions & OperatorPermission.PROJECTS
    require(of_board, "ProjectRegistry_NotOfBoard")
    require(model.is_active(board), "ProjectRegistry_NotActive")
    require(model.has_role(board, Role.ETHICS_BOARD), "ProjectRegistry_LacksRole")
    require(board not in found.members, "ProjectRegistry_BoardDependent")
    require(found.board in (0, board), "ProjectRegistry_BoardDiffers")
    in_range = max(model.time, found.until) < until <= model.time + LONGEST_APPROVAL
    require(in_range, "ProjectRegistry_UntilOutOfRange")
    require(signed_by == signer != NOBODY, "ProjectRegistry_SignatureInvalid")
    model.emit("ProjectApproved", project, board, until, signer)


def withdraw(model: Model, by: bytes, project: bytes) -> None:
    found = _standing(model, project)
    institution = _operator(model, by)
    require(institution in (found.lead, found.board), "ProjectRegistry_NotResponsible")
    model.emit("ProjectWithdrawn", project, institution)
