"""The reasons for not accepting an order or a line of goods: the lists of an account, as the API shows them. Pure."""

from collections.abc import Iterable, Sequence

from waybell.directory.entry_kinds import DEFAULT_REASONS, RejectReasonEntry
from waybell.wire.model import ApiModel, member_name


class RejectReason(ApiModel):
    """A reason for not accepting an order or goods."""

    id: int
    name: str


class RejectReasonsList(ApiModel):
    """The reject reasons of the account, in four lists."""

    site_issue: list[RejectReason]
    order_issue: list[RejectReason]
    goods_issue: list[RejectReason]
    scanning_issues: list[RejectReason]


def in_lists(entries: Iterable[RejectReasonEntry]) -> RejectReasonsList:
    """Return the reasons in their four lists, ordered by id."""
    lists: dict[str, list[RejectReason]] = {member_name(name): [] for name in RejectReasonsList.model_fields}
    for entry in sorted(entries, key=lambda one: int(one.id or 0)):
        lists[entry.list_ or ""].append(RejectReason(id=int(entry.id or 0), name=entry.name or ""))
    return RejectReasonsList.model_validate(lists)


DEFAULT = in_lists(DEFAULT_REASONS)


def name_of(reasons: Sequence[RejectReason], reason_id: int | None) -> str | None:
    """Return the name of the reason with this id, or None when the list lacks the id."""
    return next((reason.name for reason in reasons if reason.id == reason_id), None)
