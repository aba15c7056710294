#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# The rule file starts nothing that lasts: udev kills what does, and makes others wait for it meanwhile.
#   test_rules.sh RULES
set -euo pipefail

failed=0
lines=$(grep -v -e '^#' -e '^$' "$1")
# One rule a line, each for some devices only.
if grep -v -e '^SUBSYSTEM==' -e '^ACTION' <<<"$lines" || grep -v 'SUBSYSTEM==' <<<"$lines" ||
	grep -n '\\$' "$1"; then
	echo "FAILED: a rule for all devices, or one of several lines"
	failed=1
fi
if grep -e PROGRAM -e 'IMPORT{program}' -e 'RUN{' -e 'RUN=' -e 'RUN:=' <<<"$lines"; then
	echo "FAILED: it runs programs otherwise than by RUN+="
	failed=1
fi
while read -r run; do
	case $run in
	'RUN+="/usr/bin/systemctl --no-block '*'"') ;;
	*)
		echo "FAILED: it does more than leave a note for systemd: $run"
		failed=1
		;;
	esac
done < <(grep -o 'RUN+="[^"]*"' <<<"$lines")
# Both kinds of slots are kept from desktops, and one in a reader starts the daemon.
for wanted in 'KERNEL=="sd\*", ATTRS{removable}=="1".*ENV{UDISKS_IGNORE}="1"' \
	'KERNEL=="sd\*".*TAG+="systemd", ENV{SYSTEMD_WANTS}+="imgtankd.service"' \
	'KERNEL=="mmcblk\*".*ENV{UDISKS_IGNORE}="1"'; do
	if ! grep -q "$wanted" <<<"$lines"; then
		echo "FAILED: there is no rule $wanted"
		failed=1
	fi
done
[[ $failed -eq 0 ]] || exit 1
echo "ok: $(wc -l <<<"$lines") rules"
