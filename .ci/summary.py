"""Add up pytest's reports and print one closing line. Standard library only."""

from __future__ import annotations

import sys
from pathlib import Path
from xml.etree import ElementTree


def main(folder: Path) -> int:
    """Print the closing line; fail when no test ran."""
    counts = dict.fromkeys(("tests", "failures", "errors", "skipped"), 0)
    for report in sorted(folder.glob("*.xml")):
        for suite in ElementTree.parse(report).getroot().iter("testsuite"):
            for name in counts:
                counts[name] += int(suite.get(name, "0"))
        for case in ElementTree.parse(report).getroot().iter("testcase"):
            for skip in case.iter("skipped"):
                print(f"skipped {case.get('classname')}.{case.get('name')}: {skip.get('message')}")
    failed = counts["failures"] + counts["errors"]
    passed = counts["tests"] - failed - counts["skipped"]
    print(f"{passed} passed, {failed} failed, {counts['skipped']} skipped")
    return 0 if counts["tests"] else 1


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
