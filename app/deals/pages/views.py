"""From rows to what the templates show: one shape for lists, pages, exports, panels and the API."""

import math
import uuid
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from app.core import clock
from app.core.permissions import Actor
from app.deals import labels, policy
from app.deals.models import ContactReveal, Direction, Enquiry, EnquiryEvent, EnquiryMessage
from app.deals.queries import Around, fields_of
from app.deals.showing import Field
from app.deals.states import REVEALING, Action, EnquiryState, Party, actions_for, turn_of
from app.files.models import FileState, StoredFile
from app.needs.models import Need

HIDDEN_NAME = "厂名不公开"
GONE_NAME = "（已注销的机构）"
FILE_STATES = {
    FileState.quarantined: "正在查毒，通过后能下载",
    FileState.infected: "查出病毒，已拦下",
}


def name_of(around: Around, organisation_id: uuid.UUID) -> str:
    found = around.organisations.get(organisation_id)
    return found.name if found else GONE_NAME


def days_left(due: datetime | None) -> str:
    """Return how long there is still time, in words."""
    if due is None:
        return ""
    left = (due - clock.now()).total_seconds()
    if left <= 0:
        return "已到期"
    if left < 86_400:
        return f"还剩 {math.ceil(left / 3600)} 小时"
    return f"还剩 {math.ceil(left / 86_400)} 天"


def row_view(actor: Actor, row: Enquiry, around: Around) -> dict[str, Any]:
    """Return one enquiry as a list shows it."""
    fields = fields_of(actor, row, around)
    parties = policy.parties_of(actor, row)
    side = policy.side_of(actor, row)
    turn = turn_of(row.state)
    mine = turn is not None and turn in parties
    firm = name_of(around, row.sme_id) if Field.name in fields else None
    vendor = name_of(around, row.vendor_id)
    need = around.needs.get(row.need_id) if row.need_id and Field.need in fields else None
    known = around.needs.get(row.need_id) if row.need_id else None
    return {
        "id": row.id,
        "href": f"/enquiries/{row.id}",
        "offering": around.titles.get(row.offering_id, ""),
        "offering_id": row.offering_id,
        "case_number": known.case_number if known else None,
        "need_title": (need.title or need.case_number) if need else None,
        "firm": firm,
        "firm_text": firm or HIDDEN_NAME,
        "vendor": vendor,
        "vendor_id": row.vendor_id,
        "other": {Party.sme: vendor, Party.vendor: firm or HIDDEN_NAME}.get(
            side or Party.staff, f"{firm} 和 {vendor}"
        ),
        "kind": _kind(row, side),
        "demo": row.origin == "demo",
        "state": labels.STATE[row.state],
        "turn": "轮到您" if mine else _turn_word(turn, row) if turn else "",
        "mine": mine,
        "left": days_left(row.due_at) if turn is not None else "",
        "late": bool(row.due_at and turn is not None and (row.due_at - clock.now()).days < 2),
        "reason": labels.reason_words(row),
        "unread": around.unread.get(row.id, 0),
        "help": row.help_asked_at is not None,
        "created_at": row.created_at,
        "updated_at": row.updated_at,
    }


def _kind(row: Enquiry, side: Party | None) -> str:
    forward = row.direction is Direction.forward
    if side is Party.sme:
        return "您问的" if forward else "服务商来应"
    if side is Party.vendor:
        return "企业来问" if forward else "您去应的"
    return "企业问服务商" if forward else "服务商应需求"


def _turn_word(turn: Party, row: Enquiry) -> str:
    if turn is Party.sme:
        return "轮到企业"
    return "轮到服务商" if row.direction is Direction.forward else "轮到企业"


def need_view(need: Need, *, linked: bool) -> dict[str, Any]:
    """Return a need inside an enquiry: the words of its owner, already without contact details."""
    return {
        "title": need.title or need.case_number,
        "case_number": need.case_number,
        "problem": need.problem,
        "equipment": need.equipment,
        "budget_min_fen": need.budget_min_fen,
        "budget_max_fen": need.budget_max_fen,
        "wanted_by": need.wanted_by,
        "wanted_days": need.wanted_days,
        "href": f"/needs/{need.case_number}" if linked else "",
    }


def timeline(row: Enquiry, events: Iterable[EnquiryEvent]) -> list[dict[str, Any]]:
    """Return the steps so far and, while somebody is waited for, what comes next."""
    steps = [
        {
            "title": labels.ACTION[event.action]
            + ("" if event.party is Party.system else f"（{labels.PARTY[event.party]}）"),
            "text": "，".join(
                part
                for part in (
                    clock.cn_datetime(event.at),
                    labels.reason_of_step(event.action, row.direction, event.reason_code, event.note),
                )
                if part
            ),
            "state": "done",
        }
        for event in events
    ]
    waiting = {
        EnquiryState.open: "等答复",
        EnquiryState.accepted: "在谈",
        EnquiryState.closing: "等企业写理由",
    }.get(row.state)
    if waiting:
        text = f"到 {clock.cn_datetime(row.due_at)}" if row.state is not EnquiryState.accepted else ""
        steps.append({"title": waiting, "text": text, "state": "now"})
    return steps


def messages_view(
    actor: Actor,
    row: Enquiry,
    rows: Iterable[EnquiryMessage],
    files: Mapping[str, Any],
    around: Around,
    *,
    retract_before: datetime,
    read: int,
) -> list[dict[str, Any]]:
    """Return a thread as its reader sees it, own messages marked."""
    side = policy.side_of(actor, row)
    known = Field.name in fields_of(actor, row, around)
    signs = {
        Party.sme: name_of(around, row.sme_id) if known else HIDDEN_NAME,
        Party.vendor: name_of(around, row.vendor_id),
        Party.staff: "中心",
    }
    return [
        {
            "id": message.id,
            "number": message.number,
            "who": signs.get(message.party, "中心"),
            "party": labels.PARTY[message.party],
            "own": message.party is side,
            "at": message.at,
            "text": message.body,
            "masked": bool(message.masked),
            "retracted": message.retracted_at is not None,
            "fresh": message.number > read and message.party is not side,
            "may_retract": message.user_id is not None
            and message.user_id == actor.user_id
            and message.number > 1
            and message.retracted_at is None
            and message.at >= retract_before,
            "files": [_file(stored) for stored in files.get(str(message.id), ())],
        }
        for message in rows
    ]


def _file(stored: StoredFile) -> dict[str, Any]:
    return {
        "name": stored.name,
        "size": f"{max(1, round(stored.size / 1024))} KB",
        "href": f"/files/{stored.id}" if stored.state is FileState.clean else "",
        "note": FILE_STATES.get(stored.state, ""),
    }


def contacts_view(
    actor: Actor, row: Enquiry, around: Around, reveals: Iterable[ContactReveal]
) -> dict[str, Any] | None:
    """Return how the two sides' consents stand and who looked when; None for staff, who have their own page for it."""
    side = policy.side_of(actor, row)
    if side not in {Party.sme, Party.vendor}:
        return None
    given = around.consents.get(row.id, frozenset())
    own, other = (row.sme_id, row.vendor_id) if side is Party.sme else (row.vendor_id, row.sme_id)
    return {
        "own": own in given,
        "other": other in given,
        "open": Field.contact in fields_of(actor, row, around),
        "in_time": row.state in REVEALING,
        "live": row.state in {EnquiryState.open, *REVEALING},
        "in_person": not actor.on_behalf,
        "reveals": [
            (
                clock.cn_datetime(reveal.at),
                "我方有人看了对方的" if reveal.organisation_id == own else "对方有人看了我方的",
            )
            for reveal in reveals
        ],
    }


def actions_of(actor: Actor, row: Enquiry) -> frozenset[Action]:
    return actions_for(row.state, policy.parties_of(actor, row))
