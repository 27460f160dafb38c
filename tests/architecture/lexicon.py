"""The dictionary is the centre's own: nothing of the demo needs and offerings, which also measure it, enters it."""

import ast
import json
import re

from tests.architecture.tree import Tree

READERS = ("app/reference/", "app/matching/reading/", "search/analysis/")
"""Where texts are turned into words, terms and synonyms."""
SHARED_RUN = 8
"""So many characters in a row are a quotation and no coincidence of two people naming the same thing."""


def no_demo_in_code(tree: Tree) -> list[str]:
    """What reads a text knows neither needs nor offerings nor the demo data's folder."""
    found = []
    for source in tree.sources:
        if not str(source.path).startswith(READERS):
            continue
        found += [
            source.at(used.line, f"imports {used.name}")
            for used in source.imports
            if used.is_in("app.needs", "app.offerings", "app.demo")
        ]
        found += [
            source.at(node.lineno, f"names demo: {node.value[:40]!r}")
            for node in ast.walk(source.tree)
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and "demo" in node.value.lower()
        ]
    return found


def quotations(tree: Tree) -> list[str]:
    """Entries of the dictionary that repeat a run of characters from a demo need."""
    runs = set()
    for path in tree.named(".jsonl", under=("app",)):
        if "demo" in path.parts and "needs" in path.name:
            for line in tree.read(path).splitlines():
                text = _letters(str(json.loads(line).get("text", "")))
                runs |= {text[start : start + SHARED_RUN] for start in range(len(text) - SHARED_RUN + 1)}
    found = []
    for path in tree.named(".txt", ".csv", under=("app",)):
        if "reference" not in path.parts:
            continue
        for number, line in enumerate(tree.read(path).splitlines(), 1):
            for entry in re.split(r"[|,;]", line):
                text = _letters(entry)
                if any(
                    text[start : start + SHARED_RUN] in runs for start in range(len(text) - SHARED_RUN + 1)
                ):
                    found.append(f"{path}:{number}: {entry.strip()[:40]}")
    return found


def _letters(text: str) -> str:
    return re.sub(r"[\W_]", "", text)
