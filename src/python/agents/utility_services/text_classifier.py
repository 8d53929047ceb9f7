"""
A small text classifier: softmax regression over counts of words and of parts of words.

numpy is loaded with this module, so it is imported where it is first needed. Jobs, files'
places and messages may not enter.
"""

from __future__ import annotations

import json
import zipfile
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt

from common.text import tokens

FEATURES: Final = 4_096
MOST_LABELS: Final = 100
LARGEST_FILE: Final = 8_000_000
LEAST_PROGRESS: Final = 1e-4

Matrix = npt.NDArray[np.float32]


def features_of(texts: Sequence[str]) -> Matrix:
    """Return a row of length 1 for each text, from its words, pairs of words and trigrams."""
    rows = np.zeros((len(texts), FEATURES), dtype=np.float32)
    for row, text in zip(rows, texts, strict=True):
        words = tokens(text)
        padded = [f" {word} " for word in words]
        parts = [f"w{word}" for word in words]
        parts += [f"p{a} {b}" for a, b in zip(words, words[1:], strict=False)]
        for part in parts:
            row[zlib.crc32(part.encode()) % FEATURES] += 1.0
        for word in padded:
            for at in range(len(word) - 2):
                row[zlib.crc32(word[at : at + 3].encode()) % FEATURES] += 0.4
        row /= max(float(np.linalg.norm(row)), 1e-9)
    return rows


@dataclass(frozen=True)
class TextClassifier:
    """Hold labels, and the weights by which they are chosen; the last row is the bias."""

    labels: tuple[str, ...]
    weights: Matrix

    @classmethod
    def blank(cls, labels: Sequence[str]) -> TextClassifier:
        """Return one that holds every label for as likely."""
        known = tuple(sorted({*labels}))
        return cls(known, np.zeros((FEATURES + 1, len(known)), dtype=np.float32))

    def with_labels(self, labels: Sequence[str]) -> TextClassifier:
        """Return one that knows more labels, and what it knew of its own."""
        fresh = sorted({*labels} - {*self.labels})
        more = np.zeros((FEATURES + 1, len(fresh)), dtype=np.float32)
        return TextClassifier((*self.labels, *fresh), np.hstack([self.weights, more]))

    def probabilities(self, texts: Sequence[str]) -> Matrix:
        """Return for each text how likely each label is."""
        return _softmax(_with_bias(features_of(texts)) @ self.weights)

    def accuracy(self, texts: Sequence[str], labels: Sequence[str]) -> float:
        """Return the share of texts that get their label."""
        chosen = self.probabilities(texts).argmax(axis=1)
        right = [self.labels[at] == label for at, label in zip(chosen, labels, strict=True)]
        return sum(right) / len(right) if right else 0.0

    def save(self, path: Path) -> None:
        """Write it to a file, whole or not at all."""
        whole = path.with_suffix(".new")
        with whole.open("wb") as file:
            head = np.frombuffer(json.dumps(self.labels).encode(), dtype=np.uint8)
            np.savez_compressed(file, labels=head, weights=self.weights.astype(np.float16))
        whole.replace(path)

    @classmethod
    def load(cls, path: Path) -> TextClassifier | None:
        """Return what a file holds; None when there is none, or it is damaged."""
        try:
            if path.stat().st_size > LARGEST_FILE:
                return None
            with np.load(path, allow_pickle=False) as held:
                labels = tuple(json.loads(bytes(held["labels"])))
                weights = held["weights"].astype(np.float32)
        except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile, zlib.error):
            return None
        fits = weights.shape == (FEATURES + 1, len(labels)) and np.isfinite(weights).all()
        return cls(labels, weights) if fits and labels else None


@dataclass(frozen=True)
class Lesson:
    """Hold how to train, and whom to tell after every epoch; False from it ends the training."""

    epochs: int
    learning_rate: float
    weight_decay: float
    patience: int
    told: Callable[[int, float], bool]


def trained(
    classifier: TextClassifier,
    texts: Sequence[str],
    labels: Sequence[str],
    checked: tuple[Sequence[str], Sequence[str]],
    lesson: Lesson,
) -> TextClassifier:
    """Return a classifier that learnt on from examples; it stops when the check gets no better."""
    model = classifier.with_labels(labels)
    inputs, wanted = _with_bias(features_of(texts)), _one_hot(model, labels)
    known = [(t, label) for t, label in zip(*checked, strict=True) if label in model.labels]
    check = _with_bias(features_of([t for t, _ in known])) if known else inputs
    check_wanted = _one_hot(model, [label for _, label in known]) if known else wanted
    weights = model.weights.copy()
    best, best_loss, waited = weights.copy(), np.inf, 0
    # Rare features move as fast as common ones: plain steps would need thousands of epochs.
    squares = np.full_like(weights, 1e-6)
    for epoch in range(1, lesson.epochs + 1):
        errors = _softmax(inputs @ weights) - wanted
        slope = inputs.T @ errors / len(texts) + lesson.weight_decay * weights
        squares += slope * slope
        weights -= lesson.learning_rate * slope / np.sqrt(squares)
        loss = _loss(_softmax(check @ weights), check_wanted)
        if loss < best_loss - LEAST_PROGRESS:
            best, best_loss, waited = weights.copy(), loss, 0
        else:
            waited += 1
        if not lesson.told(epoch, loss) or waited >= lesson.patience:
            break
    return TextClassifier(model.labels, best)


def _with_bias(rows: Matrix) -> Matrix:
    return np.hstack([rows, np.ones((len(rows), 1), dtype=np.float32)])


def _one_hot(model: TextClassifier, labels: Sequence[str]) -> Matrix:
    columns = {label: at for at, label in enumerate(model.labels)}
    wanted = np.zeros((len(labels), len(columns)), dtype=np.float32)
    wanted[np.arange(len(labels)), [columns[label] for label in labels]] = 1.0
    return wanted


def _softmax(scores: Matrix) -> Matrix:
    powers = np.exp(scores - scores.max(axis=1, keepdims=True))
    found: Matrix = powers / powers.sum(axis=1, keepdims=True)
    return found


def _loss(given: Matrix, wanted: Matrix) -> float:
    return float(-np.log(np.maximum((given * wanted).sum(axis=1), 1e-9)).mean())
