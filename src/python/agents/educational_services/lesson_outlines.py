"""
Outlines of lessons: what is said about a few common topics, and a frame for any other.

Data and its use only; what memory or a model adds comes from the agent.
"""

from __future__ import annotations

from typing import Final

from common.contracts.education import LessonSection
from common.text import stems

OUTLINE: Final = "outline"
_TOPICS: Final[dict[str, tuple[tuple[str, str], ...]]] = {
    "fractions": (
        (
            "What a fraction is",
            "A fraction says how many equal parts of a whole there are: in 3/4 "
            "the whole has 4 equal parts, and 3 are meant.",
        ),
        (
            "Equal fractions",
            "Multiplying top and bottom by the same number changes nothing: 1/2, "
            "2/4 and 50/100 are the same amount.",
        ),
        (
            "Adding fractions",
            "Make the bottoms equal, then add the tops: 1/2 + 1/3 = 3/6 + 2/6 = " "5/6.",
        ),
        (
            "Multiplying fractions",
            "Multiply tops, multiply bottoms, and shorten: 2/3 * 3/4 = 6/12 = " "1/2.",
        ),
    ),
    "photosynthesis": (
        (
            "What happens",
            "Plants make sugar and oxygen from water and carbon dioxide, with the "
            "energy of light.",
        ),
        (
            "Where it happens",
            "In the chloroplasts of leaf cells; their green chlorophyll takes in " "light.",
        ),
        (
            "Two stages",
            "The light reactions store energy and split water; the Calvin cycle uses "
            "that energy to build sugar.",
        ),
        ("Why it matters", "Nearly all food and the oxygen that we breathe come from it."),
    ),
    "gravity": (
        ("The idea", "Masses attract each other; the more mass and the nearer, the stronger."),
        (
            "On Earth",
            "Without air everything falls alike: its speed grows by 9.8 metres per second "
            "each second.",
        ),
        (
            "Orbits",
            "A satellite falls all the time, but moves sideways so fast that it misses the "
            "ground.",
        ),
        (
            "Weight and mass",
            "Mass is how much matter there is, weight is the pull on it; on the "
            "Moon the weight is a sixth.",
        ),
    ),
    "water cycle": (
        ("Evaporation", "The Sun warms seas and lakes, and water rises as vapour."),
        ("Condensation", "High up it is cold: vapour becomes droplets, which are clouds."),
        ("Precipitation", "Droplets join until they are heavy and fall as rain, snow or hail."),
        ("Back again", "Rivers and ground water carry it to the sea, and the cycle goes on."),
    ),
    "programming": (
        (
            "Values and names",
            "A program works on values, such as numbers and texts; a variable is "
            "a name for one.",
        ),
        ("Decisions", "`if` runs a part only when a condition holds."),
        ("Loops", "A loop runs a part again, for each item of a list or while a condition holds."),
        (
            "Functions",
            "A function names a part, takes arguments and returns a result, so that it "
            "can be used again.",
        ),
    ),
    "equations": (
        ("What an equation says", "Both sides are the same amount, like a balance."),
        ("Solving", "Do the same on both sides until the unknown stands alone."),
        ("An example", "3x + 2 = 14: take 2 away, 3x = 12; divide by 3, x = 4."),
        ("Checking", "Put the solution in: 3 * 4 + 2 = 14 is right."),
    ),
}
_FRAME: Final = (
    ("What {topic} is about", "Say in your own words what you know of {topic}, and which words "
     "around it you have heard."),
    ("The main ideas of {topic}", "Find the three ideas of {topic} that the rest follows from, and "
     "write one sentence about each."),
    ("An example of {topic}", "Look for a case of {topic} in your daily life, and name what in it "
     "shows which idea."),
    ("Practice with {topic}", "Explain {topic} to somebody who never heard of it; where you get "
     "stuck is what to read next."),
    ("Common mistakes with {topic}", "Note what is mistaken for {topic}, and how to tell."),
    ("{topic} in history", "Find out who worked on {topic} first, and what for."),
    ("{topic} today", "Find out what {topic} is used for now."),
    ("Summary of {topic}", "Write five lines about {topic} without looking anything up."),
)  # fmt: skip


def outline_of(topic: str, count: int, style: str) -> tuple[tuple[LessonSection, ...], bool]:
    """Return sections, and whether they say something about this very topic."""
    known = _known(topic)
    frame = [(title.replace("{topic}", topic), text.replace("{topic}", topic))
             for title, text in _FRAME]  # fmt: skip
    chosen = [*(known or ()), *(frame[4:] if known else frame)][:count]
    sections = (
        LessonSection(title=title, text=_styled(text, style), source=OUTLINE)
        for title, text in chosen
    )
    return tuple(sections), known is not None


def questions_for(topic: str, level: int, sections: tuple[LessonSection, ...]) -> tuple[str, ...]:
    """Return questions, more demanding ones for higher levels."""
    easy = tuple(f"What do you remember of: {section.title}?" for section in sections[:2])
    if level <= 3:
        return easy
    middle = (f"Give an example of {topic} that was not in the lesson.",)
    hard = (f"What would change if {topic} worked differently, and why?",)
    return (*easy, *middle) if level <= 6 else (*easy, *middle, *hard)


def _known(topic: str) -> tuple[tuple[str, str], ...] | None:
    asked = set(stems(topic))
    fits = (text for name, text in _TOPICS.items() if set(stems(name)) <= asked)
    return next(fits, None)


def _styled(text: str, style: str) -> str:
    return f"{text.partition('. ')[0].rstrip('.')}." if style == "brief" else text
