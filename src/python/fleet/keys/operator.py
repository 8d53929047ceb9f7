"""Where a fleet's keys are, and those that the operator calls its agents with."""

from __future__ import annotations

from pathlib import Path

from common.security import Credentials, KeysError, read_credentials
from common.security.documents import KEY_FILE
from fleet.errors import FleetError
from fleet.keys.trust import OPERATOR


def keys_directory(state: Path) -> Path:
    """Give the folder of all keys of the fleet with this state."""
    return state / "keys"


def operator_credentials(keys: Path | None) -> Credentials | None:
    """Read the operator's credentials from the folder of all keys; None where there are none."""
    if keys is None or not (keys / OPERATOR / KEY_FILE).exists():
        return None
    try:
        return read_credentials(keys / OPERATOR)
    except KeysError as error:
        message, _, hint = str(error).partition("\n\nhint: ")
        raise FleetError(message, hint) from error
