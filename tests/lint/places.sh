#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# The tree names no developer's machine: no home folders, no work folders, no package hosts.
# And no merge was left half done.
set -euo pipefail
cd "$(dirname "$0")/../.."

if git grep -nIE '(^|[^A-Za-z0-9_.-])/(work|home/[a-z]|root)/|deb[.]debian[.]org|npmjs[.]|pypi[.]org' -- \
	. ':!LICENSE' ':!tests/lint/places.sh' ':!assets/demo-card' ':!tests/data' ':!tests/fuzz/seeds'; then
	echo "These lines name places that exist on one machine only."
	exit 1
fi
if git grep -nIE '^(<{7}|>{7})( |$)'; then
	echo "Here somebody has to decide which of two versions it is."
	exit 1
fi
