"""What several organisation pages show: choices, names, a form's values."""

from typing import Any

from sqlalchemy.orm import Session

from app.organisations.models import CAPACITY_LABELS, STATE_LABELS, Capacity, Organisation
from app.reference import queries as reference

CAPACITY_CHOICES = [
    (Capacity.enterprise.value, "我有工厂要改造", "发布需求、看匹配的方案"),
    (Capacity.vendor.value, "我卖软硬件或方案", "上架方案和设备、看到合适的需求"),
    (Capacity.institution.value, "我提供第三方服务", "诊断评估、检测、培训、咨询"),
    (Capacity.finance.value, "我是银行、租赁或担保", "上架金融产品、收到融资需求"),
]
STATE_TONES = {"unverified": "now", "verified": "ok", "returned": "warn", "suspended": "stop"}
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
        "capacity_names": [
            label for item, label in CAPACITY_LABELS.items() if item in organisation.capacity_set
        ],
        "state_label": STATE_LABELS[organisation.state],
        "state_tone": STATE_TONES[organisation.state.value],
    }
