#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# test_tank.sh SOURCE_DIR: imgtank setup tank, on a disk that is a file.
set -euo pipefail

here=$(dirname "$(readlink -f "$0")")
# shellcheck source=box.sh
source "$here/box.sh"
needs losetup lsblk blkid wipefs mkfs.ext4
enter "$0" "$@"
make_box
export IMGTANK_SETUP_DIR=$1/access
imgtank=$IMGTANK_BIN/imgtank

truncate -s 300M "$box/disk"
loop=$(losetup --find --show "$box/disk" 2>/dev/null) || skip "no loop devices here"
name=${loop##*/}
truncate -s 300M "$box/spare"
mkfs.ext4 -q -F "$box/spare"
mkdir "$box/card"
spare=$(losetup --find --show "$box/spare")
trap 'umount "$box/pictures" "$box/card" 2>/dev/null || :; losetup --detach "$loop" "$spare"' EXIT
fake systemctl <<END
#!/bin/sh
echo "\$*" >>$box/called
END
fake udevadm <<<"#!/bin/sh"
# shellcheck disable=SC2317 # called by expect
tank() {
	"$imgtank" setup tank --mount "$box/pictures" "$@"
}

# shellcheck disable=SC2317 # called by expect
refuses() {
	into "$box/said" tank "${@:2}" && return 1
	grep -F -- "$1" "$box/said" >/dev/null || { cat "$box/said" && false; }
}

# shellcheck disable=SC2317 # called by expect
is_empty() {
	cmp -s "$box/disk" <(head -c 300M /dev/zero)
}

# A table that somebody wrote, whose last line does not end.
printf '# mine\nUUID=0 / ext4 defaults 0 1\n/dev/sr0\t/media/cd auto noauto,user 0 0' >/etc/fstab
picture >"$box/before"

expect "disks are shown" into "$box/said" "$imgtank" setup tank
expect "and how they are used" grep -q "setup tank --disk NAME --erase NAME" "$box/said"
expect "no such disk" refuses "There is no disk /dev/nemo" --disk nemo
expect "a folder is no disk" refuses "There is no disk" --disk "$box"
expect "nothing on it" refuses "There is no file system" --disk "$name"
expect "another name than that of the disk" refuses "Nothing was erased" --disk "$name" --erase sda
expect "an unknown file system" refuses "ext4 or exfat" --disk "$name" --erase "$name" --file-system ntfs
expect "erasing nothing" refuses "goes with --disk" --erase "$name"
expect "a dry run" into "$box/said" tank --disk "$name" --erase "$name" --dry-run
expect "says that it would erase" grep -qF -- "+ mkfs.ext4 -q -F -m 0 -L IMGTANK $loop" "$box/said"
expect "and how it would be mounted" \
	grep -qF "UUID=NEW-UUID $box/pictures ext4 nofail,noatime,x-systemd.device-timeout=10s 0 2" "$box/said"
picture >"$box/after"
expect "nothing of that changed anything" diff "$box/before" "$box/after"
expect "not even on the disk" is_empty

expect "erasing works" into "$box/said" tank --disk "$name" --erase "$name"
expect "it was checked" grep -q "^Checked: it is mounted" "$box/said"
expect "the disk is mounted" mountpoint -q "$box/pictures"
expect "by its UUID" grep -qx "UUID=$(blkid -p -s UUID -o value "$loop") $box/pictures ext4 nofail.*" /etc/fstab
expect "the label says whose it is" test "$(blkid -p -s LABEL -o value "$loop")" = IMGTANK
expect "the rest of the table is as it was" grep -q '^/dev/sr0' /etc/fstab
grep -A 2 "^# imgtank" /etc/fstab >"$box/table"
expect "findmnt finds no mistake in it" into "$box/said" findmnt --verify --tab-file "$box/table"
expect "the configuration names it" grep -qx "path *= $box/pictures" <("$imgtank" config)
expect "the daemon is told" grep -q "try-restart imgtankd" "$box/called"
echo "a picture" >"$box/pictures/one.jpg"
cp /etc/fstab "$box/once"
expect "a disk in use is not erased" refuses "Nothing was erased" --disk "$name" --erase "$name"
expect "not as another tank, either" into "$box/said" refused \
	"$imgtank" setup tank --mount "$box/other" --disk "$name" --erase "$name"
expect "for it is in use" grep -q "is in use (" "$box/said"
expect "it can be run again" into "$box/said" tank --disk "$name"
expect "and changes nothing more" diff "$box/once" /etc/fstab
expect "another disk in its place" refuses "Another disk is mounted at $box/pictures" --disk "${spare##*/}"
mount "$spare" "$box/card"
expect "one that is in use" refuses "$spare is in use ($box/card)" --disk "${spare##*/}"
umount "$box/card"
expect "is not taken for it" diff "$box/once" /etc/fstab
umount "$box/pictures"
expect "while it is unplugged, another folder" into "$box/said" refused \
	"$imgtank" setup tank --mount "$box/other" --disk "$name"
expect "for there is one" grep -qF "The tank is set up at $box/pictures already." "$box/said"
expect "one tank stays one" diff "$box/once" /etc/fstab
expect "another disk, while it is unplugged" into "$box/said" tank --disk "${spare##*/}"
expect "is mounted" test "$(findmnt --noheadings --output SOURCE "$box/pictures")" = "$spare"
expect "at every start" grep -q "^UUID=$(blkid -p -s UUID -o value "$spare") $box/pictures " /etc/fstab
umount "$box/pictures"
expect "and the first one again" into "$box/said" tank --disk "$name"
umount "$box/pictures"
fake mount <<<'#!/bin/false'
expect "a later run that fails" refuses "What was set up before is taken back, too" --disk "$name"
rm "$box/bin/mount"
expect "and says what it cannot undo" grep -q "stays erased" "$box/said"
expect "it leaves nothing else" refused grep -q "$box/pictures" /etc/fstab
expect "the disk once more" into "$box/said" tank --disk "$name"
expect "undo works" into "$box/said" tank --undo
expect "it is not mounted any more" refused mountpoint -q "$box/pictures"
picture >"$box/after"
expect "undo leaves /etc as it was" diff "$box/before" "$box/after"

expect "a disk with a file system is used as it is" into "$box/said" tank --disk "$name"
expect "with what is on it" grep -q "a picture" "$box/pictures/one.jpg"
expect "undo works" into "$box/said" tank --undo
for file in fstab 50-setup-tank.conf; do
	expect "the power goes at $file" into /dev/null cut_power_at $file "$imgtank" setup tank --mount "$box/pictures" --disk "$name"
	expect "undo works" into "$box/said" tank --undo
	picture >"$box/after"
	expect "and leaves nothing of it" diff "$box/before" "$box/after"
done
mkdir -p "$box/pictures"
mkfifo "$box/is-mounted"
unshare --mount sh -c "mount $loop $box/pictures && echo yes >$box/is-mounted && exec sleep 100" &
holder=$!
read -r _ <"$box/is-mounted"
expect "a card that only the daemon sees mounted" refuses "Nothing was erased" \
	--disk "$name" --erase "$name"
kill $holder
wait $holder || :
expect "is whole" grep -qa "a picture" "$box/disk"
mount -t tmpfs -o size=1m other "$box/pictures"
expect "a folder that another disk has" refuses "Another disk is mounted" --disk "$name"
umount "$box/pictures"
printf '\n/dev/sdz %s auto defaults 0 0\n' "$box/pictures" >>/etc/fstab
expect "a folder that is in the table" refuses "has an entry for" --disk "$name"
printf 'UUID=%s /elsewhere auto defaults 0 0\n' "$(blkid -p -s UUID -o value "$loop")" >/etc/fstab
expect "a disk that is in the table" refuses "has an entry for" --disk "$name"
printf '' >/etc/fstab
fake mount <<<$'#!/bin/sh\necho "mount: it is broken" >&2\nexit 32'
picture >"$box/before"
expect "a disk that cannot be mounted" refuses "The configuration is as it was before" --disk "$name"
picture >"$box/after"
expect "is taken back" diff "$box/before" "$box/after"
if command -v mkfs.exfat >/dev/null; then
	expect "another file system" refuses "stays erased" --disk "$name" --erase "$name" --file-system exfat
	expect "is made" test "$(blkid -p -s TYPE -s LABEL -o value "$loop" | tr '\n' ' ')" = "IMGTANK exfat "
fi
finish "tank"
