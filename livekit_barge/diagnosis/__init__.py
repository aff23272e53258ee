"""Diagnoses a call: which of the seven symptoms it shows, at which layer, and what to change.

::

    from livekit_barge.diagnosis import diagnose

    for finding in diagnose(call, measure_call(call)):
        print(finding.code, finding.title, finding.turn)

Each rule looks for one cause, in the stamps and in the audio, and finds nothing if its evidence is
missing. An overlap that no rule explains becomes a finding that names the instrument to decide it.
The codes are stable; ``docs/reference/findings.md`` has a section for each.
"""

from livekit_barge.diagnosis.finding import Finding, Sure
from livekit_barge.diagnosis.kinds import KINDS, Kind
from livekit_barge.diagnosis.rule_limits import RuleLimits
from livekit_barge.diagnosis.rules import diagnose

__all__ = ["KINDS", "Finding", "Kind", "RuleLimits", "Sure", "diagnose"]
