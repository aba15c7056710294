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

cp $conf "$box/once"
expect "it can be run again" into "$box/said" "$imgtank" setup samba --tank "$tank"
expect "and changes nothing more" cmp -s $conf "$box/once"
expect "a password is made up" grep -qE "^Password: +[a-z2-9]{12}$" "$box/said"

expect "undo keeps what was dropped" says "there are files in it" "$imgtank" setup samba --undo
expect "it is still there" cmp -s "$box/once" /var/spool/imgtank/drop/a.jpg
rm -r /var/spool/imgtank/drop
picture >"$box/after"
expect "undo leaves /etc as it was" diff "$box/before" "$box/after"
expect "the server was stopped, as before" refused test -f "$box/smbd.pid"
expect "undo once more is no mistake" into /dev/null "$imgtank" setup samba --undo

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
