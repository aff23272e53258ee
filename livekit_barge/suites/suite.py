"""Suites: many calls from few patterns, drawn by a seed.

::

    summary: The caller breaks in early, in many words and voices.
    timing: drawn                      # or: fixed, the stand-ins' medians in every call
    calls:
      - name: early
        count: {tuning: 8, held-out: 4}
        agent: [$greeting, $answer, $answer, $goodbye]
        voice: $voice
        caller:
          - say: $question
            at: 0.6 s after the agent stops
          - say: $barge-in
            at: after the agent has spoken 1 to 2.5 s
            gain_db: -6 to 3
            expect: yield
        conditions:
          noise: {kind: [traffic, babble], snr_db: 10 to 30}

A pattern is a script (:mod:`.script`) in which values may be left to chance:

* ``$name`` is one of the pool ``name`` (``configs/suites/pools/words.yaml``, or ``pools`` in the
  suite's own file); no pattern draws the same twice for a call while there are others,
* ``1 to 2.5`` is a number between the two, but in words that are said,
* a list, where one value belongs, is one of its values.

Each pool has a part ``tuning`` and a part ``held-out``: a search for settings hears the first, and
is judged by the second, with other words, voices, sounds and seeds.
"""

from __future__ import annotations

import dataclasses
import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, Literal, Self, get_args

from livekit_barge.errors import ScriptError
from livekit_barge.files.did_you_mean import nearest
from livekit_barge.files.resources import configs_dir
from livekit_barge.files.yaml_schema import Keys, one_of, read_keys, read_yaml, whole, words
from livekit_barge.script.script import Script, clip_at
from livekit_barge.script.scripted_call import Conditions
from livekit_barge.stage.models import Timing
from livekit_barge.suites.case import Case
from livekit_barge.suites.latency_distribution import FIXED, TimingSpread
from livekit_barge.suites.sampling import SEEDS, Drawing, clips, names_a_pool

Split = Literal["tuning", "held-out"]
SPLITS: tuple[Split, ...] = get_args(Split)

_MOST_CALLS = 10_000  # of one pattern and part; more is a slip of the keyboard


@dataclass(frozen=True)
class Pattern:
    """One kind of call, with what is left to chance."""

    name: str
    count: Mapping[Split, int]
    script: Mapping[str, Any]
    """The pattern's content, in the form of a script file."""


@dataclass(frozen=True, kw_only=True)
class Suite:
    """Patterns, and what they draw from."""

    name: str
    summary: str
    patterns: tuple[Pattern, ...]
    pools: Mapping[str, Mapping[Split, tuple[Any, ...]]]
    spread: TimingSpread = field(default_factory=TimingSpread)
    where: Path | str = "suite"

    @classmethod
    def load(cls, suite: str | Path) -> Self:
        """Load a shipped suite by its name, or a suite from a file.

        Raises :class:`ScriptError`, naming the file and the key.
        """
        path = Path(suite)
        if path.suffix not in (".yaml", ".yml"):
            path = _shipped(str(suite))
        return cls.parse(read_yaml(path), name=path.stem, where=path)

    @classmethod
    def parse(cls, content: Any, *, name: str, where: Path | str = "suite") -> Self:
        """Read a suite from a YAML file's content. Raises :class:`ScriptError`."""
        if isinstance(content, dict) and "caller" in content and "calls" not in content:
            raise ScriptError(
                "this is a script, not a suite", where=where, remedy="give it as one of `calls:`"
            )
        values = read_keys(content, _SUITE, where=where)
        pools = _shipped_pools() | _pools(values.get("pools", {}), where=where)
        suite = cls(
            name=name,
            summary=values.get("summary", ""),
            patterns=tuple(
                _pattern(each, f"{where}: call {number}")
                for number, each in enumerate(values["calls"], start=1)
            ),
            pools=pools,
            spread=FIXED if values.get("timing") == "fixed" else TimingSpread(),
            where=where,
        )
        suite._check_names()
        for pattern in suite.patterns:
            suite._script(pattern, SPLITS[0], 0, "check")  # whether it can be drawn at all
            suite._check_clips(pattern)
        return suite

    def cases(
        self,
        *,
        preset: str = "livekit-defaults",
        knobs: Mapping[str, Any] | None = None,
        seed: int = 0,
        split: Split | None = None,
        times: int = 1,
        conditions: Conditions | None = None,
    ) -> list[Case]:
        """Return the calls, drawn by ``seed``, under a preset overridden by ``knobs``.

        ``split`` takes one part of them; ``times`` multiplies their number. ``conditions`` are
        the line's; each case's seed is put in. The same arguments always give the same cases, and
        for another preset the same calls.

        Raises :class:`ScriptError`, also where there are none, and for another ``split``.
        """
        if split not in (None, *SPLITS):
            raise ScriptError(
                f"a suite has no part {split}",
                where=self.where,
                remedy=nearest(str(split), SPLITS),
            )
        cases = [
            self._case(pattern, part, index, seed, conditions or Conditions(), preset, knobs or {})
            for pattern in self.patterns
            for part in SPLITS
            if split in (None, part)
            for index in range(pattern.count[part] * times)
        ]
        if not cases:
            part_said = "" if split is None else f" in the part {split}"
            raise ScriptError(
                f"no calls{part_said}",
                where=self.where,
                remedy=f"give count: {{{split or SPLITS[0]}: 1}} or more",
            )
        return cases

    def _check_names(self) -> None:
        names = [pattern.name for pattern in self.patterns]
        for name in names:
            if names.count(name) > 1:  # they would draw the same calls, and count them twice
                raise ScriptError(
                    f"two calls have the name {name}", where=self.where, remedy="rename one"
                )

    def _check_clips(self, pattern: Pattern) -> None:
        for part in SPLITS:
            if pattern.count[part]:
                for wav in clips(pattern.script, self._pools_of(part)):
                    clip_at(self._beside / wav, f"{self.where}: {pattern.name}")

    def _case(
        self,
        pattern: Pattern,
        part: Split,
        index: int,
        seed: int,
        conditions: Conditions,
        preset: str,
        knobs: Mapping[str, Any],
    ) -> Case:
        case_id = f"{self.name}-{pattern.name}-{part[0]}{index:03}"
        drawn = _number(self.name, pattern.name, part, index, seed)
        return Case(
            case_id=case_id,
            script=self._script(pattern, part, drawn, case_id),
            conditions=_seeded(conditions, drawn),
            timing=self._timing(drawn),
            knobs=knobs,
            preset=preset,
        )

    def _timing(self, seed: int) -> Timing:
        return self.spread.draw(seed)

    def _script(self, pattern: Pattern, part: Split, seed: int, name: str) -> Script:
        where = f"{self.where}: {pattern.name}"
        content = Drawing(seed, self._pools_of(part), where=where).script(pattern.script)
        return Script.parse(content, name=name, where=where, folder=self._beside)

    def _pools_of(self, part: Split) -> dict[str, tuple[Any, ...]]:
        return {name: parts[part] for name, parts in self.pools.items()}

    @property
    def _beside(self) -> Path:
        """The folder of its files."""
        return self.where.parent if isinstance(self.where, Path) else Path()


def shipped_suites() -> list[str]:
    """Return the names of the suites that come with this package."""
    return sorted(path.stem for path in _folder().glob("*.yaml"))


def _folder() -> Path:
    return configs_dir() / "suites"


def _shipped(name: str) -> Path:
    if name not in (known := shipped_suites()):
        raise ScriptError(
            f"there is no suite {name}",
            remedy=f"{nearest(name, known)} – or give the path of a .yaml file",
        )
    return _folder() / f"{name}.yaml"


def _shipped_pools() -> dict[str, Mapping[Split, tuple[Any, ...]]]:
    path = _folder() / "pools" / "words.yaml"
    return _pools(read_yaml(path), where=path)


def _pools(content: Any, *, where: object) -> dict[str, Mapping[Split, tuple[Any, ...]]]:
    if not isinstance(content, dict):
        raise ScriptError("pools is not a mapping", where=where, remedy="give each pool its name")
    pools: dict[str, Mapping[Split, tuple[Any, ...]]] = {}
    for name, parts in content.items():
        if not names_a_pool(f"${name}"):
            raise ScriptError(
                f"{name} is not a pool's name", where=where, remedy="begin its name with a letter"
            )
        values = read_keys(parts, _POOL, where=f"{where}: pool {name}")
        pools[str(name)] = {part: values[part] for part in SPLITS}
    return pools


def _pattern(content: Any, where: str) -> Pattern:
    values = read_keys(content, _PATTERN, where=where)
    name, count = values.pop("name"), values.pop("count")
    parts = read_keys(count, _COUNT, where=f"{where}: count")
    return Pattern(name, {part: parts.get(part, 0) for part in SPLITS}, values)


def _seeded(conditions: Conditions, seed: int) -> Conditions:
    return dataclasses.replace(conditions, seed=seed)


def _number(*of: object) -> int:
    """Return a number from the arguments, the same on every machine."""
    digest = hashlib.sha256("\0".join(map(str, of)).encode()).digest()
    return int.from_bytes(digest[:4]) % SEEDS


def _plain_name(value: Any) -> str:
    if not isinstance(value, str) or not re.fullmatch(r"[a-z0-9][a-z0-9-]*", value):
        raise ValueError("use lower-case letters, digits and hyphens")
    return value


def _count(value: Any) -> int:
    if (count := whole(value)) > _MOST_CALLS:
        raise ValueError(f"give at most {_MOST_CALLS}")
    return count


def _values(value: Any) -> tuple[Any, ...]:
    if not isinstance(value, list) or not value:
        raise ValueError("list its values")
    return tuple(value)


def _several(value: Any) -> list[Any]:
    if not isinstance(value, list) or not value:
        raise ValueError("list the patterns, each with name, count, agent and caller")
    return value


def _as_it_is(value: Any) -> Any:
    return value  # checked where it is read: pools by their keys, scripts once they are drawn


_SUITE = Keys(
    {
        "summary": words,
        "timing": partial(one_of, ("drawn", "fixed")),
        "pools": _as_it_is,
        "calls": _several,
    },
    required=("calls",),
)
_PATTERN = Keys(
    {
        "name": _plain_name,
        "count": _as_it_is,
        **dict.fromkeys(
            ("agent", "caller", "voice", "agent_voice", "conditions", "summary"), _as_it_is
        ),
    },
    required=("name", "count", "agent", "caller"),
)
_COUNT = Keys(dict.fromkeys(SPLITS, _count))
_POOL = Keys(dict.fromkeys(SPLITS, _values), required=SPLITS)
