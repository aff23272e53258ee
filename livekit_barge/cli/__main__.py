"""``python -m livekit_barge.cli`` is the command, too."""

from livekit_barge.cli.app import main

main()
