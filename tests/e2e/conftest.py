"""The servers that agents can keep their state on."""

from tests.common.conftest import postgres_server as postgres_server
from tests.common.conftest import redis_server as redis_server
