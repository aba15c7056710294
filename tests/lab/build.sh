#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck disable=SC2016  # what is in single quotes is for the shell in the guest
# Makes the guest of the laboratory: a small Debian with the project's own packages, installed by apt,
# as one disk image, its kernel and an initramfs that knows how to find it.
#
#   tests/lab/build.sh [SUITE]   trixie or bookworm, into build/lab-cache (or
#                                $IMGTANK_LAB_CACHE; with -SUITE behind it if it is not trixie);
#                                what is up to date stays
#   tests/lab/build.sh pi        the same for an emulated Raspberry Pi 3, with trixie
set -euo pipefail
cd "$(dirname "$0")/../.."
# shellcheck source=tools/lib/packages.sh
source tools/lib/packages.sh
# shellcheck source=tools/lib/chroot.sh
source tools/lib/chroot.sh

machine=pc suite=${1:-trixie}
[[ $suite != pi ]] || machine=pi suite=trixie
cache=${IMGTANK_LAB_CACHE:-build/lab-cache}
[[ $suite == trixie ]] || cache+=-$suite
mkdir -p "$cache"
cache=$(realpath "$cache")

guest_packages=(
	systemd systemd-sysv udev dbus polkitd linux-image-amd64 kmod openssh-server iproute2 procps
	e2fsprogs dosfstools exfatprogs util-linux util-linux-extra fdisk login passwd xz-utils
	busybox-static gpiod python3-minimal strace sg3-utils ca-certificates ncurses-term
	samba smbclient hostapd dnsmasq-base wpasupplicant iw nftables avahi-daemon avahi-utils curl
	network-manager
)
# The Raspberry Pi runs slowly, and has its packages installed under qemu-user: only what it needs.
pi_packages=(
	systemd systemd-sysv udev dbus polkitd kmod openssh-server iproute2 procps e2fsprogs dosfstools
	util-linux util-linux-extra fdisk login passwd busybox-static ca-certificates
)
build_packages=(build-essential debhelper dpkg-dev fakeroot)

say() { printf '%s  %s\n' "$(date +%H:%M:%S)" "$*"; }

# Everything that the packages are made of, as one number.
sources_key() {
	git ls-files -z --cached --others --exclude-standard -- access assets cmake CMakeLists.txt core debian \
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

# customise ROOT DEVICE : what makes a Debian a guest of the laboratory: quick to boot, and open to
# nobody but its host
customise() {
	local root=$1 device=$2 unit
	[[ -e $cache/id ]] || ssh-keygen -q -t ed25519 -N '' -C lab -f "$cache/id"
	echo lab >"$root/etc/hostname"
	printf '127.0.0.1 localhost lab\n' >"$root/etc/hosts"
	# The tank's disk as the documents say: it may be missing, and come later.
	printf '%s / ext4 rw,noatime 0 0\nLABEL=TANK /data auto nofail,noatime,x-systemd.device-timeout=5s 0 2\n' \
		"$device" >"$root/etc/fstab"
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
ExecStart=/bin/sh -c 'modprobe -q virtio_net; udevadm settle; for n in /sys/class/net/[eu]*; do d=$${n##*/}; ip addr add 10.0.2.15/24 dev $d; ip link set $d up; done; ip route add default via 10.0.2.2; ip link set lo up'
[Install]
WantedBy=multi-user.target
UNIT
	chroot "$root" systemctl enable -q lab-net.service ssh.service
	# What set-up is to switch on, and what only costs time at boot.
	for unit in smbd nmbd samba-ad-dc winbind hostapd wpa_supplicant avahi-daemon nftables; do
		chroot "$root" systemctl disable -q "$unit" 2>/dev/null || :
	done
	rm -f "$root"/etc/systemd/system/sockets.target.wants/avahi-daemon.socket
	# Nobody starts NetworkManager but the scenario that is about it; the way to the host is never its.
	chroot "$root" systemctl disable -q NetworkManager NetworkManager-wait-online 2>/dev/null || :
	ln -sf /dev/null "$root/etc/systemd/system/NetworkManager.service"
	mkdir -p "$root/etc/NetworkManager/conf.d"
	printf '[keyfile]\nunmanaged-devices=interface-name:en*;interface-name:eth*\n' \
		>"$root/etc/NetworkManager/conf.d/lab.conf"
	chroot "$root" systemctl set-default -q multi-user.target
}

# make_initramfs ROOT DEVICE OUT MODULE... : only what is needed to reach the root disk; all else the guest
# loads as any Debian does
make_initramfs() {
	local root=$1 device=$2 out=$3 work version kind file n=0
	shift 3
	version=$(basename "$(echo "$root"/lib/modules/*)")
	work=$(mktemp -d)
	mkdir -p "$work"/{bin,m,dev,proc,new}
	cp "$root/bin/busybox" "$work/bin/busybox"
	modprobe --dirname "$root" --set-version "$version" --show-depends --all "$@" | while read -r kind file _; do
		[[ $kind == insmod ]] || continue
		n=$((n + 1))
		case $file in
		*.xz) xz -dc "$file" ;;
		*.zst) zstd -qdc "$file" ;;
		*) cat "$file" ;;
		esac >"$work/m/$(printf %02d $n)-$(basename "${file%.ko*}").ko"
	done
	sed "s|@DEVICE@|$device|" >"$work/init" <<'INIT'
#!/bin/busybox sh
/bin/busybox mount -t devtmpfs d /dev
/bin/busybox mount -t proc p /proc
for module in /m/*.ko; do /bin/busybox insmod "$module" 2>/dev/null; done
tries=0
while [ ! -b @DEVICE@ ] && [ $tries -lt 300 ]; do /bin/busybox usleep 50000; tries=$((tries + 1)); done
/bin/busybox mount -t ext4 -o rw,noatime @DEVICE@ /new || exec /bin/busybox sh
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
	customise "$root" /dev/vda
	say "making its disk"
	cp "$(echo "$root"/boot/vmlinuz-*)" "$cache/vmlinuz"
	make_initramfs "$root" /dev/vda "$cache/initramfs" virtio_pci virtio_blk ext4
	rm -f "$root"/boot/initrd* "$cache/root.ext4"
	truncate -s 1500M "$cache/root.ext4"
	mke2fs -q -F -t ext4 -L labroot -d "$root" "$cache/root.ext4"
	rm -f "$cache/root.qcow2"
	qemu-img convert -O qcow2 "$cache/root.ext4" "$cache/root.qcow2"
	rm -f "$cache/root.ext4"
	rm -rf --one-file-system "$root"
	echo "$key" >"$cache/guest.key"
}

# --- the Raspberry Pi ---

# Debian's kernel and device tree, without apt: its packages' scripts would make an initramfs under qemu-user.
fetch_pi_kernel() { # BASE OUT
	local base=$1 out=$2
	rm -rf "$out"
	mkdir -p "$out/deb"
	CHROOT_BIND=$out/deb:/mnt chroot_run "$base" bash -euc 'cd /mnt
		apt-get -qq update
		apt-get -qq download "$(apt-cache depends linux-image-arm64 | sed -n "s/^ *Depends: //p")"'
	dpkg-deb -x "$out"/deb/linux-image-*.deb "$out"
	rm -rf "$out/deb"
	[[ -e $out/lib ]] || ln -s usr/lib "$out/lib"
	depmod -b "$out" "$(basename "$(echo "$out"/lib/modules/*)")"
	mkdir -p "$out/bin"
	cp "$base/bin/busybox" "$out/bin/busybox"
}

# pi_disk ROOT OUT : an SD card (its size must be a power of two) with the system and the tank on it
pi_disk() {
	local root=$1 out=$2 system_mb=1400 tank_mb=512
	rm -f "$out"
	truncate -s 2G "$out"
	printf 'label: dos\nstart=1MiB, size=%sMiB, type=83\nstart=%sMiB, size=%sMiB, type=83\n' \
		$system_mb $((system_mb + 1)) $tank_mb | sfdisk -q "$out"
	mke2fs -q -F -t ext4 -E offset=$((1 << 20)) -d "$root" "$out" ${system_mb}M
	mke2fs -q -F -t ext4 -L TANK -E offset=$(((system_mb + 1) << 20)) "$out" ${tank_mb}M
}

build_pi_packages() {
	local key out=$cache/debs-arm64
	key=$(sources_key)
	[[ -e $out/key && $(<"$out/key") == "$key" ]] && return 0
	say "building the packages (arm64)"
	rm -rf "$out"
	tools/cross arm64 --suite "$suite" --packages >"$cache/pi-packages.log" 2>&1 || {
		tail -n 30 "$cache/pi-packages.log"
		return 1
	}
	mkdir -p "$out"
	cp build/packages/"$suite"-arm64/*_arm64.deb "$out"
	rm -f "$out"/*dbgsym*
	echo "$key" >"$out/key"
}

# Under qemu-user this takes minutes: what it made is kept.
install_pi() { # DIR
	local root=$1 base=$cache/pi-base-$suite key
	key="$(<"$cache/debs-arm64/key") ${pi_packages[*]}"
	[[ -e $root.key && $(<"$root.key") == "$key" ]] && return 0
	say "installing the packages on the Raspberry Pi (the first time: ten minutes)"
	rm -rf --one-file-system "$root" "$root.key"
	chroot_make "$base" "$suite" arm64 "${pi_packages[@]}"
	cp -a "$base" "$root"
	mkdir "$root/debs"
	cp "$cache"/debs-arm64/*.deb "$root/debs"
	chroot_run "$root" bash -euc 'apt-get -qq update
		apt-get -qq -y --no-install-recommends install /debs/*.deb
		apt-get -qq clean
		rm -rf /var/lib/apt/lists/*' >"$cache/pi.log" 2>&1 || {
		tail -n 30 "$cache/pi.log"
		return 1
	}
	rm -rf "$root/debs"
	echo "$key" >"$root.key"
}

make_pi() {
	local installed=$cache/pi-$suite root=$cache/pi-root kernel=$cache/pi-kernel key
	install_pi "$installed"
	[[ -e $kernel/bin/busybox ]] || fetch_pi_kernel "$cache/pi-base-$suite" "$kernel"
	key="$(<"$installed.key") $(sha256sum "$0" | cut -c1-16)"
	[[ -e $cache/pi.key && $(<"$cache/pi.key") == "$key" ]] && return 0
	rm -f "$cache/pi.key"
	rm -rf --one-file-system "$root"
	cp -a "$installed" "$root"
	cp -a "$kernel"/lib/modules "$root/lib/"
	customise "$root" /dev/mmcblk0p1
	sed -i 's/,x-systemd.device-timeout=5s//' "$root/etc/fstab" # it is slow
	# Its network is on USB, and comes when it comes.
	mkdir -p "$root/etc/systemd/system/lab-net.service.d"
	cat >"$root/etc/systemd/system/lab-net.service.d/usb.conf" <<'UNIT'
[Service]
ExecStartPre=/bin/sh -c 'for i in $(seq 300); do ls /sys/class/net | grep -q "^[eu]" && exit 0; sleep 0.2; done; exit 1'
UNIT
	mkdir -p "$root/etc/imgtank/imgtank.conf.d"
	printf '[ui]\nfrontends = pibrella\n' >"$root/etc/imgtank/imgtank.conf.d/lab.conf"
	say "making its SD card"
	cp "$kernel"/boot/vmlinuz-* "$cache/pi-vmlinuz"
	cp "$(find "$kernel" -name bcm2837-rpi-3-b.dtb -print -quit)" "$cache/pi.dtb"
	make_initramfs "$kernel" /dev/mmcblk0p1 "$cache/pi-initramfs" \
		sdhci-iproc bcm2835 mmc_block ext4 dwc2 usb-storage cdc_ether rndis_host
	pi_disk "$root" "$cache/pi.img"
	rm -rf --one-file-system "$root"
	echo "$key" >"$cache/pi.key"
}

case $machine in
pc)
	build_packages_of_project
	make_guest
	;;
pi)
	chroot_foreign arm64
	build_pi_packages
	make_pi
	;;
*)
	echo "tests/lab/build.sh: pc or pi" >&2
	exit 2
	;;
esac
say "the guest is ready"
