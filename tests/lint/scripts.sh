#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Shell scripts, whatever their names, through shellcheck; Python through pyflakes.
set -euo pipefail
cd "$(dirname "$0")/../.."

declare -a shell=() python=()
while IFS= read -r -d '' file; do
	[[ -f $file && ! -L $file ]] || continue
	case $(head -n 1 "$file" | tr -d '\0') in
	'#!'*python3*) python+=("$file") ;;
	'#!'*sh) shell+=("$file") ;;
	*)
		case $file in
		*.py) python+=("$file") ;;
		*.sh) shell+=("$file") ;;
		esac
		;;
	esac
done < <(git ls-files -z)

shellcheck -x -P SCRIPTDIR "${shell[@]}"
pyflakes3 "${python[@]}"
