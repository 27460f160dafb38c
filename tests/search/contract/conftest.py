"""Every test of this folder runs against both engines."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from search import EngineSettings, Lexicon, SearchEngine, open_engine

OpenAgain = Callable[..., SearchEngine]


@pytest.fixture(params=["embedded", "elasticsearch"])
def engine_settings(request: pytest.FixtureRequest, tmp_path: Path) -> EngineSettings:
    """Settings of an engine that nobody has used yet; the limits suit a busy machine."""
    patient = {"search_timeout": 10.0, "write_timeout": 30.0}
    if request.param == "embedded":
        return EngineSettings(data_dir=tmp_path / "index", **patient)
    return EngineSettings(
        backend="elasticsearch",
        hosts=(request.getfixturevalue("elasticsearch_url"),),
        index_prefix=request.getfixturevalue("index_prefix"),
        **patient,
    )


@pytest.fixture
def open_one(engine_settings: EngineSettings) -> Iterator[OpenAgain]:
    """Opens engines on the same index, as other processes or a restart would; all are closed at the end."""
    opened: list[SearchEngine] = []

    def open_it(lexicon: Lexicon | None = None) -> SearchEngine:
        opened.append(open_engine(engine_settings, lexicon))
        return opened[-1]

    yield open_it
    for engine in opened:
        engine.close()


@pytest.fixture
def engine(open_one: OpenAgain) -> SearchEngine:
    return open_one(
        Lexicon(
            "test-1",
            words=("点检卡",),
            synonyms=(("设备管理", "TPM", "全员生产维护"), ("能耗监测", "能源管理")),
            terms=("预测性维护", "SCADA"),
        )
    )
