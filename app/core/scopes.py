"""What a personal API token may be given: its owner chooses some, each API route asks for one.

A token never does more than its owner could do at that moment; a scope only takes away.
"""

from enum import StrEnum


class Scope(StrEnum):
    open = "open"
    """Asked for by routes that tell nothing in confidence; every token has it."""
    search_read = "search:read"
    organisations_read = "organisations:read"
    offerings_read = "offerings:read"
    offerings_write = "offerings:write"
    needs_read = "needs:read"
    needs_write = "needs:write"
    deals_read = "deals:read"
    deals_write = "deals:write"


SCOPE_LABELS: dict[Scope, str] = {
    Scope.search_read: "搜索和试算匹配",
    Scope.organisations_read: "看机构的公开资料",
    Scope.offerings_read: "看供给，含本机构的草稿",
    Scope.offerings_write: "新建、修改和提交本机构的供给",
    Scope.needs_read: "看需求和匹配，含本机构的草稿",
    Scope.needs_write: "新建、修改和发布本机构的需求",
    Scope.deals_read: "看本机构的意向和往来",
    Scope.deals_write: "发出、答复意向和发消息",
}
"""What a person may choose from, with the words on the page."""
