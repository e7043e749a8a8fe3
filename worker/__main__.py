"""`feedwacht`, also as `python -m worker`: the way in.

Loading the commands takes a second or more on a busy machine, so Ctrl-C meanwhile is answered here, without a traceback.
A health check is asked every minute, and goes a shorter way.
"""

import sys

INTERRUPTED = 130


def main() -> None:
    """The program: arguments from the command line, exit code to the caller."""
    try:
        if "health" in sys.argv[1:]:
            from worker import checkup  # noqa: PLC0415  half the time of all commands

            if (wanted := checkup.asked(sys.argv[1:])) is not None:
                sys.exit(checkup.run(wanted))
        from worker import cli  # noqa: PLC0415  what takes the time
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)
    cli.main()


if __name__ == "__main__":
    main()
