"""What people read for the codes of this room."""

from app.needs.models import BaselineHow, Confidentiality, FundSource, NeedState, ReviewDecision, Urgency

STATE: dict[NeedState, tuple[str, str]] = {
    NeedState.draft: ("草稿", ""),
    NeedState.waiting_verification: ("等企业核验", "now"),
    NeedState.held: ("中心在看", "now"),
    NeedState.published: ("已发布", "ok"),
    NeedState.returned: ("退回补充", "warn"),
    NeedState.withdrawn: ("已撤回", ""),
    NeedState.closed: ("已结束", ""),
}
"""State → text and tone."""

NEXT: dict[NeedState, str] = {
    NeedState.draft: "填好就可以发布",
    NeedState.waiting_verification: "企业通过核验后自动发布，不用再操作",
    NeedState.held: "轮到中心，2 个工作日内答复；这时也可以继续补充",
    NeedState.published: "服务商可以看到了",
    NeedState.returned: "轮到您，按中心的意见补充后再发布",
    NeedState.withdrawn: "只有您自己看得到",
    NeedState.closed: "只有您自己和中心看得到",
}
CONFIDENTIALITY: dict[Confidentiality, str] = {
    Confidentiality.public: "公开",
    Confidentiality.verified_vendors: "仅已核验的服务商",
    Confidentiality.staff_only: "仅中心工作人员",
}
URGENCY: dict[Urgency, str] = {Urgency.urgent: "很急", Urgency.soon: "尽快", Urgency.open: "不急，先看看"}
FUNDS: dict[FundSource, str] = {
    FundSource.own: "自有资金",
    FundSource.loan: "银行贷款",
    FundSource.lease: "融资租赁",
    FundSource.sharing: "按效果分成",
    FundSource.subsidy: "想了解补贴",
}
HOW: dict[BaselineHow, str] = {
    BaselineHow.recorded: "有记录",
    BaselineHow.estimated: "估的",
    BaselineHow.not_counted: "没有统计过，请中心上门测",
}
DECISION: dict[ReviewDecision, str] = {
    ReviewDecision.submitted: "提交",
    ReviewDecision.held: "转中心看",
    ReviewDecision.waiting: "等企业核验",
    ReviewDecision.published: "发布",
    ReviewDecision.returned: "退回补充",
    ReviewDecision.withdrawn: "撤回",
}
