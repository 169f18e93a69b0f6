"""A verdict over a sale's signatures as people read it: every signature, whether it counts, and why not."""

from __future__ import annotations

from collections.abc import Sequence

from desk.permission.approvals import Verdict
from desk.sale.records import Signature
from desk.snapshot.model import ApprovalView

STAGER, APPROVER = "stager", "approver"


def approval_views(verdict: Verdict, signatures: Sequence[Signature]) -> tuple[ApprovalView, ...]:
    """Every recorded signature in the order it was given. The stager's never counts; an obstacle voids all of them.

    `signatures` are those the verdict was given over, in the same order.
    """
    void = verdict.obstacles[0].sentence if verdict.obstacles else ""
    views = [ApprovalView(one.person, APPROVER, one.signed_at, not void, void) for one in verdict.approvals]
    if verdict.staged is not None:
        why = void or "staged it, so does not count as an approval"
        views.append(ApprovalView(verdict.staged.person, STAGER, verdict.staged.signed_at, False, why))
    for one in verdict.not_counted:
        signature = signatures[one.index]
        views.append(ApprovalView(one.claimed, signature.role, signature.signed_at, False, one.sentence))
    return tuple(sorted(views, key=lambda view: view.signed_at))
