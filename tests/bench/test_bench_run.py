"""Bench runs: a folder that cannot be used."""

import pytest
from rich.console import Console

from livekit_barge.bench.bench_run import Order, run_bench
from livekit_barge.errors import SettingsError


def test_a_folder_below_a_file_is_refused_in_one_line(tmp_path):
    (tmp_path / "file").touch()
    order = Order(suite="classic", presets=("snappy",), out=tmp_path / "file" / "below")
    with pytest.raises(SettingsError, match=r"no results can be kept there .* – choose another"):
        run_bench(order, console=Console(quiet=True))
