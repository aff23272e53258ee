"""A program for test_finish: kills itself before each step of finishing a call, one after another.

For each step: a copy of the folder, a forked process that dies there, and a line of JSON with what
the folder holds when it is opened afterwards.
"""

import json
import os
import shutil
import signal
import sys
from pathlib import Path

from livekit_barge.call.finish import finish_call
from livekit_barge.call.folder import Call
from tests.call.conftest import EVENTS, META, both_channels

STEPS = {"open", "os.rename", "os.remove"}  # names of Python's audit events


def die_before_step(number: int, path: Path) -> None:
    left = number

    def hook(event: str, args: tuple[object, ...]) -> None:
        nonlocal left
        if event in STEPS and str(args[0]).startswith(str(path)):
            left -= 1
            if left == 0:
                os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(hook)


def main(original: Path, how: str) -> None:
    for number in range(1, 100):
        path = original.with_name(f"step-{number}")
        shutil.copytree(original, path)
        child = os.fork()
        if child == 0:
            die_before_step(number, path)
            if how == "recorder":
                finish_call(path, META, EVENTS, ended_s=1.5)
            else:
                Call.open(path)
            os._exit(0)
        _, status = os.waitpid(child, 0)
        call = Call.open(path)
        audio = both_channels(call)
        print(
            json.dumps(
                {
                    "killed": os.WIFSIGNALED(status),
                    "notes": call.notes,
                    "duration_s": call.duration_s,
                    "caller": audio[0].tobytes().hex(),
                    "agent": audio[1].tobytes().hex(),
                    "files": sorted(os.listdir(path)),
                    "events": call.events == EVENTS,
                }
            )
        )
        if not os.WIFSIGNALED(status):
            return


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
