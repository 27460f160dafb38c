"""Each rule holds in the checkout, and each rule catches what it forbids (its control)."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.architecture import habits, layers, lexicon, texts
from tests.architecture.tree import Tree

CHECKOUT = Tree(Path(__file__).resolve().parents[2])
Rule = Callable[[Tree], list[str]]


@dataclass(frozen=True)
class Bad:
    """A tiny tree that breaks a rule once, and a word that the finding must contain."""

    rule: Rule
    path: str
    text: str
    says: str


ROUTE = "@router.get('/x')\ndef show(): ...\n"
BAD = [
    Bad(
        layers.room_order,
        "app/offerings/service.py",
        "from app.matching import service\n",
        "higher room matching",
    ),
    Bad(
        layers.room_order, "app/offerings/service.py", "from app.needs.models import Need\n", "sibling needs"
    ),
    Bad(
        layers.room_order,
        "app/offerings/service.py",
        "def f():\n    import app.front.queries\n",
        "higher room front",
    ),
    Bad(
        layers.room_order,
        "app/needs/service/publish.py",
        "from ...matching import service\n",
        "higher room matching",
    ),
    Bad(
        layers.room_order,
        "app/needs/jobs.py",
        "from app.runtime import build_runtime\n",
        "puts the rooms together",
    ),
    Bad(layers.room_order, "app/spaceships/models.py", "", "no place in the order"),
    Bad(
        layers.room_order,
        "app/front/queries.py",
        "import app.notifications.queries\n",
        "higher room notifications",
    ),
    Bad(layers.core_and_web, "app/core/x.py", "from fastapi import Request\n", "fastapi.Request"),
    Bad(layers.core_and_web, "app/core/x.py", "from app.accounts.models import User\n", "app.accounts"),
    Bad(layers.core_and_web, "app/core/x.py", "from app.web import csrf\n", "app.web"),
    Bad(layers.core_and_web, "app/web/x.py", "from app.accounts import deps\n", "app.accounts"),
    Bad(layers.search_stands_alone, "search/x.py", "from app.core import clock\n", "search imports app.core"),
    Bad(layers.search_stands_alone, "search/guard.py", "import elasticsearch\n", "outside search/elastic/"),
    Bad(
        layers.search_stands_alone,
        "app/core/x.py",
        "from elasticsearch import Elasticsearch\n",
        "outside search/",
    ),
    Bad(
        layers.search_stands_alone, "search/elastic/engine.py", "import tantivy\n", "outside search/embedded/"
    ),
    Bad(
        layers.search_stands_alone, "app/front/service.py", "from search.elastic import engine\n", "only door"
    ),
    Bad(layers.files_in_a_room, "app/needs/service.py", "from fastapi import Request\n", "know the web"),
    Bad(
        layers.files_in_a_room,
        "app/needs/service/x.py",
        "from app.web.templating import render\n",
        "know the web",
    ),
    Bad(layers.files_in_a_room, "app/needs/gate.py", "import starlette.requests\n", "know the web"),
    Bad(
        layers.files_in_a_room, "app/needs/models.py", "from app.accounts.models import User\n", "by a string"
    ),
    Bad(
        layers.files_in_a_room, "app/needs/models.py", "from app.needs import queries\n", "bottom of the room"
    ),
    Bad(layers.files_in_a_room, "app/needs/schemas.py", "from sqlalchemy.orm import Session\n", "no session"),
    Bad(
        layers.files_in_a_room,
        "app/needs/policy.py",
        "from sqlalchemy.orm import Session\n",
        "without a session",
    ),
    Bad(
        layers.files_in_a_room,
        "app/needs/policy.py",
        "from app.needs.queries import find\n",
        "core.permissions",
    ),
    Bad(layers.files_in_a_room, "app/needs/queries.py", "from app.needs import service\n", "queries read"),
    Bad(
        layers.files_in_a_room,
        "app/needs/queries.py",
        "from app.accounts import service\n",
        "no command",
    ),
    Bad(layers.files_in_a_room, "app/needs/pages.py", "from sqlalchemy import func\n", "queries and service"),
    Bad(layers.files_in_a_room, "app/needs/api.py", "import sqlalchemy\n", "queries and service"),
    Bad(
        layers.files_in_a_room,
        "app/needs/service.py",
        "from app.accounts.pages import router\n",
        "only commands",
    ),
    Bad(layers.files_in_a_room, "app/needs/indexing.py", "from search.embedded import engine\n", "no engine"),
    Bad(layers.rooms_open_with_words, "app/needs/__init__.py", "", "no docstring"),
    Bad(layers.rooms_open_with_words, "app/needs/__init__.py", '"""Needs."""\nimport os\n', "code in"),
    Bad(
        habits.selects_stand_in_queries, "app/needs/service.py", "rows = select(Need)\n", "outside queries.py"
    ),
    Bad(
        habits.selects_stand_in_queries, "app/needs/pages/public.py", "s.query(Need)\n", "outside queries.py"
    ),
    Bad(habits.selects_stand_in_queries, "app/web/x.py", "sa.select(Need)\n", "outside queries.py"),
    Bad(
        habits.selects_stand_in_queries,
        "app/cli.py",
        "from sqlalchemy import text\ntext('1')\n",
        "outside queries.py",
    ),
    Bad(habits.queries_do_not_write, "app/needs/queries.py", "session.add(need)\n", "queries call add("),
    Bad(habits.queries_do_not_write, "app/needs/queries/x.py", "update(Need)\n", "queries call update("),
    Bad(habits.only_the_edge_commits, "app/needs/service.py", "session.commit()\n", "commit( outside"),
    Bad(
        habits.only_the_edge_commits,
        "app/needs/pages.py",
        "with db.writing() as s: ...\n",
        "writing( outside",
    ),
    Bad(habits.routes_declare_their_policy, "app/needs/pages.py", ROUTE, "show declares no policy"),
    Bad(
        habits.routes_declare_their_policy,
        "app/needs/api.py",
        f"@cached\n{ROUTE}".replace("def", "async def"),
        "show",
    ),
    Bad(habits.relationships_raise, "app/needs/models.py", "x = relationship('User')\n", "lazy="),
    Bad(habits.relationships_raise, "app/needs/models.py", "x = relationship(lazy='select')\n", "lazy="),
    Bad(habits.nothing_is_marked_safe, "app/needs/service.py", "Markup('<b>')\n", "Markup("),
    Bad(
        habits.engines_are_not_called_in_services,
        "app/needs/service.py",
        "from search import open_engine\n",
        "service",
    ),
    Bad(texts.templates_keep_the_csp, "templates/x.html", "{{ text | safe }}", "|safe"),
    Bad(texts.templates_keep_the_csp, "templates/x.html", "{% autoescape false %}", "autoescape off"),
    Bad(
        texts.templates_keep_the_csp,
        "templates/x.html",
        "<p>\n<script>1</script>",
        "x.html:2: an inline script",
    ),
    Bad(texts.templates_keep_the_csp, "templates/x.html", "<style>p{}</style>", "an inline style sheet"),
    Bad(
        texts.templates_keep_the_csp,
        "templates/x.html",
        '<p class="a"\n style="color:red">',
        "a style attribute",
    ),
    Bad(texts.templates_keep_the_csp, "templates/x.html", '<p onclick="go()">', "an inline event handler"),
    Bad(texts.templates_keep_the_csp, "templates/x.html", '<p hx-on:click="go()">', "hx-on"),
    Bad(texts.templates_keep_the_csp, "templates/x.html", '<a href="javascript:x">', "javascript:"),
    Bad(texts.templates_keep_the_csp, "templates/x.html", '<script src="//a.example/x.js">', "another host"),
    Bad(texts.htmx_sits_on_real_elements, "templates/x.html", '<form hx-post="/x">', "for htmx only"),
    Bad(texts.htmx_sits_on_real_elements, "templates/x.html", '<a\n hx-get="/x">', "for htmx only"),
    Bad(texts.htmx_sits_on_real_elements, "templates/x.html", '<div hx-get="/x">', "no form, link or field"),
    Bad(texts.templates_name_what_is_there, "templates/x.html", "{{ icon('nonsense') }}", "icon nonsense"),
    Bad(texts.templates_name_what_is_there, "templates/x.html", "{{ b(icon_name='none') }}", "icon none"),
    Bad(texts.templates_name_what_is_there, "templates/x.html", "{{ static('x.css') }}", "static file x.css"),
    Bad(texts.it_stands_alone, "docs/x.md", f"see {texts.MACHINE[0]}/DESIGN.md", "names .."),
    Bad(texts.it_stands_alone, "x.toml", f"index = https://{texts.HOSTS[3]}/simple", "names"),
    Bad(texts.locks_have_hashes, "requirements/run.txt", "fastapi==1.0\n", "not locked: fastapi"),
    Bad(texts.locks_have_hashes, "requirements/run.txt", "--index-url x\n", "an option"),
    Bad(
        texts.locks_have_hashes,
        "package-lock.json",
        '{"packages": {"a": {"integrity": "1", "resolved": "x"}}}',
        "host",
    ),
    Bad(texts.locks_have_hashes, "package-lock.json", '{"packages": {"a": {}}}', "no hash"),
    Bad(texts.locks_have_hashes, ".npmrc", "fund=false\n", "would name a host"),
    Bad(texts.files_stay_short, "app/needs/service.py", "x = 1\n" * 421, "421 lines"),
    Bad(texts.files_stay_short, "tests/needs/test_service.py", "x = 1\n" * 601, "601 lines"),
    Bad(
        lexicon.no_demo_in_code,
        "app/matching/reading/x.py",
        "from app.needs import queries\n",
        "imports app.needs",
    ),
    Bad(lexicon.no_demo_in_code, "app/reference/data.py", "open('data/demo/needs.jsonl')\n", "names demo"),
    Bad(lexicon.no_demo_in_code, "search/analysis/x.py", "place = 'app/data/demo'\n", "names demo"),
    Bad(texts.exceptions_are_needed, next(iter(texts.LONG)), "a{}\n", "needs no place"),
]
RULES = list(dict.fromkeys(bad.rule for bad in BAD))


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_the_checkout_keeps_the_rule(rule: Rule):
    assert rule(CHECKOUT) == [], rule.__doc__


@pytest.mark.parametrize("bad", BAD, ids=lambda bad: f"{bad.rule.__name__}-{bad.says}")
def test_the_rule_catches_what_it_forbids(bad: Bad, tmp_path: Path):
    file = tmp_path / bad.path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(bad.text, encoding="utf-8")
    found = bad.rule(Tree(tmp_path))
    assert len(found) == 1, found
    assert bad.says in found[0]


GOOD = {
    "app/needs/__init__.py": '"""Needs."""\n',
    "app/needs/models.py": "from app.core.db import Base\nx = relationship(lazy='raise')\n",
    "app/needs/queries.py": "from app.accounts.models import User\nselect(User)\nseen.add(1)\n",
    "app/needs/service.py": "from app.reference import queries\nfrom app.core import audit\n",
    "app/needs/jobs.py": "with database.writing() as session: ...\n",
    "app/needs/pages.py": "from fastapi import APIRouter\n@router.get('/x')\n@public\ndef show(): ...\n",
    "app/web/deps.py": "session.commit()\n",
    "search/elastic/client.py": "import elasticsearch\n",
    "templates/x.html": '{# no |safe #}<script src="/static/x.js"></script><a href="https://example.org">x</a>',
    "requirements/run.txt": "# x\na==1 \\\n    --hash=sha256:1 \\\n    --hash=sha256:2\n    # via b\n",
    "package-lock.json": '{"packages": {"": {}, "node_modules/a": {"integrity": "1"}}}',
}


def test_the_rules_allow_what_design_allows(tmp_path: Path):
    for path, text in GOOD.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text, encoding="utf-8")
    assert [found for rule in RULES for found in rule(Tree(tmp_path))] == []


def test_the_dictionary_quotes_no_demo_need():
    assert lexicon.quotations(CHECKOUT) == []


def test_a_quotation_is_caught(tmp_path: Path):
    for path, text in {
        "app/data/demo/needs.jsonl": '{"text": "注塑机老是停机，没人知道为什么停了"}\n',
        "app/data/reference/lexicon/S01.txt": "设备停机|没人知道为什么停了\n停机\n",
    }.items():
        (tmp_path / path).parent.mkdir(parents=True)
        (tmp_path / path).write_text(text, encoding="utf-8")
    assert lexicon.quotations(Tree(tmp_path)) == ["app/data/reference/lexicon/S01.txt:1: 没人知道为什么停了"]
