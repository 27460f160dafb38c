"""What several organisation pages show: choices, names, a form's values."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from app.core import clock
from app.files import service as files
from app.files.models import FileKind
from app.organisations import pools, size
from app.organisations.models import (
    CAPACITY_LABELS,
    QUALIFICATION_LABELS,
    STATE_LABELS,
    AppealState,
    Capacity,
    ClaimState,
    Organisation,
    Pool,
    PoolEntry,
    Qualification,
    QualificationState,
    SizeDeclaration,
)
from app.organisations.queries import standing as standing_queries
from app.reference import queries as reference
from app.web.forms import Form

QUEUE_HOURS = 48.0
CAPACITY_CHOICES = [
    (Capacity.enterprise.value, "我有工厂要改造", "发布需求、看匹配的方案"),
    (Capacity.vendor.value, "我卖软硬件或方案", "上架方案和设备、看到合适的需求"),
    (Capacity.institution.value, "我提供第三方服务", "诊断评估、检测、培训、咨询"),
    (Capacity.finance.value, "我是银行、租赁或担保", "上架金融产品、收到融资需求"),
]
STATE_TONES = {"unverified": "now", "verified": "ok", "returned": "warn", "suspended": "stop"}
CLAIM_LABELS = {
    ClaimState.open: "核实中",
    ClaimState.upheld: "成立，已移交",
    ClaimState.refused: "不成立",
    ClaimState.withdrawn: "已撤回",
}
CLAIM_TONES = {"open": "now", "upheld": "ok", "refused": "stop", "withdrawn": ""}
APPEAL_LABELS = {
    AppealState.open: "办理中",
    AppealState.upheld: "成立，原决定已撤销",
    AppealState.refused: "不成立，维持原决定",
}
APPEAL_TONES = {"open": "now", "upheld": "ok", "refused": "stop"}
TITLE_LABELS = {
    QualificationState.claimed: "等中心确认",
    QualificationState.confirmed: "已确认",
    QualificationState.refused: "没有确认",
    QualificationState.withdrawn: "已撤回",
}
TITLE_TONES = {"claimed": "now", "confirmed": "ok", "refused": "stop", "withdrawn": ""}
LABELS = {
    "credit_code": "统一社会信用代码",
    "name": "全称",
    "short_name": "简称",
    "capacities": "身份",
    "district": "所在区县",
    "industry": "行业",
    "address": "地址",
    "staff_count": "人数",
    "intro": "介绍",
    "contact_name": "联系人",
    "contact_mobile": "电话",
    "contact_email": "邮箱",
}


def form_context(session: Session, industry: str = "") -> dict[str, Any]:
    """Return the lists that the form's pickers need, and the name of the industry typed or stored."""
    chosen = reference.find_industry_named(session, industry) if industry else None
    regions: dict[str, list[tuple[str, str]]] = {}
    for row in reference.list_districts(session):
        regions.setdefault(row.region, []).append((row.slug, row.short_name))
    return {
        "session": session,
        "districts": list(regions.items()),
        "capacity_choices": CAPACITY_CHOICES,
        "industry_text": chosen.name if chosen else "",
        "labels": LABELS,
    }


def form_values(organisation: Organisation) -> dict[str, Any]:
    """Return the stored values under the form's names."""
    return {
        "credit_code": organisation.credit_code,
        "name": organisation.name,
        "short_name": organisation.short_name,
        "capacities": [item.value for item in Capacity if item in organisation.capacity_set],
        "district": organisation.district_slug,
        "industry": organisation.industry_code or "",
        "address": organisation.address,
        "staff_count": organisation.staff_count or "",
        "intro": organisation.intro,
        "contact_name": organisation.contact_name,
        "contact_mobile": organisation.contact_mobile,
        "contact_email": organisation.contact_email,
        "version": organisation.version,
    }


def facts(session: Session, organisation: Organisation) -> dict[str, Any]:
    """Return the readable names of an organisation's codes."""
    names = reference.industry_names(
        session, [organisation.industry_code] if organisation.industry_code else []
    )
    district = reference.find_district(session, organisation.district_slug)
    return {
        "district_name": district.short_name if district else organisation.district_slug,
        "industry_name": names.get(organisation.industry_code or ""),
        "capacity_names": capacity_names(organisation),
        "state_label": STATE_LABELS[organisation.state],
        "state_tone": STATE_TONES[organisation.state.value],
    }


def optional_file(form: Form, allow: frozenset[FileKind]) -> files.Received | None:
    """Return the form's file, checked, or None when nobody chose one."""
    upload = form.files.get("file")
    return files.receive(upload, allow=allow) if upload is not None and upload.filename else None


def own_tabs(organisation: Organisation, current: str) -> list[dict[str, Any]]:
    """Return the tabs over the pages of one's own organisation."""
    pages = [
        ("mine", "资料和成员", "/organisations/mine"),
        ("licence", "营业执照", "/organisations/mine/licence"),
        ("size", "规模", "/organisations/mine/size"),
        ("qualifications", "资质", "/organisations/mine/qualifications"),
    ]
    if organisation.capacity_set & {Capacity.vendor, Capacity.institution}:
        pages.append(("pools", "服务商池", "/organisations/mine/pools"))
    return [
        {"label": label, "href": href, "current": name == current, "count": None}
        for name, label, href in pages
    ]


def capacity_names(organisation: Organisation) -> list[str]:
    return [label for item, label in CAPACITY_LABELS.items() if item in organisation.capacity_set]


def size_of(organisation: Organisation, declaration: SizeDeclaration | None) -> size.SizeVerdict:
    """Return the size class that a declaration gives an organisation of its present industry."""
    return size.classify(
        organisation.industry_code,
        declaration.staff_count if declaration else None,
        declaration.revenue_fen if declaration else None,
    )


def size_view(session: Session, organisation: Organisation) -> dict[str, Any]:
    """Return the size class with what it rests on; revenue is in `declaration` and not for everybody."""
    declaration = standing_queries.latest_sizes(session, [organisation.id]).get(organisation.id)
    return {
        "declaration": declaration,
        "size_verdict": size_of(organisation, declaration),
        "size_document": size.DOCUMENT,
        "size_clause": size.CLAUSE,
        "size_confidence": size.CONFIDENCE,
    }


def title_view(row: Qualification) -> dict[str, Any]:
    """Return a qualification with its name and state in words; an ended one says so whatever was confirmed."""
    over = row.state is QualificationState.confirmed and standing_queries.is_over(row)
    return {
        "row": row,
        "name": QUALIFICATION_LABELS[row.kind],
        "over": over,
        "label": "已过期" if over else TITLE_LABELS[row.state],
        "tone": "warn" if over else TITLE_TONES[row.state.value],
    }


def pool_view(pool: Pool, thresholds: Mapping[str, Any]) -> dict[str, Any]:
    """Return a pool in words, with the thresholds of today."""
    return {
        "code": pool.value,
        "name": pools.POOL_LABELS[pool],
        "text": pools.POOL_TEXTS[pool],
        "criteria": [
            {"criterion": item, "required": thresholds[item.key(pool)]} for item in pools.CRITERIA[pool]
        ],
    }


def entry_state(entry: PoolEntry) -> dict[str, Any]:
    return {
        "pool_name": pools.POOL_LABELS[entry.pool],
        "state_label": pools.STATE_LABELS[entry.state],
        "state_tone": pools.STATE_TONES[entry.state],
    }


def entry_view(entry: PoolEntry) -> dict[str, Any]:
    """Return an entry's conditions and steps in words."""
    return {
        **entry_state(entry),
        "conditions": [(pools.criterion_of(entry.pool, row.code), row) for row in entry.criteria],
        "move_labels": pools.MOVE_LABELS,
        "in_pool": entry.state in pools.IN_POOL,
        "appeal_labels": APPEAL_LABELS,
        "appeal_tones": APPEAL_TONES,
    }


def queue_row(
    href: str, title: str, since: datetime, reasons: list[str], *, current: bool, hours: float = QUEUE_HOURS
) -> dict[str, Any]:
    """Return one line of a staff queue."""
    return {
        "href": href,
        "title": title,
        "age": clock.cn_ago(since).removesuffix("前"),
        "late": since < clock.now() - timedelta(hours=hours),
        "reasons": reasons,
        "current": current,
    }
