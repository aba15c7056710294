#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Prints "passed failed skipped" of a CTest report in JUnit form."""
import sys
import xml.etree.ElementTree

try:
    suite = xml.etree.ElementTree.parse(sys.argv[1]).getroot()
except (OSError, xml.etree.ElementTree.ParseError) as error:
    sys.exit(f"{sys.argv[1]}: {error}")
passed = failed = skipped = 0
for case in suite.iter("testcase"):
    reason = case.find("skipped")
    # A test whose program was not built is "not run" too: that is no skip.
    if case.get("status") == "run":
        passed += 1
    elif reason is not None and "SKIP_RETURN_CODE" in (reason.get("message") or ""):
        skipped += 1
    elif case.get("status") == "disabled":
        skipped += 1
    else:
        failed += 1
print(passed, failed, skipped)
