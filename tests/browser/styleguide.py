"""Serves templates/styleguide.html with sample data, under the edge's own content security policy."""

import mimetypes
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlsplit

from markupsafe import Markup

from app.core.permissions import ANONYMOUS, Actor
from app.web.headers import CSP
from app.web.static import FOLDER, PREFIX
from app.web.templating import build_environment
from search.types import Segment

SITE = {
    "name": "赋能汇",
    "centre_name": "示例赋能中心",
    "city": "重庆市",
    "icp": "备案号（示例）",
    "telephone": "023-0000 0000",
    "public_url": "http://127.0.0.1",
    "demo": True,
}


def context(actor: Actor = ANONYMOUS, path: str = "/", **more: Any) -> dict[str, Any]:
    """What app.web.templating gives every page, without a request."""
    return {
        "actor": actor,
        "path": path,
        "site": SITE,
        "csrf_token": "token",
        "csrf_field": lambda: Markup('<input type="hidden" name="csrf_token" value="token">'),
        "idempotency_field": lambda: Markup('<input type="hidden" name="idempotency_key" value="key">'),
        "flash": ("ok", "已保存"),
        "is_fragment": False,
        "values": {},
        "errors": {},
        "panels": lambda *_place, **_named: [],
        **more,
    }


def _cell(letter: str, promise: str | None, fact: str | None, met: bool | None, cases: int) -> dict[str, Any]:
    href = "#rows" if fact else ""
    return {
        "letter": letter,
        "label": "首年投入",
        "promise": promise,
        "fact": fact,
        "met": met,
        "cases": cases,
        "href": href,
    }


def _reason(slot: int, points: str, *, counted: bool = True) -> dict[str, Any]:
    return {"slot": slot, "points_text": points, "text": "夹在电源线上，安装不断电", "counted": counted}


MATCH: dict[str, Any] = {
    "rank": 1,
    "href": "#",
    "title": "电流钳式设备状态监测（示例）",
    "by": ["山城智联传感（示例）", "", "渝北区"],
    "price": "",
    "terms": ["6 台", "2 天上线"],
    "cells": [
        _cell("小", "0.90 万元内", "0.84 万元", True, 12),
        _cell("快", "2 天", "3 天", False, 12),
        _cell("轻", "不断电", None, None, 2),
        _cell("准", None, None, None, 0),
    ],
    "score": "92",
    "known": "90",
    "parts": [{"slot": slot, "points": points} for slot, points in ((1, 44.5), (2, 22.5), (6, 17), (8, 8))],
    "reasons": [
        _reason(1, "44.5 分"),
        _reason(2, "22.5 分"),
        _reason(6, "17 分"),
        _reason(3, "不计", counted=False),
    ],
    "notes": ["只从文字读到，请核实"],
    "evidence": "依据 12 个已验收案件",
    "evidence_href": "#rows",
}
GATE = [
    {"title": "难处说清了", "points": 5, "text": "都有。", "gain": 0, "href": "", "action": ""},
    {"title": "现场说得明", "points": 0, "text": "勾选能否停产。", "gain": 3, "href": "#", "action": "去勾"},
]
SAMPLE = SimpleNamespace(
    values={
        "title": '<script>alert("x")</script>',
        "problem": "六台老冲床，没有通信口。" * 15,
        "kind": "equipment",
        "district": "bishan",
        "stop": "no",
        "scenarios": ["S08"],
        "packages": [{"price": "3.5"}],
    },
    errors={"credit_code": "第 9 位应为 7，您填的是 5", "agree": "要勾选才能继续"},
    labels={"credit_code": "统一社会信用代码", "agree": "用户协议"},
    matches=[MATCH],
    misses=[
        {
            "title": "整线套件（示例）",
            "href": "#",
            "why": "比预算多 10 万元。",
            "rule": "规则 X-03",
            "fix": "放到 15 万元",
        }
    ],
    weights=[{"slot": slot, "name": f"因素 {slot}", "weight": 20} for slot in range(1, 6)],
    gate=GATE,
    url=lambda number: f"?page={number}",
    results=[
        {
            "href": "#",
            "title": (Segment("电流钳式"), Segment("设备", hit=True), Segment("<b>监测</b>")),
            "kind_label": "设备",
            "facts": ["示例机构"],
            "snippet": (Segment("老"), Segment("冲床", hit=True)),
            "price": "0.06–0.15 万元/台",
            "term": "2 天上线",
            "cells": [{"letter": "小", "state": "met"}, {"letter": "准", "state": "none"}],
        }
    ],
)


def render(name: str = "styleguide.html", **more: Any) -> str:
    return build_environment().get_template(name).render(context(sample=SAMPLE, **more))


@contextmanager
def serving(html: str) -> Iterator[str]:
    """The address of a server that answers every path but the static files with `html`."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            path = urlsplit(self.path).path
            body, kind = html.encode(), "text/html; charset=utf-8"
            if path.startswith(PREFIX + "/"):
                file = FOLDER / path.removeprefix(PREFIX + "/")
                body, kind = file.read_bytes(), mimetypes.guess_type(file.name)[0] or "text/plain"
            self.send_response(200)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.send_header("Content-Security-Policy", CSP)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_parts: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
