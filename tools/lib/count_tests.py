#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Prints "passed failed skipped" of a CTest report in JUnit form."""
import sys
import xml.etree.ElementTree

try:
    suite = xml.etree.ElementTree.parse(sys.argv[1]).getroot()
except (OSError, xml.etree.ElementTree.ParseError) as error:
    sys.exit(f"{sys.argv[1]}: {error}")
cases = suite.iter("testcase")
states = [case.get("status") for case in cases]
passed, skipped = states.count("run"), states.count("notrun") + states.count("disabled")
print(passed, len(states) - passed - skipped, skipped)
