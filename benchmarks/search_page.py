"""The search page at 100,000 offerings against the bare engine query plus the bare template response.

Same process, same run, 200 fixed queries; also the memory after 1,000 searches and one rebuild, and the rebuild's
rate against the engine's load of ready documents (`rebuild_ratio`: documents made beforehand, the same text analysis
and engine). `tantivy_ratio` is stricter than the promise: tantivy alone, with every field analysed beforehand. `FUNENG_BENCH_OFFERINGS=5000` makes it short.

Repeat with: .venv/bin/python benchmarks/search_page.py
"""

import json
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import tantivy
from fastapi import FastAPI, Request, Response
from starlette.testclient import TestClient

from app.core.permissions import ANONYMOUS
from app.core.settings import Settings
from app.indexing import finding, pages, service
from app.main import create_app
from app.runtime import LexiconKeeper, build_runtime
from app.web.policy import public
from app.web.templating import render
from search import open_engine
from search.analysis.plan import build
from search.embedded.query import run
from search.embedded.schema import register_tokenisers
from search.flow import Request as EngineRequest
from search.types import Query

OFFERINGS = int(os.environ.get("FUNENG_BENCH_OFFERINGS", "100000"))
QUERIES, SEED = 200, 20261123
WORDS = [
    "设备停机",
    "监控",
    "排产",
    "插单",
    "质量追溯",
    "仓库",
    "扫码",
    "能耗",
    "电费",
    "刀具",
    "计件工资",
    "报价",
    "图纸",
    "版本",
    "采购",
    "催料",
    "对账",
    "隐患",
    "危废",
    "巡检",
    "注塑",
    "冲压",
    "数据采集",
    "老设备",
    "网关",
    "看板",
    "培训",
    "诊断",
    "MES",
    "ERP",
    "TPM",
    "APS",
    "WMS",
    "视觉检测",
    "无纸化",
    "电子工单",
    "点检",
    "备件",
    "空压机",
    "保密",
    "备份",
]


def fixed_queries() -> list[str]:
    """Return 200 addresses: texts of one to three words, every other with one or two facets chosen."""
    draw = random.Random(SEED)
    found = []
    for number in range(QUERIES):
        pairs = [("q", " ".join(draw.sample(WORDS, draw.randint(1, 3))))]
        if number % 2:
            pairs.append(("scenario", f"S{draw.randint(1, 16):02d}"))
        if number % 4 == 3:
            pairs.append(("price_band", draw.choice(["0-1", "1-5", "5-10", "10-20"])))
        found.append("/search?" + urlencode(pairs))
    return found


def rss_mb() -> float:
    """Return RssAnon + RssShmem of this process in MB."""
    text = Path("/proc/self/status").read_text()
    return (
        sum(int(line.split()[1]) for line in text.splitlines() if line.startswith(("RssAnon", "RssShmem")))
        / 1024
    )


def timed(call: Any) -> float:
    start = time.perf_counter()
    call()
    return (time.perf_counter() - start) * 1000


def percentile(figures: list[float], share: float) -> float:
    return sorted(figures)[min(len(figures) - 1, int(len(figures) * share))]


def prepare(folder: Path) -> None:
    """Fill an installation in processes of their own, so that their memory is not counted."""
    environment = os.environ | {"FUNENG_ENV": "test", "FUNENG_DATA_DIR": str(folder)}
    for words in (["migrate"], ["load-reference"], ["seed", "--offerings", str(OFFERINGS)]):
        print("funeng", *words, file=sys.stderr)
        subprocess.run(
            [sys.executable, "-c", "from app.cli import main; main()", *words], env=environment, check=True
        )


def main() -> int:
    with tempfile.TemporaryDirectory(prefix="funeng-bench-") as name:
        folder = Path(name)
        prepare(folder)
        settings = Settings(env="test", data_dir=folder, worker_in_process=False, rate_factor=10_000)
        runtime = build_runtime(settings, worker=True)
        app = create_app(settings, runtime=runtime)
        LexiconKeeper(runtime).refresh()
        figures = page_figures(settings, runtime, app)
        written, seconds = timed_rebuild(runtime)
        memory = rss_mb()
        ready = ready_seconds(settings, runtime)
        bare = bare_seconds(settings, runtime)
        runtime.engine.close()
    result = {
        "offerings": OFFERINGS,
        **figures,
        "memory_mb": round(memory),
        "rebuild_per_s": round(written / seconds),
        "ready_load_per_s": round(written / ready),
        "rebuild_ratio": round(ready / seconds, 2),
        "tantivy_load_per_s": round(written / bare),
        "tantivy_ratio": round(bare / seconds, 2),
    }
    print(json.dumps(result, indent=1))
    good = (
        result["p50_ratio"] <= 3
        and result["p95_ratio"] <= 3
        and result["rebuild_ratio"] >= 0.5
        and memory <= 400
    )
    print("within the figures" if good else "OUTSIDE the figures (ratio ≤ 3, rebuild ≥ 0.5, memory ≤ 400 MB)")
    return 0 if good else 1


def timed_rebuild(runtime: Any) -> tuple[int, float]:
    """Return the documents and seconds of a whole rebuild from the database."""
    start = time.perf_counter()
    written = int(service.rebuild(runtime.database, runtime.engine)["written"])
    return written, time.perf_counter() - start


def ready_seconds(settings: Settings, runtime: Any) -> float:
    """Return the seconds that the engine takes for the same documents, all made beforehand."""
    batches = list(service.all_documents(runtime.database))
    with tempfile.TemporaryDirectory(prefix="funeng-ready-") as folder:
        other = open_engine(settings.model_copy(update={"data_dir": Path(folder)}).search_options())
        start = time.perf_counter()
        with other.begin_rebuild(runtime.engine.lexicon) as generation:
            for batch in batches:
                generation.write(batch)
            generation.publish()
        seconds = time.perf_counter() - start
        other.close()
    return seconds


def bare_seconds(settings: Settings, runtime: Any) -> float:
    """Return the seconds of tantivy's own load of the same documents, all made and encoded beforehand.

    Nothing else runs meanwhile: tantivy indexes in threads of its own and must not get a head start.
    """
    inner = runtime.engine.engine
    generation = inner._generation()  # noqa: SLF001  the bare engine is what stands inside
    ready = []
    for batch in service.all_documents(runtime.database):
        for _, fields, _ in generation.encode(batch):
            if fields is not None:
                fields["source"] = str(fields["source"]).encode()
                ready.append(fields)
    with tempfile.TemporaryDirectory(prefix="funeng-bulk-") as folder:
        schema = generation.schema
        index = tantivy.Index(schema, path=folder)
        register_tokenisers(index)
        start = time.perf_counter()
        writer = index.writer(settings.search_options().heap_bytes, 1)
        for fields in ready:
            writer.add_document(tantivy.Document.from_dict(fields, schema))
        writer.commit()
        writer.wait_merging_threads()
        return time.perf_counter() - start


def bare_query(runtime: Any, query: Query) -> Callable[[], object]:
    """Return tantivy's own work for this very query: ready clauses (synonyms included), filters, facets, documents read.

    No correction, highlight, breaker or check against the database.
    """
    inner = runtime.engine.engine
    generation = inner._generation()  # noqa: SLF001  the bare engine is what stands inside
    searcher = generation.searcher()
    node = build(query.text, generation.tokeniser, inner._synonyms).node  # noqa: SLF001  the very query it gets
    request = EngineRequest(node, query.audience, query.filters, facets=query.facets, size=20)

    def ask() -> None:
        for item in run(searcher, generation.schema, request).found:
            searcher.doc(item.handle).to_dict()

    return ask


def page_figures(settings: Settings, runtime: Any, app: FastAPI) -> dict[str, float]:
    """Return p50 and p95 of the page and of its reference in ms, and their ratios."""
    ready: dict[str, dict[str, Any]] = {}

    @app.get("/bench", include_in_schema=False)
    @public
    def bench(request: Request, key: str) -> Response:
        return render(request, "indexing/search.html", ready[key])

    addresses = fixed_queries()
    whole, reference_times = [], []
    with TestClient(app, base_url=settings.public_url) as client:
        requests = []
        for number, address in enumerate(addresses):
            scope = {
                "type": "http",
                "query_string": address.partition("?")[2].encode(),
                "headers": [],
                "path": "/search",
            }
            wanted = pages.read_request(Request(scope))
            with runtime.database.reading() as session:
                found = finding.find(session, runtime.engine, ANONYMOUS, wanted)
            ready[str(number)] = pages.context(wanted, found)
            requests.append(bare_query(runtime, finding.to_query(wanted, ANONYMOUS)))
        for _ in range(5):
            for address in addresses:
                client.get(address)
        for number, address in enumerate(addresses):
            page = statistics.median(timed(partial(client.get, address)) for _ in range(3))
            engine = statistics.median(timed(requests[number]) for _ in range(3))
            template = statistics.median(timed(partial(client.get, f"/bench?key={number}")) for _ in range(3))
            whole.append(page)
            reference_times.append(engine + template)
    figures: dict[str, float] = {}
    for name, share in (("p50", 0.5), ("p95", 0.95)):
        figures[f"{name}_page_ms"] = round(percentile(whole, share), 1)
        figures[f"{name}_reference_ms"] = round(percentile(reference_times, share), 1)
        figures[f"{name}_ratio"] = round(percentile(whole, share) / percentile(reference_times, share), 2)
    return figures


if __name__ == "__main__":
    raise SystemExit(main())
