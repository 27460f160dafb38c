"""The commands that build, install and run the product: the wheel test runs them, the Dockerfile repeats them."""

TOOLS = "python -m pip install --require-hashes -r requirements/setup.txt"
ASSETS = "python scripts/assets.py"
WHEEL = "python -m pip wheel --no-deps --no-build-isolation --wheel-dir dist ."
LOCKED = "python -m pip install --require-hashes -r requirements/run.txt"
INSTALL = "python -m pip install --no-deps --no-index dist/funeng-*.whl"
CHECK = "python -m pip check"

BUILD_STAGE = [TOOLS, ASSETS, WHEEL]
RUN_STAGE = [LOCKED, INSTALL, CHECK]

MIGRATE = ["migrate"]
REFERENCE = ["load-reference"]
SERVE = ["serve"]
WORKER = ["worker"]
