"""`feedwacht`, also as `python -m worker`: the way in.

Loading the commands takes a second or more on a busy machine, so Ctrl-C meanwhile is answered here, without a traceback.
"""

import sys

INTERRUPTED = 130


def main() -> None:
    """The program: arguments from the command line, exit code to the caller."""
    try:
        from worker import cli  # noqa: PLC0415  what takes the time
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)
    cli.main()


if __name__ == "__main__":
    main()
