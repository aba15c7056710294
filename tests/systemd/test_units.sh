#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# systemd itself reads the units, in a root folder of their own, and finds nothing wrong with them.
#   test_units.sh UNITS_FOLDER DROPINS_FOLDER BIN_FOLDER
set -euo pipefail
command -v systemd-analyze >/dev/null || exit 77

root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT
mkdir -p "$root/etc" "$root/usr/lib/systemd/system" "$root$3"
cp -r /lib/systemd/system/. "$root/usr/lib/systemd/system/"
cp -r "$1"/imgtank*.service "$2"/*.service.d "$root/usr/lib/systemd/system/"
for program in imgtank imgtankd; do
	printf '#!/bin/sh\n' >"$root$3/$program"
	chmod +x "$root$3/$program"
done
mkdir -p "$root/usr/libexec/imgtank" "$root$(dirname "$3")/libexec/imgtank"
for folder in "$root/usr/libexec/imgtank" "$root$(dirname "$3")/libexec/imgtank"; do
	cp "$2/mount-tank" "$folder"
done
units=(imgtankd.service imgtank-tank.service imgtank-ui.service)
for name in led fb web; do
	cp "$1/imgtank-ui@.service" "$root/usr/lib/systemd/system/imgtank-ui@$name.service"
	units+=("imgtank-ui@$name.service")
done

# The view of a RAW file is made by imgtank-probe, which needs these for its own sandbox.
if ! grep -q '^SystemCallFilter=.*seccomp.*landlock' "$2/imgtank-ui@web.service.d/"*.conf; then
	echo "FAILED: imgtank-probe cannot put up its sandbox in imgtank-ui@web.service"
	exit 1
fi

status=0
said=$(systemd-analyze verify --root="$root" --man=no "${units[@]}" 2>&1) || status=$?
if grep imgtank <<<"$said" || [[ $status -ne 0 ]]; then
	echo "FAILED: systemd-analyze verify, status $status"
	exit 1
fi
echo "ok: ${#units[@]} units"
