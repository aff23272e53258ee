"""Calls as pages: a folder that opens from disk, offline, on a phone as well.

| file | what |
|---|---|
| ``index.html`` | all calls: headline, distributions, a sweep's front, the table of calls |
| ``pages/NAME.html`` | one call: its timeline, its barge-ins, what was diagnosed, its turns |
| ``pages/NAME/`` | the call's data and audio, read by its page when they are needed |
| ``assets/`` | Plotly, style and programs, once for all pages |

A page opened from disk may not ``fetch`` anything, so data come as scripts that call a function.
"""
