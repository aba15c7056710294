#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck disable=SC2016  # what is in single quotes is for the shell in the guest
# Makes the guest of the laboratory: a small Debian with the project's own packages, installed by apt,
# as one disk image, its kernel and an initramfs that knows how to find it.
#
#   tests/lab/build.sh [SUITE]   trixie or bookworm, into build/lab-cache (or
#                                $IMGTANK_LAB_CACHE; with -SUITE behind it if it is not trixie);
#                                what is up to date stays
set -euo pipefail
cd "$(dirname "$0")/../.."
# shellcheck source=tools/lib/chroot.sh
source tools/lib/chroot.sh

suite=${1:-trixie}
cache=${IMGTANK_LAB_CACHE:-build/lab-cache}
[[ $suite == trixie ]] || cache+=-$suite
mkdir -p "$cache"
cache=$(realpath "$cache")

guest_packages=(
	systemd systemd-sysv udev dbus polkitd linux-image-amd64 kmod openssh-server iproute2 procps
	e2fsprogs dosfstools exfatprogs util-linux util-linux-extra fdisk login passwd xz-utils
	busybox-static gpiod python3-minimal strace sg3-utils ca-certificates ncurses-term
)
build_packages=(build-essential debhelper dpkg-dev fakeroot)

say() { printf '%s  %s\n' "$(date +%H:%M:%S)" "$*"; }

# Everything that the packages are made of, as one number.
sources_key() {
	git ls-files -z --cached --others --exclude-standard -- assets cmake CMakeLists.txt core debian \
		docs/man systemd 'ui-*' tools/lib LICENSE README.md examples CHANGELOG.md |
		xargs -0 sha256sum | sha256sum | cut -c1-16
}

build_packages_of_project() {
	local key out=$cache/debs build=$cache/build-$suite
	key=$(sources_key)
	[[ -e $out/key && $(<"$out/key") == "$key" ]] && return 0
	say "building the packages ($suite)"
	chroot_make "$build" "$suite" amd64 "${build_packages[@]}"
	rm -rf --one-file-system "$build/src" "$out"
	mkdir -p "$build/src/imgtank" "$out"
	git ls-files -z --cached --others --exclude-standard |
		xargs -0 cp -a --parents -t "$build/src/imgtank"
	chroot_run "$build" bash -euc 'cd /src/imgtank
		apt-get -qq update
		apt-get -qq -y --no-install-recommends build-dep ./
		DEB_BUILD_OPTIONS="nocheck parallel=2" dpkg-buildpackage -us -uc -b' >"$cache/packages.log" 2>&1 || {
		tail -n 30 "$cache/packages.log"
		return 1
	}
	cp "$build"/src/imgtank*_amd64.deb "$out"
	rm -f "$out"/*dbgsym*
	echo "$key" >"$out/key"
}

# What makes a Debian a guest of the laboratory: quick to boot, and open to nobody but its host.
customise() {
	local root=$1 unit
	[[ -e $cache/id ]] || ssh-keygen -q -t ed25519 -N '' -C lab -f "$cache/id"
	echo lab >"$root/etc/hostname"
	printf '127.0.0.1 localhost lab\n' >"$root/etc/hosts"
	# The tank's disk as the documents say: it may be missing, and come later.
	printf '/dev/vda / ext4 rw,noatime 0 0\nLABEL=TANK /data auto nofail,noatime,x-systemd.device-timeout=5s 0 2\n' \
		>"$root/etc/fstab"
	mkdir -p "$root/data" "$root/root/.ssh"
	cp "$cache/id.pub" "$root/root/.ssh/authorized_keys"
	printf 'PermitRootLogin prohibit-password\nUseDNS no\nUsePAM no\nGSSAPIAuthentication no\n' \
		>"$root/etc/ssh/sshd_config.d/lab.conf"
	for unit in apt-daily.timer apt-daily-upgrade.timer e2scrub_all.timer fstrim.timer man-db.timer \
		dpkg-db-backup.timer logrotate.timer systemd-hwdb-update.service ldconfig.service \
		systemd-pstore.service systemd-random-seed.service systemd-timesyncd.service \
		systemd-journal-catalog-update.service systemd-update-done.service systemd-firstboot.service \
		systemd-tpm2-setup.service systemd-tpm2-setup-early.service networking.service \
		keyboard-setup.service console-setup.service getty@tty1.service apparmor.service; do
		ln -sf /dev/null "$root/etc/systemd/system/$unit"
	done
	echo 0123456789abcdef0123456789abcdef >"$root/etc/machine-id"
	mkdir -p "$root/etc/systemd/journald.conf.d"
	printf '[Journal]\nStorage=volatile\nForwardToConsole=no\n' >"$root/etc/systemd/journald.conf.d/lab.conf"
	cat >"$root/etc/systemd/system/lab-net.service" <<'UNIT'
[Unit]
DefaultDependencies=no
After=local-fs.target systemd-udevd.service
Before=network.target ssh.service
Wants=network.target
[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=/bin/sh -c 'modprobe -q virtio_net; udevadm settle; for n in /sys/class/net/e*; do d=$${n##*/}; ip addr add 10.0.2.15/24 dev $d; ip link set $d up; done; ip route add default via 10.0.2.2; ip link set lo up'
[Install]
WantedBy=multi-user.target
UNIT
	chroot "$root" systemctl enable -q lab-net.service ssh.service
	chroot "$root" systemctl set-default -q multi-user.target
}

# Only what is needed to reach the root disk; all else the guest loads as any Debian does.
make_initramfs() {
	local root=$1 out=$2 work version module file n=0
	version=$(basename "$(echo "$root"/lib/modules/*)")
	work=$(mktemp -d)
	mkdir -p "$work"/{bin,m,dev,proc,new}
	cp "$root/bin/busybox" "$work/bin/busybox"
	for module in virtio_ring virtio virtio_pci_legacy_dev virtio_pci_modern_dev virtio_pci \
		virtio_blk crc32c_generic libcrc32c crc16 mbcache jbd2 ext4; do
		file=$(find "$root/lib/modules/$version/kernel" -name "$module.ko*" -print -quit)
		[[ $file ]] || continue
		n=$((n + 1))
		case $file in
		*.xz) xz -dc "$file" ;;
		*.zst) zstd -qdc "$file" ;;
		*) cat "$file" ;;
		esac >"$work/m/$(printf %02d $n)-$module.ko"
	done
	cat >"$work/init" <<'INIT'
#!/bin/busybox sh
/bin/busybox mount -t devtmpfs d /dev
/bin/busybox mount -t proc p /proc
for module in /m/*.ko; do /bin/busybox insmod "$module" 2>/dev/null; done
tries=0
while [ ! -b /dev/vda ] && [ $tries -lt 100 ]; do /bin/busybox usleep 50000; tries=$((tries + 1)); done
/bin/busybox mount -t ext4 -o rw,noatime /dev/vda /new || exec /bin/busybox sh
/bin/busybox umount /proc
/bin/busybox mount -o move /dev /new/dev
exec /bin/busybox switch_root /new /sbin/init
INIT
	chmod +x "$work/init"
	(cd "$work" && find . | cpio -o -H newc --quiet) >"$out"
	rm -rf "$work"
}

# Modules that Debian does not build, from Debian's own source of the guest's kernel: a GPIO chip that
# is only pretended (gpio-sim). One line of irq_sim.c uses what the kernel does not export.
make_modules() {
	local root=$1 version chroot=$cache/modules-$suite work=$cache/modules
	version=$(basename "$(echo "$root"/lib/modules/*)")
	if [[ ! -e $work/$version/gpio-sim.ko ]]; then
		say "building gpio-sim for $version"
		chroot_make "$chroot" "$suite" amd64 "linux-headers-$version" linux-source make gcc \
			libc6-dev xz-utils bzip2
		mkdir -p "$chroot/oot" "$work/$version"
		chroot_run "$chroot" bash -euc '
			cd /oot
			tar -xJf "$(ls /usr/src/linux-source-*.tar.xz | tail -n 1)" --wildcards \
				--transform="s|.*/||" "*/drivers/gpio/gpio-sim.c" "*/drivers/gpio/gpiolib.h" \
				"*/kernel/irq/irq_sim.c"
			mv gpio-sim.c gpio-sim-main.c
			sed -i "s/handle_simple_irq(irq_to_desc(irqnum));/generic_handle_irq_safe(irqnum);/" irq_sim.c
			printf "obj-m += gpio-sim.o\ngpio-sim-y := gpio-sim-main.o irq_sim.o\n" >Makefile
			make -C "/usr/src/linux-headers-$1" M=/oot modules' modules "$version" \
			>"$cache/modules.log" 2>&1 || {
			tail -n 20 "$cache/modules.log"
			return 1
		}
		cp "$chroot/oot/gpio-sim.ko" "$work/$version/"
	fi
	mkdir -p "$root/lib/modules/$version/updates"
	cp "$work/$version/gpio-sim.ko" "$root/lib/modules/$version/updates/"
	chroot "$root" depmod "$version"
}

make_guest() {
	local base=$cache/guest-base-$suite root=$cache/guest-$suite key
	key="$(cat "$cache/debs/key") $(sha256sum "$0" | cut -c1-16)"
	[[ -e $cache/guest.key && $(<"$cache/guest.key") == "$key" ]] && return 0
	rm -f "$cache/guest.key" "$cache"/ready.*
	say "making the guest ($suite)"
	chroot_make "$base" "$suite" amd64 "${guest_packages[@]}"
	rm -rf --one-file-system "$root"
	cp -a "$base" "$root"
	mkdir "$root/debs"
	cp "$cache"/debs/*.deb "$root/debs"
	chroot_run "$root" bash -euc 'apt-get -qq update
		apt-get -qq -y --no-install-recommends install /debs/*.deb
		apt-get -qq clean
		rm -rf /var/lib/apt/lists/*' >"$cache/guest.log" 2>&1 || {
		tail -n 30 "$cache/guest.log"
		return 1
	}
	make_modules "$root"
	customise "$root"
	say "making its disk"
	cp "$(echo "$root"/boot/vmlinuz-*)" "$cache/vmlinuz"
	make_initramfs "$root" "$cache/initramfs"
	rm -f "$root"/boot/initrd* "$cache/root.ext4"
	truncate -s 1500M "$cache/root.ext4"
	mke2fs -q -F -t ext4 -L labroot -d "$root" "$cache/root.ext4"
	rm -f "$cache/root.qcow2"
	qemu-img convert -O qcow2 "$cache/root.ext4" "$cache/root.qcow2"
	rm -f "$cache/root.ext4"
	rm -rf --one-file-system "$root"
	echo "$key" >"$cache/guest.key"
}

build_packages_of_project
make_guest
say "the guest is ready"
