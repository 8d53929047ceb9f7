"""
IntentionValidatorAgent: checks a command against the policy before it may run.

Holds no rule: those are data in command_policy, applied by policy.
"""

from __future__ import annotations

from agents.language_processing.policy import Judgement, judge
from common.agent import Agent, action
from common.contracts.language import (
    CommandVerdict,
    Decision,
    ValidateCommandRequest,
    ValidationHistory,
    ValidationHistoryRequest,
    ValidationRecord,
)

VALIDATIONS = "validations"
KEPT_SECONDS = 90 * 24 * 3600.0
PAGE = 200


class IntentionValidatorAgent(Agent):
    """Allow, deny or ask to confirm; keep every verdict for 90 days."""

    async def start(self) -> None:
        """Go on counting where the last process stopped."""
        newest = await self.store.scan(VALIDATIONS, limit=1, newest_first=True)
        self._count = int(newest[0][0]) if newest else 0

    async def state_cleared(self) -> None:
        """Count from the beginning."""
        self._count = 0

    @action
    async def validate_command(self, request: ValidateCommandRequest) -> CommandVerdict:
        """Judge a command; what must be confirmed is allowed once the user said yes."""
        is_guest = request.context.get("user_kind") == "guest"
        judgement = judge(request.command, is_guest=is_guest)
        allowed = judgement.decision is Decision.ALLOW or (
            judgement.decision is Decision.CONFIRM and request.confirmed
        )
        record = await self._keep(request, judgement, allowed)
        if not allowed:
            self.log.info("command not allowed: %s", ", ".join(judgement.rule_ids))
        return CommandVerdict(
            allowed=allowed,
            decision=judgement.decision,
            risk=judgement.risk,
            reasons=judgement.reasons,
            requires_confirmation=judgement.decision is Decision.CONFIRM and not allowed,
            rule_ids=judgement.rule_ids,
            validation_id=record.validation_id,
        )

    @action
    async def get_validation_history(self, request: ValidationHistoryRequest) -> ValidationHistory:
        """Return verdicts of the past, newest first, of everybody or of one user."""
        records: list[ValidationRecord] = []
        start = ""
        while len(records) < request.limit:
            page = await self.store.scan(VALIDATIONS, start=start, limit=PAGE, newest_first=True)
            read = (ValidationRecord.model_validate(document) for _, document in page)
            records += [record for record in read if request.user_id in (None, record.user_id)]
            if len(page) < PAGE or int(page[-1][0]) <= 1:
                break
            start = _key(int(page[-1][0]) - 1)
        return ValidationHistory(records=tuple(records[: request.limit]))

    async def _keep(
        self, request: ValidateCommandRequest, judgement: Judgement, allowed: bool
    ) -> ValidationRecord:
        self._count += 1
        key = _key(self._count)
        record = ValidationRecord(
            validation_id=f"validation-{key}",
            at=self.clock.now(),
            command=request.command,
            user_id=request.user_id,
            source=request.source,
            allowed=allowed,
            decision=judgement.decision,
            risk=judgement.risk,
            rule_ids=judgement.rule_ids,
        )
        await self.store.put(
            VALIDATIONS, key, record.model_dump(mode="json"), expires_at=record.at + KEPT_SECONDS
        )
        return record


def _key(count: int) -> str:
    return f"{count:012d}"
