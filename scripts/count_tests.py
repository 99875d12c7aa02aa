#!/usr/bin/env python3
"""Counts passed, failed and skipped tests of a JUnit file that ctest wrote, with the reasons for the skips."""
import collections
import sys
import xml.etree.ElementTree as ElementTree


def main() -> int:
    file, seconds = sys.argv[1], sys.argv[2]
    counts = collections.Counter()
    reasons = collections.Counter()
    for case in ElementTree.parse(file).getroot().iter("testcase"):
        status = case.get("status")
        if status == "run":
            counts["passed"] += 1
        elif status == "fail":
            counts["failed"] += 1
            print("failed:", case.get("name"))
        else:
            counts["skipped"] += 1
            skipped = case.find("skipped")
            reasons[(skipped.get("message") if skipped is not None else None) or status] += 1
    for reason, number in reasons.most_common():
        print(f"skipped {number}: {reason}")
    print(f"tests: {counts['passed']} passed, {counts['failed']} failed, {counts['skipped']} skipped, in {seconds} s")
    return 0


if __name__ == "__main__":
    sys.exit(main())
