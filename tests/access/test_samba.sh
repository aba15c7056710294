#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# test_samba.sh SOURCE_DIR: imgtank setup samba with the real smbd and smbclient, on a network of
# its own.
set -euo pipefail

here=$(dirname "$(readlink -f "$0")")
# shellcheck source=box.sh
source "$here/box.sh"
needs smbd smbclient smbpasswd testparm ip
enter "$0" "$@"
make_box
export IMGTANK_SETUP_DIR=$1/access
imgtank=$IMGTANK_BIN/imgtank
tank=$box/tank
conf=/etc/samba/smb.conf

# As systemd would: starts and stops the one server. Says what it was told.
fake systemctl <<END
#!/bin/bash
echo "\$*" >>$box/systemctl.log
case \$* in
*is-active*) [[ -f $box/smbd.pid ]] ;;
*is-enabled*) false ;;
restart*)
	[[ ! -f $box/smbd.pid ]] || kill "\$(cat $box/smbd.pid)"
	smbd --foreground --log-basename=$box </dev/null >$box/smbd.log 2>&1 &
	echo \$! >$box/smbd.pid
	;;
stop*)
	kill "\$(cat $box/smbd.pid)"
	rm $box/smbd.pid
	;;
esac
END

mkdir -p "$tank/images/20240512"
echo "a picture" >"$tank/images/20240512/pimg_0001.jpg"
# Only Samba stands before the pictures here.
chmod -R 0777 "$tank"
chmod 0755 "$box"
echo "right horse 42" >"$box/password"

smb() {
	smbclient -U 'imgtank-share%right horse 42' -c "$2" "//127.0.0.1/$1" 2>&1
}

# shellcheck disable=SC2317 # called by expect
says() {
	"${@:2}" | grep -F -- "$1" >/dev/null
}

# An smb.conf that somebody wrote, whose last line does not end.
printf '[global]\n   workgroup = MINE\n   disable spoolss = yes\n\n[music]\n   path = /srv' >$conf
picture >"$box/before"

expect "a dry run says what would be done" says "write /etc/samba/imgtank.conf" \
	"$imgtank" setup samba --tank "$tank" --dry-run
picture >"$box/after"
expect "a dry run changes nothing" cmp -s "$box/before" "$box/after"

expect "set-up works" into "$box/said" \
	"$imgtank" setup samba --tank "$tank" --password-file "$box/password"
cat "$box/said"
expect "it was checked by using it" grep -q "^Checked: reading works" "$box/said"
expect "the password that was given is not shown" refused grep -q "right horse" "$box/said"
expect "what was there is still in force" says "workgroup = MINE" testparm -s
expect "pictures can be listed" says pimg_0001.jpg smb pictures "ls 20240512/*"
expect "pictures can be fetched" into /dev/null smb pictures "get 20240512/pimg_0001.jpg $box/got"
expect "and are right" cmp -s "$box/got" "$tank/images/20240512/pimg_0001.jpg"
for command in "put $conf new.jpg" "rm 20240512/pimg_0001.jpg" "mkdir new" \
	"rename 20240512/pimg_0001.jpg x.jpg"; do
	smb pictures "$command" >"$box/answer" || :
	expect "pictures refuse: ${command%% *}" grep -qE 'ACCESS_DENIED|MEDIA_WRITE_PROTECTED' "$box/answer"
done
expect "nothing has changed there" test "$(find "$tank/images" | wc -l)" = 3

expect "a file can be dropped" into /dev/null smb drop "put $conf a.jpg"
expect "and arrives" cmp -s $conf /var/spool/imgtank/drop/a.jpg
expect "a folder can be dropped" into /dev/null smb drop "mkdir DCIM; cd DCIM; put $conf b.jpg"
expect "and arrives too" cmp -s $conf /var/spool/imgtank/drop/DCIM/b.jpg
for command in ls "get a.jpg $box/no" "rm a.jpg" "ls DCIM/*" "rename a.jpg b.jpg" "put $box/password a.jpg"; do
	smb drop "$command" >"$box/answer" || :
	expect "drop refuses: $command" grep -q ACCESS_DENIED "$box/answer"
done
expect "what was dropped is still whole" cmp -s $conf /var/spool/imgtank/drop/a.jpg
expect "nobody gets in without the password" refused into /dev/null \
	smbclient -N -c ls //127.0.0.1/pictures
expect "nobody drops without the password" refused into /dev/null \
	smbclient -N -c "put $conf c.jpg" //127.0.0.1/drop
expect "nobody gets in with another one" refused into /dev/null \
	smbclient -U 'imgtank-share%wrong horse' -c ls //127.0.0.1/pictures

# The daemon that setup has configured: what is dropped comes into the tank by itself. That tank is
# on a disk, as nothing in memory is ever called verified.
drop_path=$(IMGTANK=$imgtank bash -c "source $1/access/lib.sh; setting drop path")
expect "the daemon was told of the folder" test "$drop_path" = /var/spool/imgtank/drop
rm -r /var/spool/imgtank/drop/{a.jpg,DCIM}
disk_tank=$(mktemp -d -p "${IMGTANK_TEST_DIR:-$IMGTANK_BIN/..}" tank-XXXXXX)
printf '[tank]\npath = %s\nrequire-mount = no\n[daemon]\nsocket = %s/s\ndevices = no\nlogind = no\n[drop]\npath = %s\nsettle = 500ms\n' \
	"$disk_tank" "$box" "$drop_path" >"$box/imgtankd.conf"
"$IMGTANK_BIN/imgtankd" --config "$box/imgtankd.conf" --verbose 2>"$box/imgtankd.log" &
daemon=$!
python3 "$1/tests/support/make_card.py" plain "$box/card" --count 3 >/dev/null
pictures=$box/card/DCIM/100EXMPL
# A large one: smbclient sends nothing before it has 8 MB together.
PYTHONPATH=$1/tests/support python3 -c 'import make_card, sys
sys.stdout.buffer.write(make_card.camera_jpeg(77, make_card.at(1), 32 << 20))' >"$pictures/IMG_0003.JPG"

# in_tank FILE: its content is in the tank, and nothing of it is left in the spool
# shellcheck disable=SC2317 # called by expect
in_tank() {
	local i sum

	sum=$(sha256sum <"$1")
	for ((i = 0; i < 150; i++)); do
		if find "$disk_tank/images" -type f -exec sha256sum {} + 2>/dev/null | grep -q "^${sum%% *}" &&
			[[ ! -e /var/spool/imgtank/drop/${2-x} ]] &&
			[[ -z $(ls -A /var/spool/imgtank/drop.importing) ]]; then
			return
		fi
		sleep 0.2
	done
	cat "$box/imgtankd.log"
	return 1
}

# slowly FILE: its first half, and the rest when $box/go is there
slowly() {
	local half=$(($(stat -c %s "$1") / 2))

	head -c $half "$1"
	until [[ -e $box/go ]]; do sleep 0.1; done
	tail -c +$((half + 1)) "$1"
}

expect "a picture is dropped" into /dev/null smb drop "put $pictures/IMG_0001.JPG one.jpg"
expect "and is in the tank" in_tank "$pictures/IMG_0001.JPG" one.jpg
expect "a folder is dropped" into /dev/null \
	smb drop "mkdir DCIM; cd DCIM; put $pictures/IMG_0002.JPG two.jpg"
expect "and is in the tank too" in_tank "$pictures/IMG_0002.JPG" DCIM/two.jpg
slowly "$pictures/IMG_0003.JPG" | smb drop "put - slow.jpg" >"$box/answer" &
slow=$!
for ((i = 0; i < 100; i++)); do
	[[ ! -s /var/spool/imgtank/drop/slow.jpg ]] || break
	sleep 0.2
done
sleep 2 # four times as long as a file has to stay as it is
expect "what is being sent is left alone" test -s /var/spool/imgtank/drop/slow.jpg
touch "$box/go"
wait $slow || cat "$box/answer"
expect "until it is whole" in_tank "$pictures/IMG_0003.JPG" slow.jpg
head -c 2000 "$pictures/IMG_0003.JPG" >"$box/half.jpg"
expect "what broke off is dropped" into /dev/null smb drop "put $box/half.jpg half.jpg"
sleep 2
expect "and stays" test -s /var/spool/imgtank/drop/half.jpg
expect "nothing else is in the tank" test "$(find "$disk_tank/images" -type f | wc -l)" = 3
kill $daemon
wait $daemon || :
rm -r "$disk_tank"
cp $conf /var/spool/imgtank/drop/a.jpg

cp $conf "$box/once"
expect "it can be run again" into "$box/said" "$imgtank" setup samba --tank "$tank"
expect "and changes nothing more" cmp -s $conf "$box/once"
expect "a password is made up" grep -qE "^Password: +[a-z2-9]{12}$" "$box/said"

# What waits in a drop folder is not left behind by a later run.
expect "another drop folder" says "The drop folder is /var/spool/imgtank/drop already." \
	bash -c "$imgtank setup samba --tank $tank --drop $box/drop 2>&1 || :"
expect "is none" refused test -e "$box/drop"
expect "what waits is still to be imported" \
	test "$("$imgtank" config --get drop.path)" = /var/spool/imgtank/drop

expect "undo keeps what was dropped" says "there are files in it" "$imgtank" setup samba --undo
expect "it is still there" cmp -s "$box/once" /var/spool/imgtank/drop/a.jpg
rm -r /var/spool/imgtank/drop
picture >"$box/after"
expect "undo leaves /etc as it was" diff "$box/before" "$box/after"
expect "the server was stopped, as before" refused test -f "$box/smbd.pid"
expect "undo once more is no mistake" into /dev/null "$imgtank" setup samba --undo

for file in imgtank.conf smb.conf 50-setup-samba.conf; do
	expect "the power goes at $file" into /dev/null cut_power_at $file "$imgtank" setup samba --tank "$tank"
	expect "undo works" into /dev/null "$imgtank" setup samba --undo
	picture >"$box/after"
	expect "and leaves nothing of it" diff "$box/before" "$box/after"
done
fake cmp <<<$'#!/bin/sh\nkill -9 0'
into /dev/null setsid --wait "$imgtank" setup samba --tank "$tank" || :
rm "$box/bin/cmp"
expect "the power goes while it is checked" into /dev/null "$imgtank" setup samba --undo
expect "nothing is left of the check" refused test -e /var/spool/imgtank/drop
expect "with another drop folder" into "$box/said" "$imgtank" setup samba --tank "$tank" --drop "$box/drop"
expect "again, without a word of it" into "$box/said" "$imgtank" setup samba --tank "$tank"
expect "it stays" test "$("$imgtank" config --get drop.path)" = "$box/drop"
fake testparm <<<'#!/bin/false'
expect "a later run that fails" says "What was set up before is taken back, too" \
	bash -c "$imgtank setup samba --tank $tank 2>&1 || :"
rm "$box/bin/testparm"
expect "leaves no folder" refused test -e "$box/drop"
rm -rf /var/spool/imgtank/drop
picture >"$box/after"
expect "and /etc as it was" diff "$box/before" "$box/after"

printf '[drop]\n  path = /srv\n' >$conf
expect "a share of the same name is said" says "already has a share called drop" \
	bash -c "$imgtank setup samba --tank $tank 2>&1 || :"
printf '[global]\n' >$conf
fake testparm <<<'#!/bin/false'
picture >"$box/before"
expect "what Samba does not accept is taken back" says "Everything is as it was before" \
	bash -c "$imgtank setup samba --tank $tank 2>&1 || :"
picture >"$box/after"
expect "wholly" diff "$box/before" "$box/after"
finish "samba"
