#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# clang-tidy over every C file that preset clang builds.
set -euo pipefail
cd "$(dirname "$0")/../.."

git ls-files -z 'core/*.c' 'ui-*.c' |
	xargs -0 -n 4 -P "$(nproc)" clang-tidy -p build/clang --quiet --warnings-as-errors='*'
