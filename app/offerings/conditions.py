"""What an offering asks of the site, as known codes: editor, letters, page and matching read this one list. Pure."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Condition:
    """A statement of the vendor about his offering; `pattern` recognises it in a short text."""

    code: str
    text: str
    group: str
    pattern: str = ""


NETWORK, MACHINE, STOP, PEOPLE = "网络与服务器", "设备与现场", "安装要不要停线", "人员与系统"

CONDITIONS: tuple[Condition, ...] = (
    Condition("phone_only", "有手机就能用", NETWORK, r"手机即可|有手机就|微信即可|^手机$|手机号即可"),
    Condition("cloud", "云上使用，厂里不装服务器", NETWORK, r"SaaS|云端使用|云上使用|浏览器即可"),
    Condition("edge_box", "用边缘盒子，不需要服务器", NETWORK, r"边缘(?:盒|网关)"),
    Condition("no_server", "不需要新服务器", NETWORK, r"(?:无需|不需要?|免)(?:自备|新增|购)?服务器"),
    Condition("own_server", "要自备服务器", NETWORK, r"^(?:需|自备).{0,4}服务器(?!或上云)"),
    Condition(
        "internet",
        "要能上网",
        NETWORK,
        r"需(?:要)?(?:能)?(?:上网|联网|接入互联网)|需网络(?!拓扑)|需宽带|需专线|与网络$",
    ),
    Condition("offline_ok", "可以不联网", NETWORK, r"可不联网|可离线|不需联网|无需联网|无需网络"),
    Condition("private_deploy", "可以装在厂里，数据不出厂", NETWORK, r"私有化|本地部署|数据不出厂"),
    Condition("lan", "要有局域网或 Wi-Fi", NETWORK, r"需.{0,3}(?:局域网|Wi-?Fi|WIFI|LoRa|内网)"),
    Condition("signal_4g", "要有 4G/5G 信号", NETWORK, r"需.{0,3}[45]G"),
    Condition("pc", "要有固定电脑", NETWORK, r"需.{0,4}电脑|需.{0,4}(?:电视|大屏)"),
    Condition("machine_port", "设备要有通信口", MACHINE, r"PLC|通信口|带网口|数据口|需.{0,6}通讯"),
    Condition("retrofit", "要改造设备", MACHINE, r"^需.{0,6}(?:改造|改线|加装)|设备需改"),
    Condition("no_retrofit", "不用改设备", MACHINE, r"不改(?:动)?设备|无需改造|不用改"),
    Condition("wiring", "要现场布线", MACHINE, r"布线"),
    Condition("power", "要有工位供电", MACHINE, r"(?<!提)供电|需.{0,3}电源"),
    Condition("no_line_stop", "安装不停产", STOP, r"(?:不|无需|免)停(?:产|机|线)"),
    Condition(
        "short_stop",
        "停机不超过一个班",
        STOP,
        r"停(?:产|机|线|炉)?(?:半天|半日|[1-8一两二三四五六七八]个?小时|一个?班|不超过一)",
    ),
    Condition(
        "long_stop",
        "停机超过一个班",
        STOP,
        r"停(?:产|机|线|炉)?(?:[两二三四五2-9]天|[2-9]日|[一两二三]周)|停产改造",
    ),
    Condition(
        "existing_system",
        "要已有业务系统（如 ERP）",
        PEOPLE,
        r"(?:已有|现有)(?:ERP|MES|进销存|软件|系统)|ERP|MES|进销存|软件.{0,4}接口|需数据接口",
    ),
    Condition("staff_needed", "要有专人配合", PEOPLE, r"专人|挂帅|需.{0,5}(?:工程师|班组长|人员|负责人)"),
    Condition("consent", "要员工知情同意", PEOPLE, r"知情同意"),
    Condition("authorisation", "要企业授权或认证", PEOPLE, r"授权|企业认证"),
)
BY_CODE: Mapping[str, Condition] = {item.code: item for item in CONDITIONS}
_PATTERNS = tuple((item.code, re.compile(item.pattern, re.IGNORECASE)) for item in CONDITIONS if item.pattern)

NO_SERVER = ("cloud", "edge_box", "no_server", "phone_only")
NO_STOP = ("no_line_stop", "short_stop", "phone_only")


def codes_of(texts: Iterable[str]) -> list[str]:
    """Return the codes that short texts of a vendor state plainly, in the list's order."""
    found = {code for text in texts for code, pattern in _PATTERNS if pattern.search(text)}
    if found & {"short_stop", "long_stop"}:
        found.discard("no_line_stop")
    return [item.code for item in CONDITIONS if item.code in found]


def groups() -> list[tuple[str, list[Condition]]]:
    """Return the conditions under their headings, for the editor."""
    found: dict[str, list[Condition]] = {}
    for item in CONDITIONS:
        found.setdefault(item.group, []).append(item)
    return list(found.items())


def describe(codes: Iterable[str]) -> list[str]:
    """Return the Chinese texts of known codes, in the list's order."""
    wanted = set(codes)
    return [item.text for item in CONDITIONS if item.code in wanted]
