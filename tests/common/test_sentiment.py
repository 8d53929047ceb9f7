"""Tests of sentiment: quality on labelled sentences, and laws that hold for any text."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from common.contracts.emotion import Emotion
from common.sentiment import Sentiment, sentiment_of

POLARITY_FLOOR = 0.9
EMOTION_FLOOR = 0.85

LABELLED: tuple[tuple[Emotion, int, str], ...] = (
    (Emotion.JOY, 1, "I am so happy today!"),
    (Emotion.JOY, 1, "We won the match, what a fantastic evening"),
    (Emotion.JOY, 1, "My daughter passed her exam and I am proud of her"),
    (Emotion.JOY, 1, "I can't wait for the holidays"),
    (Emotion.JOY, 1, "That was the best day of my life"),
    (Emotion.JOY, 1, "It works again, brilliant!"),
    (Emotion.JOY, 1, "The concert was wonderful and we laughed a lot"),
    (Emotion.JOY, 1, "I love this song"),
    (Emotion.JOY, 1, "He was delighted with the present"),
    (Emotion.JOY, 1, "Great, that is exactly what I was looking for"),
    (Emotion.SADNESS, -1, "I feel so lonely since she left"),
    (Emotion.SADNESS, -1, "My grandmother passed away last night"),
    (Emotion.SADNESS, -1, "I am not happy with how it ended"),
    (Emotion.SADNESS, -1, "I miss him every single day"),
    (Emotion.SADNESS, -1, "Nobody came to my party and I cried"),
    (Emotion.SADNESS, -1, "She was heartbroken when the dog died"),
    (Emotion.SADNESS, -1, "I feel down and I don't know why"),
    (Emotion.SADNESS, -1, "What a pity, we lost everything"),
    (Emotion.SADNESS, -1, "I am deeply disappointed"),
    (Emotion.SADNESS, -1, "It makes me sad to see the house empty"),
    (Emotion.ANGER, -1, "I am furious about this bill"),
    (Emotion.ANGER, -1, "This stupid printer doesn't work, not again!"),
    (Emotion.ANGER, -1, "I am fed up with your excuses"),
    (Emotion.ANGER, -1, "How dare you talk to me like that"),
    (Emotion.ANGER, -1, "It is so annoying that nobody listens"),
    (Emotion.ANGER, -1, "THIS IS RIDICULOUS"),
    (Emotion.ANGER, -1, "I hate it when people are late"),
    (Emotion.ANGER, -1, "The app still doesn't work and support is useless"),
    (Emotion.ANGER, -1, "You lied to me and I am angry"),
    (Emotion.ANGER, -1, "This is frustrating, I have tried ten times"),
    (Emotion.FEAR, -1, "I am afraid of the dark"),
    (Emotion.FEAR, -1, "I'm worried about the operation tomorrow"),
    (Emotion.FEAR, -1, "She was terrified by the noise"),
    (Emotion.FEAR, -1, "The thought of the exam makes me nervous"),
    (Emotion.FEAR, -1, "I am freaking out, the car is sliding"),
    (Emotion.FEAR, -1, "That road is dangerous and scary at night"),
    (Emotion.FEAR, -1, "He panicked when the lift stopped"),
    (Emotion.FEAR, -1, "I feel anxious about the future"),
    (Emotion.SURPRISE, 0, "Wow, I did not expect that"),
    (Emotion.SURPRISE, 0, "I can't believe you are here"),
    (Emotion.SURPRISE, 0, "No way, is that for real?"),
    (Emotion.SURPRISE, 0, "We were astonished by the result"),
    (Emotion.SURPRISE, 0, "He appeared out of nowhere"),
    (Emotion.SURPRISE, 0, "Oh my god, I never thought this would happen"),
    (Emotion.DISGUST, -1, "The soup was disgusting"),
    (Emotion.DISGUST, -1, "Yuck, there is a hair in my food"),
    (Emotion.DISGUST, -1, "The smell of that fridge makes me sick"),
    (Emotion.DISGUST, -1, "That joke was gross and vile"),
    (Emotion.DISGUST, -1, "The filthy kitchen is revolting"),
    (Emotion.DISGUST, -1, "It tastes awful, like rotten fish"),
    (Emotion.TRUST, 1, "I trust you with my keys"),
    (Emotion.TRUST, 1, "Thank you, I really appreciate your help"),
    (Emotion.TRUST, 1, "She is reliable and honest"),
    (Emotion.TRUST, 1, "I know that I can count on you"),
    (Emotion.TRUST, 1, "I feel safe with you"),
    (Emotion.TRUST, 1, "We are grateful for your support"),
    (Emotion.NEUTRAL, 0, "The meeting is on Tuesday at ten"),
    (Emotion.NEUTRAL, 0, "Turn on the light in the kitchen"),
    (Emotion.NEUTRAL, 0, "The boiler was serviced on 4 May"),
    (Emotion.NEUTRAL, 0, "What time is it in Tokyo?"),
    (Emotion.NEUTRAL, 0, "I am not afraid of spiders"),
    (Emotion.NEUTRAL, 0, "He put the book on the table"),
    (Emotion.NEUTRAL, 0, "The train leaves from platform three"),
    (Emotion.NEUTRAL, 0, "Remind me to water the plants"),
    (Emotion.NEUTRAL, 0, "How many eggs do I need for the cake?"),
    (Emotion.NEUTRAL, 0, "My address has changed since March"),
)


def sign(valence: float) -> int:
    """Return whether a valence is unpleasant, neither or pleasant."""
    return 0 if abs(valence) < 0.2 else (1 if valence > 0 else -1)


def test_polarity_is_read_well_enough() -> None:
    """At least nine of ten sentences with a clear polarity get it."""
    polar = [(label, text) for _, label, text in LABELLED if label]
    wrong = [text for label, text in polar if sign(sentiment_of(text).valence) != label]

    assert len(LABELLED) >= 60
    assert 1 - len(wrong) / len(polar) >= POLARITY_FLOOR, wrong


def test_emotions_are_read_well_enough() -> None:
    """At least 85 of 100 labelled sentences get the feeling that people read in them."""
    wrong = [
        (text, sentiment_of(text).emotion)
        for label, _, text in LABELLED
        if sentiment_of(text).emotion is not label
    ]

    assert 1 - len(wrong) / len(LABELLED) >= EMOTION_FLOOR, wrong


@pytest.mark.parametrize(
    ("weaker", "stronger"),
    [
        ("I am sad", "I am very sad"),
        ("I am slightly annoyed", "I am annoyed"),
        ("I am happy", "I am HAPPY!!!"),
        ("I was angry", "I was absolutely furious"),
    ],
)
def test_emphasis_makes_a_feeling_stronger(weaker: str, stronger: str) -> None:
    """Intensifiers, capitals and exclamation marks strengthen, dampeners weaken."""
    assert sentiment_of(weaker).intensity < sentiment_of(stronger).intensity


def test_negation_turns_joy() -> None:
    """Who is not happy is sad; who is not angry is nothing of the kind."""
    assert sentiment_of("I am not happy").emotion is Emotion.SADNESS
    assert sentiment_of("I am not happy").valence < 0 < sentiment_of("I am happy").valence
    assert sentiment_of("I am not angry").emotion is not Emotion.ANGER


def test_what_follows_but_counts_more() -> None:
    """The last word of a sentence with two feelings wins."""
    assert sentiment_of("The food was nice but I am furious").emotion is Emotion.ANGER


def test_anger_is_more_excited_than_sadness() -> None:
    """Two unpleasant feelings differ in arousal."""
    angry, sad = sentiment_of("I am furious!"), sentiment_of("I am so lonely")

    assert angry.arousal > 0.7 > sad.arousal


@pytest.mark.parametrize("text", ["", "   ", "\n\t", "?!", "12 34"])
def test_text_without_feeling_is_neutral(text: str) -> None:
    """Nothing is felt where nothing is said."""
    assert sentiment_of(text).emotion is Emotion.NEUTRAL
    assert sentiment_of("") == Sentiment()


def test_symbols_are_read_but_not_without_end() -> None:
    """One smile is pleasant; ten thousand are no more work than fifty."""
    assert sentiment_of("see you \N{SMILING FACE WITH SMILING EYES}").valence > 0
    assert sentiment_of("\N{GRINNING FACE}" * 10_000) == sentiment_of("\N{GRINNING FACE}" * 50)


@settings(deadline=None, max_examples=200)
@given(st.text(max_size=400))
def test_every_text_has_a_bounded_sentiment(text: str) -> None:
    """Whatever is said, the reading lies within its bounds and is the same again."""
    found = sentiment_of(text)

    assert -1 <= found.valence <= 1
    assert 0 <= found.arousal <= 1
    assert 0 <= found.intensity <= 1
    assert found == sentiment_of(text)
