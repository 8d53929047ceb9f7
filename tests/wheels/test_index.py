"""Package indexes: pages, folders, and servers that say no."""

from __future__ import annotations

import base64
from pathlib import Path
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wheels.index import Candidate, links, of_folder, of_index, read_url, without_secret

from .conftest import IndexServer
