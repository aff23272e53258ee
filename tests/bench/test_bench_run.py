"""Bench runs: a folder that cannot be used, and what is told of one that can."""

import pytest
import yaml
from rich.console import Console

from livekit_barge.bench.bench_run import Order, run_bench
from livekit_barge.bench.kept import RESULTS_FILE
from livekit_barge.errors import SettingsError
from tests.bench.test_run import CALLS


def test_a_folder_below_a_file_is_refused_in_one_line(tmp_path):
    (tmp_path / "file").touch()
    order = Order(suite="classic", presets=("snappy",), out=tmp_path / "file" / "below")
    with pytest.raises(SettingsError, match=r"no results can be kept there .* – choose another"):
        run_bench(order, console=Console(quiet=True))


@pytest.fixture
def order(tmp_path):
    """Of three short calls."""
    (tmp_path / "mine.yaml").write_text(yaml.safe_dump(CALLS))
    return Order(suite=str(tmp_path / "mine.yaml"), presets=("snappy",), out=tmp_path / "out")


def test_played_are_those_whose_results_were_not_there(order):
    console = Console(quiet=True)
    assert run_bench(order, console=console).run.played == 3
    results = order.out / RESULTS_FILE
    lines = results.read_bytes().splitlines(keepends=True)
    results.write_bytes(lines[0] + b"damaged\n" * 5 + lines[2])
    assert run_bench(order, console=console).run.played == 1
