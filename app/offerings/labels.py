"""The Chinese words of the room's codes, in the order in which pages offer them."""

from app.offerings.models import (
    CheckState,
    ComponentType,
    ImportState,
    OfferingKind,
    OfferingState,
    PriceMode,
    ReportReason,
    ReportState,
    ReviewDecision,
)

KIND_LABELS: dict[OfferingKind, str] = {
    OfferingKind.solution: "解决方案",
    OfferingKind.service: "第三方服务",
    OfferingKind.equipment: "设备",
}
STATE_LABELS: dict[OfferingState, str] = {
    OfferingState.draft: "草稿",
    OfferingState.submitted: "审核中",
    OfferingState.listed: "已上架",
    OfferingState.returned: "退回补正",
    OfferingState.withdrawn: "已下架",
}
STATE_TONES: dict[OfferingState, str] = {
    OfferingState.draft: "",
    OfferingState.submitted: "now",
    OfferingState.listed: "ok",
    OfferingState.returned: "warn",
    OfferingState.withdrawn: "stop",
}
PRICE_MODE_LABELS: dict[PriceMode, str] = {
    PriceMode.one_off: "一次性",
    PriceMode.yearly: "按年",
    PriceMode.project: "按项目",
    PriceMode.per_unit: "按数量（台、点位、人…）",
    PriceMode.per_visit: "按次",
    PriceMode.other: "其他计价",
}
COMPONENT_LABELS: dict[ComponentType, str] = {
    ComponentType.licence: "软件许可",
    ComponentType.hardware: "硬件",
    ComponentType.implementation: "实施",
    ComponentType.training: "培训",
    ComponentType.yearly_fee: "年费",
    ComponentType.other: "其他",
}
DECISION_LABELS: dict[ReviewDecision, str] = {
    ReviewDecision.submitted: "提交审核",
    ReviewDecision.listed: "通过上架",
    ReviewDecision.returned: "退回补正",
    ReviewDecision.withdrawn: "机构下架",
    ReviewDecision.taken_down: "举报属实，下架",
}
REPORT_REASON_LABELS: dict[ReportReason, str] = {
    ReportReason.false_claim: "效果或资质不实",
    ReportReason.price_mismatch: "实际报价和页面不符",
    ReportReason.contact_details: "正文留了联系方式或返点",
    ReportReason.infringement: "侵权或盗用资料",
    ReportReason.illegal: "违法违规",
    ReportReason.other: "其他",
}
REPORT_STATE_LABELS: dict[ReportState, str] = {
    ReportState.open: "待处理",
    ReportState.upheld: "属实",
    ReportState.dismissed: "不成立",
}
CHECK_LABELS: dict[CheckState, str] = {
    CheckState.waiting: "等中心核实",
    CheckState.confirmed: "中心已核实",
    CheckState.unreachable: "联系不上",
    CheckState.denied: "没有核实通过",
}
CHECK_TONES: dict[CheckState, str] = {
    CheckState.waiting: "now",
    CheckState.confirmed: "ok",
    CheckState.unreachable: "warn",
    CheckState.denied: "stop",
}
IMPORT_LABELS: dict[ImportState, str] = {
    ImportState.waiting: "正在检查",
    ImportState.done: "已导入",
    ImportState.refused: "没有导入",
}
IMPORT_TONES: dict[ImportState, str] = {
    ImportState.waiting: "now",
    ImportState.done: "ok",
    ImportState.refused: "warn",
}
CHECKS: dict[str, str] = {
    "claims": "每句承诺有依据",
    "price": "价格和计价方式写清楚",
    "fit": "场景、难点、行业与内容相符",
    "conditions": "现场条件写全",
    "contact": "没有联系方式、返点、赠礼",
    "customer": "案例没有点名未同意的客户",
}
"""What a reviewer checks: code to text. The centre's own list (中心规则)."""

RETURN_REASONS: dict[str, str] = {
    "claims": "承诺没有依据",
    "price": "价格口径不清",
    "fit": "场景或难点与内容不符",
    "conditions": "现场条件没有写全",
    "contact": "正文带联系方式或返点",
    "customer": "案例点名了没有同意的客户",
    "other": "其他，见说明",
}
