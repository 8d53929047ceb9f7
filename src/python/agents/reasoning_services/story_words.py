"""
The verbs of story problems, by what they do to the number of things that somebody has.

Data only.
"""

from __future__ import annotations

from typing import Final

HAVE: Final = frozenset(
    "has have had owns owned is are was were holds held contains contained starts started begins "
    "began keeps carries".split()
)
GAIN: Final = frozenset(
    "buys buy bought gets get got finds find found receives receive received earns earn earned "
    "wins win won picks pick picked collects collect collected adds add added bakes bake baked "
    "makes make made catches catch caught borrows borrow borrowed takes collects saves save saved "
    "gathers gathered plants planted grows grew scores scored lays laid".split()
)
LOSE: Final = frozenset(
    "eats eat ate loses lose lost sells sell sold spends spend spent uses use used breaks break "
    "broke throws throw threw drops drop dropped drinks drink drank pays pay paid removes removed "
    "burns burnt burned donates donated pops popped cuts tears tore smashes".split()
)
GIVE: Final = frozenset(
    "gives give gave lends lend lent hands handed sends send sent passes passed shares".split()
)
JOIN: Final = frozenset(
    "join joins joined arrive arrives arrived come comes came get board boarded enter entered "
    "return returned land landed hatch hatched".split()
)
LEAVE: Final = frozenset(
    "leave leaves left fly flew flies go goes went die died melt melted fall fell escape escaped "
    "break broke disappear walked ran swam burst popped".split()
)
NOT_THINGS: Final = frozenset(
    "left now more altogether the of them other money fewer less many a an his her some new "
    "currently remaining".split()
)
