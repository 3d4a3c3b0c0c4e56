"""A QR code of a short address: version 5, level L, mask 0, one block; drawn as one SVG path.

The page may load nothing from elsewhere and the simulator needs no more than this one size.
"""

from collections.abc import Iterator

_SIZE = 37
_DATA_WORDS, _CHECK_WORDS = 108, 26
LONGEST = _DATA_WORDS - 2  # four bits of mode and eight of length come first
_QUIET = 4
_FORMAT = 0b111011111000100  # level L and mask 0 with their check bits
_FIELD = 0x11D

Grid = list[list[bool | None]]


def _powers() -> tuple[list[int], list[int]]:
    powers, logs, value = [0] * 512, [0] * 256, 1
    for exponent in range(255):
        powers[exponent] = powers[exponent + 255] = value
        logs[value] = exponent
        value = value << 1 ^ (_FIELD if value & 0x80 else 0)
    return powers, logs


_POWERS, _LOGS = _powers()


def _times(one: int, other: int) -> int:
    return _POWERS[_LOGS[one] + _LOGS[other]] if one and other else 0


def _check_words(words: bytes) -> bytes:
    """The remainder that lets a camera mend what it misreads (Reed and Solomon)."""
    divisor = [1]
    for exponent in range(_CHECK_WORDS):
        shifted = [*divisor, 0]
        for place, value in enumerate(divisor):
            shifted[place + 1] ^= _times(value, _POWERS[exponent])
        divisor = shifted
    rest = list(words) + [0] * _CHECK_WORDS
    for place in range(len(words)):
        factor = rest[place]
        for offset, value in enumerate(divisor):
            rest[place + offset] ^= _times(value, factor)
    return bytes(rest[-_CHECK_WORDS:])


def _words(text: bytes) -> bytes:
    """Mode, length, text and filling, then the check words."""
    bits = f"0100{len(text):08b}" + "".join(f"{byte:08b}" for byte in text) + "0000"
    words = bytes(int(bits[start : start + 8], 2) for start in range(0, len(bits), 8))
    filling = bytes([0xEC, 0x11]) * _DATA_WORDS
    words += filling[: _DATA_WORDS - len(words)]
    return words + _check_words(words)


def _square(grid: Grid, top: int, left: int, rings: str) -> None:
    """Nested squares around a middle: one letter for each ring, from the inside, `x` is dark."""
    for row in range(-len(rings) + 1, len(rings)):
        for column in range(-len(rings) + 1, len(rings)):
            if 0 <= top + row < _SIZE and 0 <= left + column < _SIZE:
                ring = max(abs(row), abs(column))
                grid[top + row][left + column] = rings[ring] == "x"


def _marked() -> Grid:
    """The grid with all that is not data."""
    grid: Grid = [[None] * _SIZE for _ in range(_SIZE)]
    for place in range(_SIZE):
        grid[6][place] = grid[place][6] = place % 2 == 0
    _square(grid, 30, 30, "x x")
    for top, left in ((3, 3), (3, _SIZE - 4), (_SIZE - 4, 3)):
        _square(grid, top, left, "xx x ")
    for number in range(15):
        dark = bool(_FORMAT >> number & 1)
        down = number + (number >= 6) if number < 8 else _SIZE - 15 + number
        across = _SIZE - 1 - number if number < 8 else 14 - number + (number == 8)
        grid[down][8] = grid[8][across] = dark
    grid[_SIZE - 8][8] = True
    return grid


def _path() -> Iterator[tuple[int, int]]:
    """The order of data: two columns at a time from the right, up and down in turn."""
    upwards = True
    for right in (*range(_SIZE - 1, 6, -2), 5, 3, 1):
        for step in range(_SIZE):
            row = _SIZE - 1 - step if upwards else step
            yield row, right
            yield row, right - 1
        upwards = not upwards


def matrix(text: str) -> list[list[bool]] | None:
    """The dark and light squares without a margin; None for a text longer than `LONGEST`."""
    raw = text.encode()
    if len(raw) > LONGEST:
        return None
    grid = _marked()
    bits = "".join(f"{word:08b}" for word in _words(raw))
    taken = 0
    for row, column in _path():
        if grid[row][column] is None:
            bit = bits[taken : taken + 1] == "1"
            grid[row][column] = bit ^ ((row + column) % 2 == 0)
            taken += 1
    return [[bool(square) for square in row] for row in grid]


def _at(line: list[bool], place: int) -> bool:
    return 0 <= place < _SIZE and line[place]


def svg_path(text: str) -> tuple[int, str] | None:
    """The width of the picture in squares and the dark ones as a path; None when too long."""
    squares = matrix(text)
    if squares is None:
        return None
    runs: list[str] = []
    for row, line in enumerate(squares):
        # One stroke for each run of dark squares keeps the page small.
        ends = [place for place in range(_SIZE + 1) if _at(line, place) != _at(line, place - 1)]
        runs += [
            f"M{start + _QUIET} {row + _QUIET}h{end - start}v1H{start + _QUIET}z"
            for start, end in zip(ends[::2], ends[1::2], strict=True)
        ]
    return _SIZE + 2 * _QUIET, "".join(runs)
