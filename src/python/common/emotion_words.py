"""
Words and phrases by the feeling that they show, for `common.sentiment`.

Only data lives here; how words combine belongs to sentiment. Words are looked up as they are and
by their stem, phrases as they are. Each line is: strength 0..1, then its words.
"""

from __future__ import annotations

from typing import Final

from common.contracts.emotion import Emotion

Lines = tuple[tuple[float, str], ...]

WORDS: Final[dict[Emotion, Lines]] = {
    Emotion.JOY: (
        (0.9, "ecstatic thrilled overjoyed delighted elated euphoric joyful blissful jubilant"),
        (0.8, "love adore fantastic wonderful amazing awesome excellent brilliant excited happy"),
        (0.8, "happiness joy yay hooray woohoo celebrate laughing superb marvellous marvelous"),
        (0.6, "glad great pleased cheerful enjoy fun funny beautiful lovely perfect proud lucky"),
        (0.5, "smile good nice cool relaxed satisfied content sweet haha hurray winning won"),
    ),
    Emotion.SADNESS: (
        (0.9, "heartbroken devastated miserable hopeless depressed grief despair inconsolable"),
        (0.8, "sad sadness unhappy crying sobbing tears mourning lonely gloomy sorrow weeping"),
        (0.7, "cry cried died passed-away funeral grieving depressing discouraged heartache"),
        (0.6, "disappointed hurt miss regret sorry lost upset down blue tired exhausted empty"),
        (0.5, "unfortunately pity alone failed failing loss homesick"),
    ),
    Emotion.ANGER: (
        (0.95, "furious enraged outraged livid seething infuriated infuriating rage hate"),
        (0.8, "angry mad hateful fuming outrageous damn goddamn bloody-hell fucking bullshit"),
        (0.7, "annoyed annoying irritated irritating frustrated frustrating frustration unfair"),
        (0.6, "stupid idiot idiotic useless ridiculous unacceptable nonsense rude insulting"),
        (0.5, "broken crap complain blame lied stubborn"),
    ),
    Emotion.FEAR: (
        (0.95, "terrified petrified horrified panic panicking terror dread"),
        (0.8, "afraid scared frightened fear fearful scary frightening terrifying panicked"),
        (0.7, "worried anxious worry worrying anxiety nervous threatened unsafe alarming"),
        (0.5, "uneasy danger dangerous threat stressed tense insecure hesitant"),
    ),
    Emotion.SURPRISE: (
        (0.9, "astonished astounded stunned flabbergasted speechless astonishing astounding"),
        (0.8, "surprised surprising unbelievable shocked surprise wow whoa omg unexpected"),
        (0.6, "unexpectedly suddenly incredible startled startling gosh mind-blowing"),
    ),
    Emotion.DISGUST: (
        (0.9, "disgusting disgusted revolting repulsive nauseating vile repulsed sickening"),
        (0.8, "gross disgust nasty yuck eww ew filthy rotten stinks stinking puke vomit"),
        (0.6, "creepy foul dirty mouldy moldy slimy"),
    ),
    Emotion.TRUST: (
        (0.8, "trust trusted trustworthy reliable dependable faithful loyal honest"),
        (0.7, "grateful thankful thanks thank appreciate confident safe reassuring reassured"),
        (0.5, "agree support supportive helpful kind certain depend rely believe"),
    ),
}

PHRASES: Final[dict[Emotion, Lines]] = {
    Emotion.JOY: (
        (0.9, "over the moon|on top of the world|best day|so happy|made my day|good news"),
        (0.7, "can't wait|cannot wait|looking forward|it works|works again|we did it|well done"),
    ),
    Emotion.SADNESS: (
        (0.9, "passed away|broke my heart|breaks my heart|want to cry|burst into tears"),
        (0.8, "feel down|feeling down|feel empty|feel alone|all alone|gave up|no hope|bad news"),
        (0.7, "let me down|miss you|miss her|miss him|wish i could|feel awful|feel terrible"),
    ),
    Emotion.ANGER: (
        (0.9, "sick of|fed up|had enough|drives me crazy|driving me crazy|how dare|shut up"),
        (0.8, "sick and tired|what the hell|pissed off|makes me mad|waste of time|not again"),
        (0.7, "still doesn't work|does not work|doesn't work|not working|wrong again|stop it"),
        (
            0.6,
            "doesn't listen|does not listen|never listens|never works|failed again|keeps failing",
        ),
    ),
    Emotion.FEAR: (
        (0.8, "scared to death|freaking out|freaks me out|what if something|gives me chills"),
        (0.6, "not safe|in danger|don't dare|do not dare"),
    ),
    Emotion.SURPRISE: (
        (0.9, "can't believe|cannot believe|no way|out of nowhere|never expected|what a surprise"),
        (0.8, "oh my god|did not expect|didn't expect|never thought|who would have thought"),
    ),
    Emotion.DISGUST: (
        (0.9, "makes me sick|made me sick|turns my stomach|want to throw up|smells awful"),
        (0.8, "smells terrible|tastes awful|tastes terrible|smells bad"),
    ),
    Emotion.TRUST: (
        (0.9, "count on|rely on|believe in you|faith in|in good hands|trust you"),
        (0.7, "you are right|you're right|thank you|have my back|feel safe"),
    ),
}

VALENCE: Final[dict[Emotion, float]] = {
    Emotion.NEUTRAL: 0.0,
    Emotion.JOY: 0.8,
    Emotion.SADNESS: -0.7,
    Emotion.ANGER: -0.8,
    Emotion.FEAR: -0.7,
    Emotion.SURPRISE: 0.15,
    Emotion.DISGUST: -0.7,
    Emotion.TRUST: 0.5,
}
"""How pleasant a feeling is."""

AROUSAL: Final[dict[Emotion, float]] = {
    Emotion.NEUTRAL: 0.2,
    Emotion.JOY: 0.65,
    Emotion.SADNESS: 0.3,
    Emotion.ANGER: 0.85,
    Emotion.FEAR: 0.8,
    Emotion.SURPRISE: 0.75,
    Emotion.DISGUST: 0.6,
    Emotion.TRUST: 0.35,
}
"""How excited somebody is who feels so."""

OPPOSITE: Final[dict[Emotion, Emotion]] = {
    Emotion.JOY: Emotion.SADNESS,
    Emotion.TRUST: Emotion.FEAR,
}
"""What a negated feeling becomes; of the others nothing is left when they are negated."""

NEGATIONS: Final = frozenset(
    "not no never neither nor nothing nobody without hardly barely scarcely cannot can't don't "
    "doesn't didn't isn't aren't wasn't weren't won't wouldn't couldn't shouldn't haven't hasn't "
    "hadn't ain't cant dont doesnt didnt isnt arent wasnt werent wont wouldnt couldnt".split()
)
INTENSIFIERS: Final[dict[str, float]] = {
    word: factor
    for factor, words in (
        (1.4, "extremely incredibly absolutely utterly totally completely insanely deeply"),
        (1.25, "very really so too such terribly awfully truly seriously damn fucking super"),
        (0.6, "slightly somewhat little bit kinda sorta barely mildly rather fairly"),
    )
    for word in words.split()
}
