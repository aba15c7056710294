# shellcheck shell=bash disable=SC2034
# SPDX-License-Identifier: GPL-3.0-or-later
# Debian packages (12 and 13), by what they are for; and how missing ones are installed.

# To build imgtank.
packages_build=(
	build-essential cmake ninja-build pkg-config
	fonts-dejavu-core libcairo2-dev libcrypt-dev libdrm-dev libexif-dev libgpiod-dev libheif-dev
	libinih-dev libinput-dev libjansson-dev libjpeg-dev liblcms2-dev libmicrohttpd-dev libncurses-dev
	libpango1.0-dev libpng-dev libqrencode-dev libseccomp-dev libsqlite3-dev libsystemd-dev libudev-dev libxxhash-dev
	nettle-dev zlib1g-dev
)

# To test it: other compilers, style, file systems, things to compare with.
packages_check=(
	libcmocka-dev clang clang-format libclang-rt-dev llvm git python3 pyflakes3 shellcheck mandoc tmux
	e2fsprogs xfsprogs btrfs-progs dosfstools exfatprogs rsync strace sqlite3
	dbus-daemon chromium chromium-driver openssl zbar-tools
	samba smbclient iproute2 dnsmasq-base avahi-daemon libxml2-utils
)

# For the laboratory: a Debian in QEMU, and its disks.
packages_lab=(
	qemu-system-x86 qemu-utils mmdebstrap arch-test e2fsprogs dosfstools exfatprogs mtools fdisk cpio zstd
	xz-utils kmod openssh-client tmux python3 git smbclient zbar-tools btrfs-progs ntfs-3g udftools libxxhash0
)

# For its Raspberry Pi: another QEMU. (tools/cross installs what it needs itself.)
packages_pi=(qemu-system-arm)

# packages_missing NAME... -> the names that are not installed, one a line
packages_missing() {
	local name
	for name in "$@"; do
		if [[ $(dpkg-query -W -f='${Status}' "$name" 2>/dev/null) != 'install ok installed' ]]; then
			echo "$name"
		fi
	done
}

# packages_install NAME... : asks apt only if something is missing
packages_install() {
	local -a missing as_root=()
	if ! command -v dpkg-query >/dev/null; then
		echo "This is no Debian: please see to it yourself that these are there: $*"
		return 0
	fi
	mapfile -t missing < <(packages_missing "$@")
	[[ ${#missing[@]} -eq 0 ]] && return 0
	if [[ $EUID -ne 0 ]]; then
		if ! command -v sudo >/dev/null; then
			echo "These packages are missing, and installing them needs root: ${missing[*]}"
			return 1
		fi
		as_root=(sudo)
	fi
	echo "Installing: ${missing[*]}"
	"${as_root[@]}" apt-get -qq update &&
		"${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -qq -y --no-install-recommends \
			-o Dpkg::Use-Pty=0 install "${missing[@]}" >/dev/null
}
