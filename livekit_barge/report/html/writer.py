"""Fills in templates, writes data as scripts, and copies the files that all pages share."""

from __future__ import annotations

import json
import shutil
from functools import cache
from pathlib import Path
from typing import Any

from livekit_barge import __version__
from livekit_barge.errors import BargeError, CallError, SettingsError
from livekit_barge.files import private
from livekit_barge.measure.statistics import Measured, Percentiles
from livekit_barge.report.html.texts import MOST_CHARACTERS, cut
from livekit_barge.report.terminal.scorecard_table import as_percentiles, as_rate
from livekit_barge.report.terminal.turn_table import NOTHING, as_ms, at, clocks

_HERE = Path(__file__).parent
# plotly.js among them is the published bundle of lines, points and bars, from `make plotly`:
# all of Plotly is four times as large, and would take most of the time of an hour's page.
_ASSETS = _HERE / "assets"
# The file that identifies a report folder.
_MARK = Path("assets") / "report.css"

INDEX = "index.html"
PAGES = "pages"


def prepare(out: Path) -> None:
    """Make the report's folder with the assets, in place of an earlier report.

    Raises :class:`CallError` if something else is there, or if it cannot be written, and
    :class:`SettingsError` without the extra, before anything is touched.
    """
    _environment()
    try:
        if out.exists() and (not out.is_dir() or (any(out.iterdir()) and not _is_report(out))):
            raise CallError(
                "exists and is not a report", where=out, remedy="choose another folder with -o"
            )
        shutil.rmtree(out / PAGES, ignore_errors=True)
        for folder in out, out / PAGES, out / "assets":
            private.make_folder(folder)
        for asset in sorted(_ASSETS.iterdir()):
            if asset.suffix in (".js", ".css"):
                shutil.copyfile(asset, out / "assets" / asset.name)
    except OSError as error:
        raise unwritable(out, error) from error


def unwritable(out: Path, error: OSError) -> BargeError:
    """Return the error of a report that cannot be written."""
    return CallError(
        f"cannot be written ({error.strerror})",
        where=error.filename or out,
        remedy="choose another folder with -o",
    )


def _is_report(out: Path) -> bool:
    return (out / _MARK).is_file()


def render(template: str, **values: Any) -> str:
    """Return the page as text, with all ``values`` escaped."""
    return str(_environment().get_template(template).render(version=__version__, **values))


def script(function: str, *values: object) -> str:
    """Return a script that calls a function of the page with plain values.

    A ``</script>`` in what a caller said stays text, in a file and within a page.
    """
    arguments = (json.dumps(value, separators=(",", ":"), allow_nan=False) for value in values)
    return f"{function}({', '.join(arguments)});\n".replace("<", "\\u003c")


def missing_extra() -> SettingsError:
    """Return the error of an install without the extra."""
    return SettingsError("pages need Jinja", remedy="install livekit-barge with the extra report")


@cache
def _environment() -> Any:
    try:
        from jinja2 import Environment, FileSystemLoader, StrictUndefined, pass_context
        from markupsafe import Markup
    except ImportError as error:
        raise missing_extra() from error

    @pass_context
    def _shown(context: Any, value: Any) -> Any:
        """Cut a long text, and link to the whole text if the page saves it."""
        if not isinstance(value, str) or len(value) <= MOST_CHARACTERS or isinstance(value, Markup):
            return value
        texts = context.get("texts")
        if texts is None:
            return cut(value)
        link = Markup('{} <a href="{}">all {} characters</a>')
        return link.format(cut(value), texts.address(value), len(value))

    environment = Environment(
        loader=FileSystemLoader(_HERE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_shown,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "ms": as_ms,
        "at": at,
        "clocks": clocks,
        "rate": as_rate,
        "times": as_percentiles,
        "words": words,
        "percentile": percentile,
        "between": between,
        "length": length,
        "nothing": lambda value: NOTHING if value in (None, "") else value,
        "tenth": lambda seconds: f"{seconds:.1f}",
        "count": len,
    }
    return environment


def words(name: str) -> str:
    """Return ``false stop`` for ``false_stop``."""
    return name.replace("_", " ")


def percentile(times: Percentiles, percent: int) -> str:
    """Return a percentile: ``412 ms``."""
    return _end(times.at(percent))


def between(times: Percentiles, percent: int) -> str:
    """Return the 95 % interval of a percentile: ``380 to 950 ms``."""
    if not times.values:
        return NOTHING
    low, high = times.interval(percent)
    if low is None and high is None:
        return "too few to say"
    if low is None or high is None:
        return f"up to {_end(high)}" if low is None else f"{_end(low)} or more"
    return f"{_end(low)} to {_end(high)}"


def _end(found: Measured | None) -> str:
    return NOTHING if found is None else as_ms(found.seconds, lower_bound=found.lower_bound)


def length(seconds: float) -> str:
    """Return a call's length: ``4:05``, ``1:00:00``."""
    whole = int(seconds + 0.5)  # rounded as in the page's scripts
    minutes, rest = divmod(whole, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
