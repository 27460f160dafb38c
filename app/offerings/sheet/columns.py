"""The columns: an offering on its first line, then a package and a case a line."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from app.core.sheets import Choice, Column
from app.offerings import conditions, labels
from app.offerings.models import OfferingKind, PriceMode, ProductClass, ServiceClass

NUMBER, SAMPLE = "序号", "示例"
YES, NO = "是", "否"
UNKNOWN_AMOUNT = "待定"

#: (key, heading, width): the key is the content's field, `p.` a package's and `c.` a case's.
FIELDS: tuple[tuple[str, str, int], ...] = (
    ("number", NUMBER, 8),
    ("kind", "种类", 12),
    ("title", "名称", 28),
    ("product_class", "产品类别", 16),
    ("service_class", "服务类别", 14),
    ("summary", "一句话", 36),
    ("body", "详细说明", 50),
    ("vendor_kind", "机构类型", 14),
    ("scenario_codes", "应用场景", 26),
    ("pain_point_codes", "解决的难点", 36),
    ("industry_codes", "适用行业", 30),
    ("go_live_days", "上线天数", 10),
    ("training_days", "培训天数", 10),
    ("condition_codes", "现场条件", 34),
    ("prerequisites", "其他现场要求", 30),
    ("not_suitable", "不适合", 24),
    ("exit_terms", "退出与数据导出", 24),
    ("p.title", "套餐名称", 16),
    ("p.price_mode", "怎么计价", 16),
    ("p.price_unit", "计价单位", 10),
    ("p.price_label", "计价说法", 16),
    ("p.price_min_fen", "最低价（万元）", 14),
    ("p.price_max_fen", "最高价（万元）", 14),
    ("p.components", "费用明细", 40),
    ("p.note", "套餐备注", 20),
    ("c.customer", "案例客户", 26),
    ("c.customer_consented", "客户同意公开名称", 16),
    ("c.industry_code", "案例行业", 20),
    ("c.scenario_code", "案例场景", 18),
    ("c.effect_metric", "什么变好了", 14),
    ("c.effect_before", "以前", 10),
    ("c.effect_after", "以后", 10),
    ("c.effect_unit", "单位", 8),
    ("c.year", "哪一年", 8),
    ("c.evidence", "凭据", 26),
)
KEYS = tuple(key for key, _title, _width in FIELDS)
PLACE: Mapping[str, int] = {key: number for number, key in enumerate(KEYS)}
TITLES = tuple(title for _key, title, _width in FIELDS)
#: Columns of the centre's own export that an import passes over.
EXTRA = frozenset({"机构", "状态"})

KIND_CODES: Mapping[str, OfferingKind] = {label: kind for kind, label in labels.KIND_LABELS.items()}
MODE_CODES: Mapping[str, PriceMode] = {label: mode for mode, label in labels.PRICE_MODE_LABELS.items()}
COMPONENT_CODES = {label: kind for kind, label in labels.COMPONENT_LABELS.items()}
CONDITION_CODES: Mapping[str, str] = {item.text: item.code for item in conditions.CONDITIONS}


def _column(key: str, title: str, width: int) -> Column:
    def value(line: Mapping[str, Any]) -> Any:
        return line.get(key)

    number = key in {"go_live_days", "training_days", "c.year"}
    money = key in {"p.price_min_fen", "p.price_max_fen"}
    return Column(title, value, kind="wan" if money else "number" if number else "text", width=width)


COLUMNS: tuple[Column, ...] = tuple(_column(*field) for field in FIELDS)


@dataclass(frozen=True, slots=True)
class Names:
    """The reference lists that a sheet is read and written with: code → name."""

    scenarios: Mapping[str, str]
    pain_points: Mapping[str, str]
    industries: Mapping[str, str]
    divisions: tuple[str, ...] = ()


def choices(names: Names) -> list[Choice]:
    """Return the drop-down lists of the template."""
    scenarios = [f"{code} {name}" for code, name in names.scenarios.items()]
    divisions = [f"{code} {names.industries[code]}" for code in names.divisions]
    wanted = {
        "kind": list(KIND_CODES),
        "product_class": [item.value for item in ProductClass],
        "service_class": [item.value for item in ServiceClass],
        "p.price_mode": list(MODE_CODES),
        "c.customer_consented": [YES, NO],
        "c.industry_code": divisions,
        "c.scenario_code": scenarios,
    }
    return [Choice(PLACE[key], options) for key, options in wanted.items()]


NOTES = (
    "一项供给从它的第一行开始；有几个套餐、几个案例，就往下接着写几行，这几行的「序号」和第一行一样。",
    "种类、名称、说明这些只写在第一行；套餐和案例一行写一个，两边互不影响。",
    "序号写「示例」的行不会导入，可以留着也可以删掉。",
    "应用场景、解决的难点、适用行业、现场条件可以写几个，用分号「；」或换行隔开；写代码、名称或“代码 名称”都行。",
    "其他现场要求一行一条，在格子里按 Alt+Enter 换行。",
    "价格单位是万元，含税，首年要付的总额；一口价只填最低价或两格填一样。",
    "费用明细一行一项：类别｜是什么｜金额（万元）｜说明，例如：硬件｜采集网关 1 台｜0.2｜含安装。金额没定写「待定」，说明可以不写。",
    "费用明细的文字里本来有「｜」的，前面加一个反斜杠「\\」。",
    "费用类别：软件许可、硬件、实施、培训、年费、其他。",
    "一次最多 200 项。有一处要改就一项也不存，改好再传一次；全部没问题才都存成草稿，再逐项检查、提交审核。",
    "正文、案例里不要写电话、微信号；没有同意公开的客户不要写名称。",
)

EXAMPLE: tuple[Mapping[str, Any], ...] = (
    {
        "number": SAMPLE,
        "kind": "解决方案",
        "title": "示例电流钳设备监测",
        "product_class": "生产制造",
        "summary": "设备停了没人知道，十分钟内提醒班长",
        "body": "夹在主电机电源线上，判断开、停、空转，超时静止就提醒班长。",
        "scenario_codes": "S08",
        "pain_point_codes": "S08-1",
        "industry_codes": "C29；C34",
        "go_live_days": 2,
        "training_days": 1,
        "condition_codes": "云上使用，厂里不装服务器；安装不停产",
        "prerequisites": "电源线能分出单根",
        "not_suitable": "液压站共用一台电机的机台",
        "exit_terms": "随时停用，数据导出成表格",
        "p.title": "基本版",
        "p.price_mode": "一次性",
        "p.price_min_fen": 3_000_000,
        "p.price_max_fen": 4_500_000,
        "p.components": "硬件｜电流钳 20 只｜2\n实施｜安装｜1.5",
        "c.customer": "示例区一家 80 人的注塑厂",
        "c.customer_consented": NO,
        "c.industry_code": "C29",
        "c.scenario_code": "S08",
        "c.effect_metric": "月停机",
        "c.effect_before": "46",
        "c.effect_after": "12",
        "c.effect_unit": "小时",
        "c.year": 2025,
        "c.evidence": "停机台账与验收单",
    },
    {
        "number": SAMPLE,
        "p.title": "标准版",
        "p.price_mode": "按年",
        "p.price_min_fen": 1_200_000,
        "p.note": "第二个套餐写在下一行，序号和上一行一样",
    },
)
