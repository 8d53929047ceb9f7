"""Who a process is and whom it trusts, read from a folder. No socket may enter."""

from common.security.credentials import Credentials, read_credentials
from common.security.keys import KeyPair, KeysError
from common.security.watch import watch_credentials

__all__ = ["Credentials", "KeyPair", "KeysError", "read_credentials", "watch_credentials"]
