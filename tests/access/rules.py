"""Who is let in: one line of expected answers for each kind of page and each kind of door."""

from __future__ import annotations

from dataclasses import dataclass, field

IN = "let in"
SIGN_IN = "asked to sign in"
Expected = int | str
Rule = dict[str, Expected]

PEOPLE = ("owner", "writer", "reader", "stranger", "nobody", "root")
PROGRAMS = (
    "owner", "writer", "reader", "stranger", "nobody", "root", "read token", "own token", "other token", "wrong token",
)  # fmt: skip


def _people(*expected: Expected) -> Rule:
    return dict(zip(PEOPLE, expected, strict=True))


def _programs(*expected: Expected) -> Rule:
    return dict(zip(PROGRAMS, expected, strict=True))


# Pages               owner   writer  reader  stranger nobody  root
ANYONE = _people(     IN,     IN,     IN,     IN,      IN,     IN)  # fmt: skip
VISITORS = _people(   302,    302,    302,    302,     IN,     302)  # fmt: skip
SIGNED_IN = _people(  IN,     IN,     IN,     IN,      SIGN_IN, IN)  # fmt: skip
OWN_THING = _people(  IN,     404,    404,    404,     SIGN_IN, 404)  # fmt: skip
GROUP_OWNER = _people(IN,     403,    403,    403,     SIGN_IN, IN)  # fmt: skip
HUB_ADMIN = _people(  403,    403,    403,    403,     SIGN_IN, IN)  # fmt: skip
NOT_THERE = _people(  404,    404,    404,    404,     404,    404)  # fmt: skip
# Pages of alice/stones, which is private: who may not know of it gets the same answer as for a missing one.
READ = _people(       IN,     IN,     IN,     404,     404,    IN)  # fmt: skip
WRITE = _people(      IN,     IN,     403,    404,     404,    IN)  # fmt: skip
ADMIN = _people(      IN,     403,    403,    404,     404,    IN)  # fmt: skip

# Wire doors             owner writer reader stranger nobody root read_t own_t other_t wrong_t
WIRE_READ = _programs(   IN,   IN,    IN,    404,     401,   IN,  IN,    IN,   404,    401)  # fmt: skip
WIRE_WRITE = _programs(  IN,   IN,    403,   404,     401,   IN,  403,   IN,   404,    401)  # fmt: skip
WIRE_ADMIN = _programs(  IN,   403,   403,   404,     401,   IN,  403,   403,  404,    401)  # fmt: skip
WIRE_NOTHING = _programs(404,  404,   404,   404,     404,   404, 404,   404,  404,    404)  # fmt: skip


@dataclass(frozen=True)
class Row:
    """One verb of one route. `words` fill the route; `ok` is the exact answer to those let in, if it is known."""

    verb: str
    route: str
    rule: Rule
    ok: int | None = None
    query: str = ""
    words: dict[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        return f"{self.verb} {self.route}{self.query} {self.words or ''}".rstrip()

    def path(self, samples: dict[str, str]) -> str:
        """The address, with a sample for each word; a word `{name}` stands for the sample of that name."""
        text = self.route
        for word, value in {**samples, **self.words}.items():
            text = text.replace(f"<{word}>", value.format(**samples))
        assert "<" not in text, f"{self}: no sample for a word of it; give it in words"
        return text + self.query.format(**samples)


def get(route: str, rule: Rule, ok: int | None = 200, *, query: str = "", **words: str) -> Row:
    """A page that is looked at: those let in get `ok`."""
    return Row("GET", route, rule, ok, query, words)


def post(route: str, rule: Rule, ok: int | None = None, *, query: str = "", **words: str) -> Row:
    """An action, sent without any field: those let in are told what is missing, or have it done."""
    return Row("POST", route, rule, ok, query, words)
