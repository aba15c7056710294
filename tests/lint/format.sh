#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Every C file is as clang-format leaves it.
set -euo pipefail
cd "$(dirname "$0")/../.."

git ls-files -z '*.c' '*.h' | xargs -0 clang-format --dry-run -Werror
