"""Rules about committed texts: templates, hosts, locks, lengths."""

import json
import re
from pathlib import PurePosixPath

from tests.architecture.tree import Tree

LONGEST = 400
LONG = {
    "app/web/static/app.css": "one stylesheet, as UX asks; sections by component",
    "app/web/static/app.js": "one small script without a build step; sections by behaviour",
}
"""Files that may be longer, each with its reason."""

# written so that this file does not name what it forbids
MACHINE = ["../" + "shared", "/" + "work/"]
HOSTS = [
    ".".join(parts)
    for parts in (
        ("registry", "npmjs", "org"),
        ("registry", "yarnpkg", "com"),
        ("npmmirror", "com"),
        ("pypi", "org"),
        ("files", "pythonhosted", "org"),
        ("pypi", "tuna", "tsinghua"),
        ("mirrors", "aliyun", "com"),
        ("repo1", "maven", "org"),
        ("repo", "maven", "apache", "org"),
        ("cdn", "jsdelivr", "net"),
        ("unpkg", "com"),
        ("cdnjs", "cloudflare", "com"),
        ("fonts", "googleapis", "com"),
        ("fonts", "gstatic", "com"),
        ("bootcdn", "net"),
    )
]
BINARY = {".png", ".jpg", ".gz", ".ico", ".woff2", ".xlsx", ".pdf", ".zip"}

TEMPLATE_RULES = {
    r"\|\s*safe\b": "|safe",
    r"\{%-?\s*autoescape\s+false": "autoescape off",
    r"<script(?![^>]*\bsrc=)": "an inline script",
    r"<style\b": "an inline style sheet",
    r"<[a-zA-Z][^<>]*\sstyle\s*=": "a style attribute",
    r"<[a-zA-Z][^<>]*\son[a-z]+\s*=": "an inline event handler",
    r"\bhx-on\b": "hx-on, which evaluates text as code",
    r"javascript:": "a javascript: address",
    r"<(?:script|link|img|iframe|source|use)\b[^>]*\b(?:src|href)\s*=\s*[\"']?(?:https?:)?//": "a file from another host",
}


def templates_keep_the_csp(tree: Tree) -> list[str]:
    """No inline script or style, nothing unescaped, nothing from another host."""
    found = []
    for path in tree.files:
        if path.parts[0] != "templates":
            continue
        text = _without_comments(tree.read(path))
        for pattern, what in TEMPLATE_RULES.items():
            # mails are read in a mail program, which knows style attributes only
            if what == "a style attribute" and "emails" in path.parts:
                continue
            lines = [text.count("\n", 0, match.start()) + 1 for match in re.finditer(pattern, text)]
            found += [f"{path}:{line}: {what}" for line in lines]
    return found


def _without_comments(text: str) -> str:
    """Blank out template comments, keeping the line numbers."""
    return re.sub(r"\{#.*?#\}", lambda match: re.sub(r"[^\n]", " ", match[0]), text, flags=re.DOTALL)


def it_stands_alone(tree: Tree) -> list[str]:
    """No committed file names another folder of this machine, a registry or a content network."""
    found = []
    for path in tree.files:
        if path.suffix in BINARY:
            continue
        for number, line in enumerate(tree.read(path).splitlines(), 1):
            found += [f"{path}:{number}: names {word}" for word in [*MACHINE, *HOSTS] if word in line]
    return found


def locks_have_hashes(tree: Tree) -> list[str]:
    """Every locked package has an exact version and a hash, and no lock names where it comes from."""
    found = []
    for path in tree.files:
        if path.parts[0] == "requirements" and path.suffix == ".txt":
            found += _check_requirements(path, tree.read(path))
        elif path.name == "package-lock.json":
            for name, package in json.loads(tree.read(path))["packages"].items():
                if name and "integrity" not in package:
                    found.append(f"{path}: {name} has no hash")
                if "resolved" in package:
                    found.append(f"{path}: {name} names a host")
        elif (
            path.name == ".npmrc"
            and "omit-lockfile-registry-resolved=true" not in tree.read(path).splitlines()
        ):
            found.append(f"{path}: package-lock.json would name a host")
    return found


def _check_requirements(path: PurePosixPath, text: str) -> list[str]:
    found = []
    for entry in re.split(r"\n(?=\S)", text.replace("\\\n", " ")):
        line = entry.splitlines()[0] if entry else ""
        if not line or line.startswith("#"):
            continue
        if line.startswith("-"):
            found.append(f"{path}: an option: {line}")
        elif "==" not in line or "--hash=sha256:" not in line:
            found.append(f"{path}: not locked: {line.split()[0]}")
    return found


def files_stay_short(tree: Tree) -> list[str]:
    """Past about 400 lines a file is split by life-cycle step or audience."""
    found = []
    for path in tree.named(".py", ".html", ".js", ".css"):
        lines = tree.read(path).count("\n")
        if lines > LONGEST and str(path) not in LONG and path.parts[:2] != ("migrations", "versions"):
            found.append(f"{path}: {lines} lines")
    return found


def exceptions_are_needed(tree: Tree) -> list[str]:
    """An exception that is no longer used is removed from the list."""
    listed = {str(path) for path in tree.files}
    return [
        f"{path}: is on the list of long files and needs no place there"
        for path in LONG
        if path in listed and tree.read(PurePosixPath(path)).count("\n") <= LONGEST
    ]
