#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Fails on an include that layers.txt does not allow.
set -euo pipefail
cd "$(dirname "$0")/../.."

declare -A may
declare -a home_headers home_folders
while read -r kind subject folders; do
	subject=${subject%:}
	case $kind in
	may) may[$subject]=" $folders " ;;
	home)
		home_headers+=("$subject")
		home_folders+=(" $folders ")
		;;
	esac
done < <(grep -v '^#' tests/lint/layers.txt)

trouble=0
say() {
	echo "$1"
	trouble=1
}

# "ui-tty" is one of "ui-*".
rule_of() {
	if [[ -v may[$1] ]]; then
		echo "${may[$1]}"
	elif [[ $1 == ui-* && -v "may[ui-*]" ]]; then
		echo "${may[ui-*]}"
	else
		echo "none"
	fi
}

check_own() { # file, header
	local from to rule
	from=$(dirname "$1")
	to=$(dirname "$2")
	[[ $to == . || $from == "$to" ]] && return
	if [[ $2 == *_priv.h ]]; then
		say "$1: $2 is private to $to"
		return
	fi
	rule=$(rule_of "$from")
	if [[ $rule == none ]]; then
		say "$1: folder $from has no line in tests/lint/layers.txt"
	elif [[ $rule != *" $to "* ]]; then
		say "$1: $from must not include $2"
	fi
}

check_library() { # file, header
	local i
	for i in "${!home_headers[@]}"; do
		if [[ $2 == "${home_headers[$i]}"* && ${home_folders[$i]} != *" $(dirname "$1") "* ]]; then
			say "$1: <$2> belongs into${home_folders[$i]}"
		fi
	done
}

while IFS=: read -r file line; do
	header=${line#*[<\"]}
	header=${header%%[>\"]*}
	if [[ $line == *\"* ]]; then
		check_own "$file" "$header"
	else
		check_library "$file" "$header"
	fi
done < <(git grep -E '^#include [<"]' -- 'core/*.[ch]' 'ui-*.[ch]')

exit "$trouble"
