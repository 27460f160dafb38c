"""What the site is like, as questions with few answers: form, gate, page and matching read this one list. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass

UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Condition:
    """A question about the site. `weight` is what an answer adds to the gate's line, `UNKNOWN` adds nothing."""

    code: str
    title: str
    weight: int
    options: tuple[tuple[str, str], ...]

    def label(self, answer: str) -> str:
        """Return the Chinese text of an answer."""
        return dict(self.options)[answer]


_UNSURE = (UNKNOWN, "说不清，请中心来看")

CONDITIONS: tuple[Condition, ...] = (
    Condition(
        "can_stop_line",
        "安装时能不能停产",
        2,
        (("yes", "可以停"), ("limited", "只能短时间停"), ("no", "不能停")),
    ),
    Condition(
        "network", "车间有没有网络", 1, (("yes", "机台边就有"), ("partial", "只有部分地方有"), ("no", "没有"))
    ),
    Condition("server", "有没有自己的服务器", 1, (("yes", "有"), ("no", "没有"))),
    Condition(
        "data_may_leave",
        "数据能不能放到厂外（云上）",
        1,
        (("yes", "可以"), ("limited", "去掉敏感内容可以"), ("no", "不行，只能放厂里")),
    ),
    Condition(
        "machine_interface",
        "设备有没有通信口",
        1,
        (("yes", "都有"), ("some", "一部分有"), ("no", "老设备，都没有"), _UNSURE),
    ),
    Condition("cabinet_space", "电柜里有没有空位", 1, (("yes", "有"), ("no", "没有"), _UNSURE)),
    Condition(
        "operators", "有没有人会用、会管", 1, (("yes", "有人"), ("train", "有人，要培训"), ("no", "没有人"))
    ),
)
BY_CODE: Mapping[str, Condition] = {item.code: item for item in CONDITIONS}


def is_answer(code: str, answer: str) -> bool:
    """Return whether `answer` is one of the condition's options."""
    return code in BY_CODE and answer in dict(BY_CODE[code].options)


def describe(answers: Mapping[str, str]) -> list[tuple[str, str]]:
    """Return (question, answer) in Chinese for what has been answered, in the questions' order."""
    return [(item.title, item.label(answers[item.code])) for item in CONDITIONS if item.code in answers]
