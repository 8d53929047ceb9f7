"""
Alerts that stand, and those of the past: kept in the store, bounded.

Deciding that something is alarming may not enter.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from agents.task_processing.alert_rules import Finding
from common.clock import Clock
from common.contracts.performance import Alert, AlertRule
from common.state.store import Store

ALERTS: Final = "alerts"
KEPT: Final = 500
KEPT_SECONDS: Final = 7 * 86_400.0


class AlertBook:
    """Raise one alert for each finding, and clear it when the finding is gone."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._alerts: dict[str, Alert] = {}
        self._count = 0

    async def load(self) -> None:
        """Take up what the process before has kept."""
        rows = await self._store.scan(ALERTS)
        self._alerts = {key: Alert.model_validate(document) for key, document in rows}
        self._count = int(rows[-1][0]) if rows else 0

    def newest_first(self) -> tuple[Alert, ...]:
        """Return all alerts that are remembered."""
        return tuple(self._alerts[key] for key in sorted(self._alerts, reverse=True))

    async def update(self, found: Iterable[Finding]) -> tuple[Alert, ...]:
        """Return the alerts that this raised or cleared."""
        findings = {(finding.agent, finding.rule): finding for finding in found}
        standing = {
            (alert.agent, alert.rule): alert
            for alert in self._alerts.values()
            if alert.cleared_at is None
        }
        now = self._clock.now()
        changed = [
            alert.model_copy(update={"cleared_at": now})
            for key, alert in standing.items()
            if key not in findings
        ]
        changed += [self._raised(findings[key], now) for key in findings.keys() - standing.keys()]
        for alert in sorted(changed, key=lambda alert: alert.alert_id):
            await self._keep(alert)
        return tuple(sorted(changed, key=lambda alert: alert.alert_id))

    def _raised(self, finding: Finding, now: float) -> Alert:
        self._count += 1
        return Alert(
            alert_id=f"{self._count:012d}",
            agent=finding.agent,
            rule=AlertRule(finding.rule),
            value=finding.value,
            threshold=finding.threshold,
            message=finding.message,
            at=now,
        )

    async def _keep(self, alert: Alert) -> None:
        self._alerts[alert.alert_id] = alert
        expires_at = None if alert.cleared_at is None else alert.cleared_at + KEPT_SECONDS
        document = alert.model_dump(mode="json")
        await self._store.put(ALERTS, alert.alert_id, document, expires_at=expires_at)
        while len(self._alerts) > KEPT:
            oldest = min(self._alerts)
            del self._alerts[oldest]
            await self._store.delete(ALERTS, oldest)
