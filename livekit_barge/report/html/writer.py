"""Templates filled in, data as scripts, and the files that all pages share."""

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
# plotly.js among them is its makers' bundle of lines, points and bars, as `make plotly` brings it:
# all of Plotly is four times as much for a browser to read, and most of an hour's page's time.
_ASSETS = _HERE / "assets"
# A report folder is known by it.
_MARK = Path("assets") / "report.css"

INDEX = "index.html"
PAGES = "pages"


def prepare(out: Path) -> None:
    """Make the report's folder with the assets; an earlier report there is replaced.

    Raises :class:`CallError` where something else lies there, and for what cannot be written;
    :class:`SettingsError` without the extra, before anything is touched.
    """
    _environment()
    try:
        if out.exists() and (not out.is_dir() or (any(out.iterdir()) and not _is_report(out))):
            raise CallError("is there, and is no report", where=out, remedy="give another -o")
        shutil.rmtree(out / PAGES, ignore_errors=True)
        for folder in out, out / PAGES, out / "assets":
            private.make_folder(folder)
        for asset in sorted(_ASSETS.iterdir()):
            if asset.suffix in (".js", ".css"):
                shutil.copyfile(asset, out / "assets" / asset.name)
    except OSError as error:
        raise unwritable(out, error) from error


def unwritable(out: Path, error: OSError) -> BargeError:
    """The error of a report that its disk does not take."""
    return CallError(
        f"cannot be written ({error.strerror})",
        where=error.filename or out,
        remedy="give another -o",
    )


def _is_report(out: Path) -> bool:
    return (out / _MARK).is_file()


def render(template: str, **values: Any) -> str:
    """The page, as text; whatever stands in ``values`` is escaped."""
    return str(_environment().get_template(template).render(version=__version__, **values))


def script(function: str, *values: object) -> str:
    """A script that calls a function of the page with plain values.

    What a caller said may hold ``</script>``; it stays text in a file and within a page.
    """
    arguments = (json.dumps(value, separators=(",", ":"), allow_nan=False) for value in values)
    return f"{function}({', '.join(arguments)});\n".replace("<", "\\u003c")


def missing_extra() -> SettingsError:
    """The error of an install without the extra."""
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
        """Cut a long text, and link to the whole where the page keeps it."""
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
    """``false_stop`` as a person writes it."""
    return name.replace("_", " ")


def percentile(times: Percentiles, percent: int) -> str:
    """``412 ms``."""
    return _end(times.at(percent))


def between(times: Percentiles, percent: int) -> str:
    """``380 to 950 ms``: where the percentile lies, 95 times in 100."""
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
    """``4:05``, ``1:00:00``: minutes and seconds of a call."""
    whole = int(seconds + 0.5)  # as the page's own programs round
    minutes, rest = divmod(whole, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
