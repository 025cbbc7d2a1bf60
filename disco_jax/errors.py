"""The one error for what somebody gave and cannot be used."""

from collections.abc import Iterable


class InputError(ValueError):
    """Unusable input, in one line: where it is, which field, what is wrong, what to do."""

    def __init__(self, where: object, field: str, problem: str, remedy: str) -> None:
        super().__init__(where, field, problem, remedy)
        self.where, self.field, self.problem, self.remedy = str(where), field, problem, remedy

    def __str__(self) -> str:
        return one_line(f"{self.where}: {self.field}: {self.problem}; {self.remedy}")


def one_line(text: str) -> str:
    """The text with line ends, control characters and broken Unicode written as escapes."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def did_you_mean(name: str, known: Iterable[str], otherwise: str, most: int = 1) -> str:
    """The remedy for a name that is unknown: those that are near, or what to do where none is."""
    from difflib import get_close_matches

    near = get_close_matches(name, list(known), most)
    return f"did you mean {' or '.join(near)}?" if near else otherwise
