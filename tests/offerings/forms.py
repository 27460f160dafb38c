"""What a vendor's browser sends: the editor's fields, filled in or as they stand."""

from html.parser import HTMLParser
from typing import Any

from tests.services.client import Client, find_forms

BLANK = (
    "service_class", "vendor_kind", "training_days", "prerequisites", "not_suitable", "exit_terms",
    "packages-0-price_unit", "packages-0-price_label", "packages-0-note", "packages-0-components-0-note",
    "packages-1-title", "packages-1-price_min", "packages-1-price_max", "packages-1-note",
    "cases-0-customer", "cases-0-industry_code", "cases-0-scenario_code", "cases-0-effect_metric", "cases-0-year",
)  # fmt: skip
"""Fields that a browser sends although nobody filled them in."""


def typed(**values: Any) -> dict[str, Any]:
    """What a vendor types into the editor."""
    return {
        "kind": "solution",
        "title": "示例点检小程序",
        "product_class": "生产制造",
        "summary": "点检有没有做，班长手机上看得到",
        "body": "扫码点检，漏检提醒，异常拍照，月底出报表，纸质表格不用再填。",
        "scenario_codes[]": ["S08"],
        "pain_point_codes[]": ["S08-1"],
        "go_live_days": "3",
        "condition_codes[]": ["phone_only"],
        "packages-0-title": "基本版",
        "packages-0-price_mode": "yearly",
        "packages-0-price_min": "0.5",
        "packages-0-price_max": "1.2",
        "packages-0-components-0-type": "licence",
        "packages-0-components-0-title": "账号 20 个",
        "packages-0-components-0-amount": "0.8",
        **dict.fromkeys(BLANK, ""),
        **values,
    }


def edit_fields(client: Client, page: str) -> dict[str, Any]:
    """The editor's fields as a browser would send them back, selects and text boxes included."""

    class Parser(HTMLParser):
        def __init__(self) -> None:
            super().__init__()
            self.fields: dict[str, Any] = dict(forms[0].fields)
            self.name, self.area = "", ""

        def handle_starttag(self, tag, attributes):
            given = dict(attributes)
            if tag == "select":
                self.name = given["name"]
            elif tag == "option" and "selected" in given:
                self.fields[self.name] = given["value"]
            elif tag == "textarea":
                self.area = given["name"]

        def handle_data(self, data):
            if self.area:
                self.fields[self.area] = data.strip("\n")

        def handle_endtag(self, tag):
            if tag == "textarea":
                self.area = ""

    shown = client.get(page)
    assert shown.status_code == 200
    forms = [form for form in find_forms(shown.text) if form.action == page]
    parser = Parser()
    parser.feed(shown.text[shown.text.index('id="editor"') :])
    return parser.fields


def token_of(client: Client, page: str) -> str:
    return find_forms(client.get(page).text)[-1].fields["csrf_token"]
