"""`python -m fleet.load`: put images of the build into the local engine."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from fleet.errors import FleetError
from fleet.images.engine import DockerEngine
from fleet.images.loading import LoadReport, choose, load, make_plan
from oci.errors import OciError


def main(arguments: Sequence[str] | None = None) -> int:
    """Load all images, or those named; exit 0 when the engine has them, 1 when not."""
    options = _parser().parse_args(arguments)
    try:
        images = choose(options.images, options.slug)
        engine = DockerEngine(os.environ, options.host)
        report = load(make_plan(images, engine.images()), engine)
    except FleetError as error:
        print(error, file=sys.stderr)
        return error.exit_code
    except OciError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    print(_summary(report), file=sys.stderr)
    if options.json:
        print(json.dumps(report.document(), indent=2, sort_keys=True))
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="fleet.load", description=__doc__, allow_abbrev=False)
    parser.add_argument("--images", type=Path, required=True, help="such as dist/images")
    parser.add_argument("--host", help="the engine; default DOCKER_HOST or the usual socket")
    parser.add_argument("--json", action="store_true", help="report on stdout")
    parser.add_argument("slug", nargs="*", help="images to load; default all")
    return parser


def _summary(report: LoadReport) -> str:
    return (
        f"loaded {len(report.loaded)} images, {len(report.present)} were there; "
        f"sent {report.sent_layers} layers ({report.sent_bytes / 1e6:.1f} MB), "
        f"skipped {report.skipped_layers}  {report.seconds:.1f} s"
    )


if __name__ == "__main__":
    sys.exit(main())
