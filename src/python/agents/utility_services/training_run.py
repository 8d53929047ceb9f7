"""
One training run: which examples are held out, and the scores before and after.

The classifier is imported when a run begins. Jobs and messages may not enter.
"""

from __future__ import annotations

import hashlib
import threading
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, NamedTuple

from common.contracts.training import Example, TrainingPlan, TrainingScores
from common.text import tokens

TESTED: Final = 0.2
CHECKED: Final = 0.35


class CancelledRunError(Exception):
    """Tell that a run was told to end."""


@dataclass
class Progress:
    """Hold how far a run is; it is read while the run goes on in a thread."""

    epoch: int = 0
    loss: float | None = None
    cancelled: threading.Event = field(default_factory=threading.Event)

    def tell(self, epoch: int, loss: float) -> bool:
        """Note an epoch, and return whether to go on."""
        self.epoch, self.loss = epoch, loss
        return not self.cancelled.is_set()


class Split(NamedTuple):
    """Hold examples to train on, to stop by, and to score with."""

    training: tuple[Example, ...]
    checking: tuple[Example, ...]
    testing: tuple[Example, ...]


def split(examples: Sequence[Example]) -> Split:
    """
    Return examples in three parts that do not depend on what else there is.

    What was once held out is so in each later run of the same text, so that no model is scored
    by what it was trained on. Of very few examples the two of the lowest shares are held out.
    """
    unique = {" ".join(tokens(one.text)) or one.text: one for one in examples}
    ranked = sorted((_share(key), key) for key in unique)
    testing = {key for at, (share, key) in enumerate(ranked) if share < TESTED or at < 1}
    checking = {key for share, key in ranked if share < CHECKED} - testing
    training = unique.keys() - testing - checking
    if len({unique[key].label for key in training}) < 2:  # too few to spare any for the check
        training, checking = training | checking, set()
    return Split(*(_of(unique, keys) for keys in (training, checking, testing)))


def run(
    path: Path, examples: Sequence[Example], plan: TrainingPlan, progress: Progress
) -> TrainingScores:
    """Train on a part, score on another, and keep the better model in the file."""
    from agents.utility_services import text_classifier as engine

    parts = split(examples)
    texts, labels = _columns(parts.training)
    tested = _columns(parts.testing)
    old = engine.TextClassifier.load(path)
    before = old.accuracy(*tested) if old else _commonest(labels, tested[1])
    lesson = engine.Lesson(
        plan.epochs, plan.learning_rate, plan.weight_decay, plan.patience, progress.tell
    )
    start = old or engine.TextClassifier.blank(labels)
    model = engine.trained(start, texts, labels, _columns(parts.checking), lesson)
    if progress.cancelled.is_set():
        raise CancelledRunError
    after = model.accuracy(*tested)
    kept = old is None or after >= before
    if kept:
        path.parent.mkdir(parents=True, exist_ok=True)
        model.save(path)
    return TrainingScores(
        before=before, after=after, held_out=len(parts.testing), trained_on=len(texts), kept=kept
    )


def _share(key: str) -> float:
    return int.from_bytes(hashlib.sha256(key.encode()).digest()[:6]) / 2**48


def _of(examples: dict[str, Example], keys: set[str]) -> tuple[Example, ...]:
    return tuple(examples[key] for key in sorted(keys))


def _columns(examples: Sequence[Example]) -> tuple[list[str], list[str]]:
    return [one.text for one in examples], [one.label for one in examples]


def _commonest(labels: Sequence[str], tested: Sequence[str]) -> float:
    (guess, _), *_ = Counter(labels).most_common(1)
    return sum(label == guess for label in tested) / len(tested)
