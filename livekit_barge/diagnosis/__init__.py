"""Why: which of the seven symptoms a call shows, at which layer, and what to turn.

::

    from livekit_barge.diagnosis import diagnose

    for finding in diagnose(call, measure_call(call)):
        print(finding.code, finding.title, finding.turn)

Each rule looks at one cause in one way, on what was stamped and what is to be heard. None says
anything where its evidence is missing; what no rule can see is a finding that names the instrument
which would decide. The codes stay; ``docs/diagnosis.md`` has a section for each.
"""

from livekit_barge.diagnosis.finding import Finding, Sure
from livekit_barge.diagnosis.kinds import KINDS, Kind
from livekit_barge.diagnosis.rule_limits import DiagnosisLimits
from livekit_barge.diagnosis.rules import diagnose

__all__ = ["KINDS", "DiagnosisLimits", "Finding", "Kind", "Sure", "diagnose"]
