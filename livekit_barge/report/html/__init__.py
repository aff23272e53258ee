"""Renders calls as pages: a folder that opens from disk, offline, also on a phone.

| file | content |
|---|---|
| ``index.html`` | all calls: headline, distributions, a sweep's front, the table of calls |
| ``pages/NAME.html`` | one call: its timeline, barge-ins, findings and turns |
| ``pages/NAME/`` | the call's data and audio, which its page reads when it needs them |
| ``assets/`` | Plotly, style and scripts, shared by all pages |

A page opened from disk may not ``fetch`` anything, so data come as scripts that call a function.
"""
