# Build: docker build -t funeng .
#
# The base is pinned by its exact version and not by a digest: a digest names the files of one processor
# architecture's index on one day and stops security rebuilds of the same version from arriving.
# The commands are those of tests/packaging/commands.py, which the wheel test runs outside any container.

FROM python:3.11.14-slim-bookworm AS build
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
WORKDIR /src
COPY requirements/setup.txt requirements/setup.txt
RUN python -m pip install --require-hashes -r requirements/setup.txt
COPY package.json package-lock.json .npmrc ./
COPY scripts/assets.py scripts/assets.py
COPY app app
RUN python scripts/assets.py
COPY pyproject.toml README.md LICENSE ./
COPY search search
COPY templates templates
COPY migrations migrations
RUN python -m pip wheel --no-deps --no-build-isolation --wheel-dir dist .

FROM python:3.11.14-slim-bookworm AS run
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_ROOT_USER_ACTION=ignore
WORKDIR /srv
COPY requirements/run.txt requirements/run.txt
RUN python -m pip install --require-hashes -r requirements/run.txt
COPY --from=build /src/dist dist
RUN python -m pip install --no-deps --no-index dist/funeng-*.whl
RUN python -m pip check
RUN useradd --system --uid 10001 --home-dir /var/lib/funeng --create-home funeng
USER 10001
WORKDIR /var/lib/funeng
ENV FUNENG_ENV=production FUNENG_DATA_DIR=/var/lib/funeng FUNENG_LOG_JSON=true PYTHONUNBUFFERED=1
VOLUME /var/lib/funeng
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=4s --start-period=60s --retries=3 \
    CMD ["python", "-c", "import urllib.request as r; r.urlopen('http://127.0.0.1:8000/readyz', timeout=3)"]
ENTRYPOINT ["funeng"]
CMD ["serve", "--host", "0.0.0.0", "--port", "8000"]
