"""
Words with their meanings and usual misspellings, from easy to hard.

Data only: each line is a level, a word, its meaning, and how it is often misspelled.
"""

from __future__ import annotations

from typing import Final, NamedTuple


class Word(NamedTuple):
    """Hold one word."""

    level: int
    word: str
    meaning: str
    misspelled: tuple[str, str]


_LINES: Final = """
1|happy|feeling glad|hapy happey
1|friend|somebody you like and trust|freind frend
1|tiny|very small|tinny tyny
1|because|for the reason that|becuase becouse
2|brave|not afraid of danger|brayve braive
2|quiet|making little noise|quite queit
2|ancient|very old|anchent ansient
2|believe|think that something is true|beleive belive
3|curious|wanting to know more|curius courious
3|harvest|gather ripe crops|harvist havest
3|separate|keep apart|seperate seprate
3|receive|be given something|recieve receve
4|fragile|easily broken|fragil fragille
4|necessary|that must be there|neccessary necesary
4|observe|watch with care|obzerve observ
4|definite|clear and without doubt|definate definit
5|reluctant|not willing|relucktant reluctent
5|embarrass|make somebody feel ashamed|embarass embarras
5|abundant|more than enough|abundent abundand
5|rhythm|a regular beat|rythm rhythem
6|diligent|working with care and effort|dilligent diligant
6|accommodate|have room for|accomodate acommodate
6|inevitable|sure to happen|inevitible innevitable
6|conscience|the sense of right and wrong|concience consience
7|ambiguous|having more than one meaning|ambigous ambiguos
7|millennium|a thousand years|millenium milennium
7|tenacious|holding on firmly|tenatious tenacius
7|perseverance|going on in spite of trouble|perseverence preserverance
8|ephemeral|lasting a very short time|ephemral epheremal
8|pragmatic|led by what works|pragmattic pragmatick
8|bureaucracy|rule by offices and forms|beaurocracy bureaucrasy
8|surveillance|close watching of somebody|surveilance survellance
9|ubiquitous|found everywhere|ubiquitious ubiqitous
9|idiosyncrasy|a habit that one person alone has|idiosyncracy ideosyncrasy
9|magnanimous|generous to a rival|magnaminous magnanimus
9|supersede|take the place of|supercede superceed
10|perspicacious|seeing and understanding quickly|perspicatious perspicacius
10|obsequious|too eager to please|obsequous obsequios
10|sacrilegious|showing no respect for what is holy|sacreligious sacrilegous
10|liaison|contact between two groups|liason liasion
"""


def _read(line: str) -> Word:
    level, word, meaning, wrong = line.split("|")
    first, second = wrong.split()
    return Word(int(level), word, meaning, (first, second))


WORDS: Final = tuple(_read(line) for line in _LINES.strip().splitlines())
