"""LiveKit's knobs as named values.

=================  ===============================================================================
``knobs``          the table of knobs, from which all else follows
``preset``         ``Preset``: a named set of knobs, from ``configs/presets/`` or from code
``options``        knobs as LiveKit takes them, and read back from a session
``vad_knobs``      the knobs of the VAD
``advice``         options that together do not do what they seem to
=================  ===============================================================================
"""
