"""``python -m statmech`` and the command ``statmech``: the command line, interruptible from the first moment."""

from __future__ import annotations

import sys

__all__ = ["main"]


def main() -> int:
    """Run the command line, see :func:`statmech.cli.main`.

    Returns
    -------
    int
        The exit code.
    """
    try:
        from statmech.cli import main as command_line

        return command_line()
    except KeyboardInterrupt as interrupt:
        print("statmech: interrupted; nothing was written", file=sys.stderr)
        return 128 + int(getattr(interrupt, "signum", 2))


if __name__ == "__main__":
    sys.exit(main())
