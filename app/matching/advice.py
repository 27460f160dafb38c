"""What to tell a person beside the list: vague, out-of-scope, policy, subsidy and similar requests.

Advice never invents a figure, a ratio or a promise; policy questions point to the year's notice.
"""

from dataclasses import dataclass

from app.matching.facts import Wanted
from app.matching.ranking import Ranking

_ORDER_OF_WORK = (
    "S02",
    "S05",
    "S11",
    "S12",
    "S06",
    "S07",
    "S08",
    "S13",
    "S14",
    "S03",
    "S10",
    "S09",
    "S01",
    "S04",
    "S15",
    "S16",
)


@dataclass(frozen=True, slots=True)
class Advice:
    """`code` is stable for machines, `text` is for a person."""

    code: str
    text: str


def advise(wanted: Wanted, ranking: Ranking) -> tuple[Advice, ...]:
    """Advice for this need, the most important first; empty when the list speaks for itself."""
    return tuple(_about(wanted, ranking))


def _about(wanted: Wanted, ranking: Ranking) -> list[Advice]:
    reading = wanted.reading
    found: list[Advice] = []

    def add(code: str, text: str) -> None:
        found.append(Advice(code, text))

    if reading.script == "empty":
        add("empty", "请用一句话说说厂里最头疼的事，例如哪道工序、什么东西、多久出一次问题。")
        return found
    if reading.masked:
        add("masked", "不必留电话、微信或地址，已替您隐去。双方都同意对接之前，联系方式不会公开。")
    if reading.has("complaint"):
        add(
            "misunderstood",
            "刚才可能理解错了，抱歉。已按您这句话重新找；点一下读错的难点可以去掉，或再说具体一点：哪个环节、出了什么问题？",
        )
    if reading.has("out_of_scope") and not reading.pain_points:
        add(
            "out_of_scope",
            "这里帮制造企业找数字化和技术改造的方案，您说的事不在范围内，所以没有推荐。厂里的生产、质量、设备、仓库、用电等问题可以直接说。",
        )
        return found
    if reading.has("level_assessment"):
        add(
            "level_assessment",
            "能不能达到某个等级，要先做中小企业数字化水平评测（自评后按要求现场评定），这里不能替您下结论。可到「数字化水平评测」自评，再向区县经信部门核实。",
        )
    if reading.has("policy"):
        add(
            "policy",
            "补贴、贴息和申报条件以当年申报通知为准，这里不报比例和金额。可在「政策」栏查现行文件，或问区县经信部门、赋能中心。先做还是先报也要看通知：有的要求批复后才能签合同，请先别签。",
        )
        if not reading.pain_points:
            add("say_the_work", "您打算改造什么？说一句要解决的问题，就能看到对应方案和价格。")
    if reading.has("law"):
        add(
            "law",
            "合规要求以主管部门或对方官方发布的最新文本为准，这里只帮您找做核算和整理数据的方案，不作法律结论。",
        )
    if reading.has("diagnose"):
        add(
            "diagnose",
            "诊断一般分四步：说明情况、收集资料、现场查看、给出清单与先后。先告诉我们这几样就够：做什么产品、多少人、主要设备、现在用什么软件、最头疼的三件事、有没有统计数字。没看现场之前不下结论。",
        )
    if reading.has("bandwagon"):
        add(
            "start_small",
            "不必跟风。先说清现在哪件事最费钱、最费人或最常出错，再从一个场景小步试，见效了再加。厂里多少人、做什么、哪件事最头疼？",
        )
    if reading.has("small_shop") and not reading.pain_points:
        add(
            "small_shop",
            "小厂适合先上一件轻的：手机能用、按年付、不用服务器。请说说最想先解决什么：算工资、仓库找料、接单排产、设备停机，还是对账收款？",
        )
    if reading.has("large_model"):
        add(
            "large_model",
            "大模型先要定用途。常见的有：制度与产品资料问答、维修知识问答、报价与文档起草。需要先有整理过的电子资料，并说明哪些资料不能出厂。您想先用在哪件事上？",
        )
    if reading.has("pay_by_result"):
        add(
            "pay_by_result",
            "按效果付费常见于合同能源管理：服务商先投入，按双方认可的计量方法分享节省。哪些供给支持，看卡片上的计价方式；没有写明的就是不清楚，请向服务商核实。",
        )
    if reading.has("call_me"):
        add(
            "no_call",
            "这里不派人上门，也不会替您打电话。看中哪项可以提交意向，服务商会在平台里联系您；需要现场诊断可找赋能中心预约。",
        )
    if "old_workers" in {condition.code for condition in wanted.conditions}:
        add(
            "old_workers",
            "工人年纪大不要紧：优先看手机扫码、大按钮、不用打字的；先让一个班组试用两周，再决定要不要铺开。",
        )
    if _mentions_old_system(reading.text):
        add(
            "keep_old_system",
            "原来的进销存不用急着丢：先看新方案能不能接或导入旧数据，账实对准之后再决定换不换。",
        )
    elif "keep_system" in {condition.code for condition in wanted.conditions}:
        add(
            "keep_system",
            "要和现有系统对接的，请在意向里写明软件名称和版本；供给没有写明能对接的，一律先核实。",
        )
    if reading.has("how_much") and ranking.items:
        add("price", "价格看每张卡片的首年价；写「需核实」的是计价数量未定，问清台数、点位或账号数后才能比。")
    if len(reading.pain_points) >= 2:
        add("several", _order_text(wanted))
    if not reading.pain_points and not found:
        add("unclear", "还没读出具体难点。请补一句：在哪个环节、什么东西、出了什么问题；也可以直接点选场景。")
    elif not ranking.items and reading.pain_points:
        add("nothing", "暂时没有合适的供给。可以去掉一条限制再看，或把需求发布出来，让服务商来找您。")
    return found


def _order_text(wanted: Wanted) -> str:
    """A composed order of attack: what others build on first (rates and materials before plans before reports)."""
    place = {code: position for position, code in enumerate(_ORDER_OF_WORK)}
    points = sorted(
        wanted.reading.pain_points, key=lambda point: (place.get(point.code[:3], len(place)), point.code)
    )
    names = "」→「".join(point.name for point in points)
    return f"读出 {len(points)} 件事，已分开推荐。建议先后：「{names}」（中心规则：先把底数和物料做准，再排计划，最后看进度和报表）。一次先上一件，见效再加。"


def _mentions_old_system(text: str) -> bool:
    return any(
        word in text
        for word in ("进销存要不要", "旧系统要不要", "老系统要不要", "要不要丢", "要不要换掉", "软件要不要")
    )
