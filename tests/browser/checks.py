"""What every page must pass in the browser: no overflow, axe-core content, fingers can hit the controls.

Each returns the findings as text, so a test says `assert not checks.overflow(page)`.
"""

import json
from pathlib import Path
from typing import Any

from playwright.sync_api import Page

AXE = Path(__file__).parents[2] / "node_modules" / "axe-core" / "axe.min.js"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "best-practice"]
TARGET = (
    40  # px of height under 641 px width: 44 for controls, 40 for links that stand alone in a line of a list
)

_SMALL = """(least) => [...document.querySelectorAll('button, select, summary, input:not([type=hidden]), textarea, a.btn, nav a')]
  .map(node => [node, (node.closest('label') || node).getBoundingClientRect()])
  .filter(([node, box]) => box.width > 1 && box.height < least && getComputedStyle(node).visibility !== 'hidden'
    && !node.closest('.vh, .crumb, .pot'))
  .map(([node, box]) => `${node.tagName} ${(node.textContent || node.name).trim().slice(0, 20)}: ${Math.round(box.height)} px`)"""


def overflow(page: Page) -> list[str]:
    """Elements that make the page scroll sideways."""
    found: list[str] = page.evaluate(
        """() => document.documentElement.scrollWidth <= innerWidth ? [] :
          [...document.querySelectorAll('body *')].filter(node => node.getBoundingClientRect().right > innerWidth + 1)
            .slice(0, 5).map(node => node.outerHTML.slice(0, 120))"""
    )
    return found


def small_targets(page: Page) -> list[str]:
    """Controls that are too low for a finger; for phone widths."""
    found: list[str] = page.evaluate(_SMALL, TARGET)
    return found


def axe(page: Page) -> list[str]:
    """Serious and critical findings of axe-core. Run past the page's CSP, which forbids eval."""
    session = page.context.new_cdp_session(page)
    session.send("Runtime.evaluate", {"expression": AXE.read_text()})
    options = json.dumps({"runOnly": RULES, "resultTypes": ["violations"]})
    answer: dict[str, Any] = session.send(
        "Runtime.evaluate",
        {
            "expression": f"axe.run(document, {options}).then(found => JSON.stringify(found.violations))",
            "awaitPromise": True,
            "returnByValue": True,
        },
    )
    session.detach()
    violations = json.loads(answer["result"]["value"])
    return [
        f"{item['id']} ({item['impact']}): {node['html'][:120]}"
        for item in violations
        if item["impact"] in {"serious", "critical"}
        for node in item["nodes"][:3]
    ]
