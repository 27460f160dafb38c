"""Rules about committed texts: templates, hosts, locks, lengths."""

import json
import re
from pathlib import PurePosixPath

from tests.architecture.tree import Tree

LONGEST = 420  # "about 400", so that a line more needs no argument
LONGEST_TEST = 600  # a test file is a list that is read one entry at a time
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
            # mails are read in a mail program, which loads no style sheet
            if what in {"a style attribute", "an inline style sheet"} and "emails" in path.parts:
                continue
            lines = [text.count("\n", 0, match.start()) + 1 for match in re.finditer(pattern, text)]
            found += [f"{path}:{line}: {what}" for line in lines]
    return found


TAG = re.compile(r"<([a-z]+)\b([^<>]*)>", re.DOTALL)
ACTING = {"form", "a", "button", "input", "select", "textarea"}
UNASKED = re.compile(r"hx-trigger\s*=\s*[\"'][^\"']*\b(load|every|change|revealed)\b")


def htmx_sits_on_real_elements(tree: Tree) -> list[str]:
    """Each page works without JavaScript: what a person acts on is a form, a link or a field, htmx or not."""
    found = []
    for path in tree.named(".html", under=("templates",)):
        text = _without_comments(tree.read(path))
        for match in TAG.finditer(text):
            name, attributes = match.groups()
            if not re.search(r"\bhx-(get|post|put|patch|delete)\b", attributes):
                continue
            line = text.count("\n", 0, match.start()) + 1
            if name == "form" and "action=" not in attributes:
                found.append(f"{path}:{line}: a form for htmx only")
            elif name == "a" and "href=" not in attributes:
                found.append(f"{path}:{line}: a link for htmx only")
            elif name not in ACTING and not UNASKED.search(attributes):
                found.append(f"{path}:{line}: <{name}> is no form, link or field")
    return found


def templates_name_what_is_there(tree: Tree) -> list[str]:
    """Every icon and static file that a template names exists (vendor files come with `make assets`)."""
    static = PurePosixPath("app/web/static")
    sprite = static / "icons.svg"
    icons = set(re.findall(r'<symbol id="([^"]+)"', tree.read(sprite))) if sprite in tree.files else set()
    found = []
    for path in tree.named(".html", under=("templates",)):
        text = _without_comments(tree.read(path))
        named = re.findall(r"\bicon(?:_name)?(?:\(|=)'([a-z0-9-]+)'", text)
        found += [f"{path}: the icon {name} is not in icons.svg" for name in named if name not in icons]
        files = [
            name for name in re.findall(r"\bstatic\('([^']+)'\)", text) if not name.startswith("vendor/")
        ]
        found += [
            f"{path}: there is no static file {name}" for name in files if static / name not in tree.files
        ]
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
        longest = LONGEST_TEST if path.parts[0] == "tests" else LONGEST
        if lines > longest and str(path) not in LONG and path.parts[:2] != ("migrations", "versions"):
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
