"""How well a trouble is told: plain rules on the owner's own words, no model. Composed: 中心规则. Pure.

Five things make a trouble understandable to a stranger: what it is about, who or where, when or how often, what comes of it,
and enough words. Each rule only asks whether the text speaks of it at all.
"""

import re
import unicodedata

from app.core.masking import without_markers

ENOUGH = 20
LEAST = 6

_WHAT = re.compile(
    r"[机床线泵炉窑罐釜柜模刀夹阀轴辊管料件箱袋瓶桶板布纱油漆胶漆粉丝钢铁铝铜]"
    r"|设备|仪表|仪器|传感|工装|图纸|图|版本|配方|工艺|工序|程序|参数|订单|单子|单据|合同|发票|账|帐|报价|报表|台账|表格|excel"
    r"|库存|仓库|货|产品|样品|零件|半成品|成品|原料|备件|电表|电费|用电|水费|燃气|煤气|蒸汽|能耗|碳|工资|计件|考勤|工时|成本|利润|毛利"
    r"|系统|软件|网络|数据|质量|安全|隐患|危废|动火|证书|证|客户|供应商|物流|车辆|排产|计划|交期|培训|审批|会议|文件|标准",
    re.IGNORECASE,
)
_WHO = re.compile(
    r"车间|班组|班长|工段|工位|产线|生产线|线上|机台|现场|仓库|库房|办公室|门卫|食堂|宿舍|厂里|厂区|分厂|工厂|一楼|二楼|三楼"
    r"|师傅|工人|员工|操作工|技术员|质检|检验|品质|品管|工艺员|计划员|调度|采购|销售|业务|财务|会计|出纳|人事|行政|安全员|安环"
    r"|夜班|白班|早班|中班|晚班|接班|交班|当班|值班|电工|焊工|机修|维修|点检员|安装队|装配|班上|前台|内勤|司机|老板|厂长|经理|主任|主管|客户|供应商|外协|经销商|技术科|设计|研发|文员|统计员"
    r"|我们|我厂|本厂|本公司|我司|他们|大家|哪个|谁",
)
_WHEN = re.compile(
    r"夜班|白班|早班|中班|晚班|半夜|夜里|晚上|早上|上午|中午|下午|凌晨|周末|节假日|节前|年底|年初|月底|月初|旺季|淡季"
    r"|每天|每日|每周|每月|每年|每次|每个月|每回|每班|天天|月月|年年|随时|经常|老是|总是|常常|一直|时不时|有时|偶尔|动不动|次次|回回|老"
    r"|上周|上个?月|上个礼拜|去年|今年|前年|这个月|这几年|最近|近来|昨天|今天|明天|前几天|刚"
    r"|[\d一二两三四五六七八九十几半多百]+\s*(?:个)?\s*(?:年|月|周|星期|礼拜|天|日|小时|钟头|分钟|秒|次|回|遍|趟)",
)
_RESULT = re.compile(
    r"误|耽|拖|延|迟|晚|慢|等|停|歇|断|坏|烧|撞|卡|堵|漏|丢|失|错|乱|混|差|不准|不对|不合格|报废|废|次品|不良|返工|返修|重做|退货|退回|被退"
    r"|投诉|索赔|赔|罚|扣|亏|浪费|多花|贵|超|加班|熬夜|吵|打架|闹|走人|跑单|流失|没做成|事故|受伤|危险|超标|整改"
    r"|逾期|劣化|不足|不够|少了|蒙|全靠|靠人|靠记|不敢|没信号|没法|没数"
    r"|不知道|不晓得|搞不清|说不清|没人|查不到|找不到|对不上|追不到|看不到|算不出|算不清|来不及|赶不上|干不完|忙不过来|接不住"
    r"|\d+\s*(?:万|元|块|千|%|％|个百分点)|好多钱|成本高|利润低|没利润|瞎|白干|白跑|恼火|头痛|头疼",
)


def narrowed(text: str) -> str:
    """Return the text in plain characters, without the markers that stand for hidden contact details."""
    return unicodedata.normalize("NFKC", without_markers(text)).strip()


def letters(text: str) -> int:
    """Return how many letters, digits and characters the text has, blanks and marks left out."""
    return sum(char.isalnum() for char in narrowed(text))


def is_told(text: str) -> bool:
    """Return whether there is anything to read: enough letters, and not the same few again and again."""
    plain = narrowed(text)
    return letters(text) >= LEAST and len({char for char in plain if char.isalnum()}) >= LEAST - 1


def tells_what(text: str) -> bool:
    return _WHAT.search(narrowed(text)) is not None


def tells_who(text: str) -> bool:
    return _WHO.search(narrowed(text)) is not None


def tells_when(text: str) -> bool:
    return _WHEN.search(narrowed(text)) is not None


def tells_result(text: str) -> bool:
    return _RESULT.search(narrowed(text)) is not None


def suggest_title(text: str, *, limit: int = 24) -> str:
    """Return the first clause of the text as a working title."""
    first = re.split(r"[。！？；!?;\n]", without_markers(text).strip(), maxsplit=1)[0].strip(" ，,、")
    if len(first) <= limit:
        return first
    parts = re.split(r"[，,、：:]", first)
    title = parts[0]
    for part in parts[1:]:
        if len(title) + len(part) + 1 > limit:
            break
        title = f"{title}，{part}"
    return title[:limit].strip()
