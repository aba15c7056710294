#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# mount-tank asks systemd for the tank's mount, and for nothing else.
#   test_mount_tank.sh SCRIPT
set -euo pipefail
command -v findmnt >/dev/null && command -v systemd-escape >/dev/null || exit 77

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
mkdir "$folder/bin"
cat >"$folder/bin/imgtank" <<'END'
#!/bin/sh
printf '[tank]\n# default\npath          = %s\n\n[import]\n' "$FAKE_TANK"
END
cat >"$folder/bin/findfs" <<'END'
#!/bin/sh
[ "$1" = "LABEL=TANK" ]
END
cat >"$folder/bin/systemctl" <<'END'
#!/bin/sh
echo "$*" >>"$FAKE_LOG"
END
chmod +x "$folder"/bin/*
cat >"$folder/fstab" <<'END'
/dev/sda1 / ext4 defaults 0 1
LABEL=TANK /no-such-tank auto nofail 0 0
LABEL=AWAY /no-such-disk auto nofail 0 0
END

failed=0
case_is() { # TANK, WHAT SYSTEMCTL IS TOLD
	: >"$folder/log"
	FAKE_TANK=$1 FAKE_LOG=$folder/log PATH=$folder/bin:$PATH sh "$script" "$folder/fstab"
	if [[ $(<"$folder/log") != "$2" ]]; then
		echo "FAILED: tank in $1: systemctl was told '$(<"$folder/log")'"
		failed=1
	fi
}
script=$1
case_is /no-such-tank '--no-block start no\x2dsuch\x2dtank.mount'
case_is /no-such-tank/pictures/all '--no-block start no\x2dsuch\x2dtank.mount'
case_is /no-such-disk '' # its disk has not come
case_is /srv/pictures '' # on the system's own disk
exit $failed
