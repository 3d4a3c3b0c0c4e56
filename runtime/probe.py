"""`python -m runtime.probe URL`: exit 0 if it answers 200, for health checks without a shell."""

import sys
import urllib.error
import urllib.request

SECONDS = 4.0


def answers(url: str) -> bool:
    """Whether a GET of an http address gets 200 in time."""
    if not url.startswith("http://"):
        return False
    try:
        with urllib.request.urlopen(url, timeout=SECONDS) as answer:  # noqa: S310 - checked above
            return bool(answer.status == 200)
    except (OSError, urllib.error.URLError, ValueError):
        return False


if __name__ == "__main__":
    sys.exit(0 if len(sys.argv) == 2 and answers(sys.argv[1]) else 1)
