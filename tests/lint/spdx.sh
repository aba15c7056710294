#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Every source file, script and build file says its licence in its first lines.
set -euo pipefail
cd "$(dirname "$0")/../.."

is_source() {
	case $1 in
	*.c | *.h | *.def | *.sh | *.py | *.cmake | *.service | *.rules | */CMakeLists.txt | CMakeLists.txt) return 0 ;;
	assets/* | tests/data/* | tests/fuzz/seeds/*) return 1 ;;
	esac
	[[ $(head -c 2 "$1") == '#!' ]]
}

trouble=0
while IFS= read -r -d '' file; do
	[[ -f $file && ! -L $file ]] || continue
	if is_source "$file" && ! head -n 3 "$file" | grep -q 'SPDX-License-Identifier: GPL-3.0-or-later'; then
		echo "$file: no SPDX-License-Identifier: GPL-3.0-or-later in its first three lines"
		trouble=1
	fi
done < <(git ls-files -z)
exit "$trouble"
