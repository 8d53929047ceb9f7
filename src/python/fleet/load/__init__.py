"""Files of the build become values here. The only place that raises ConfigError.

`python -m fleet.load` is another load: it puts images into the local engine.
"""

from __future__ import annotations

from fleet.load.model_file import load_model, parse_model

__all__ = ["load_model", "parse_model"]
