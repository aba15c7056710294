# shellcheck shell=bash disable=SC2016,SC2034
# SPDX-License-Identifier: GPL-3.0-or-later
# Small Debian systems in folders, to build and try packages in. All of this needs root.
# They are made from the package hosts that this machine's apt is configured with.
# Source tools/lib/packages.sh first.

# Where they are kept between runs.
chroot_cache=${IMGTANK_CHROOTS:-build/chroots}

# chroot_sources SUITE ARCHITECTURES -> apt's lines for it. With two architectures only the release
# itself: a library must have the same version on both, and updates do not come to both at once.
chroot_sources() {
	local suite=$1 architectures=$2 uri release
	apt-get indextargets --format '$(REPO_URI) $(RELEASE)' 'Created-By: Packages' 'Origin: Debian' |
		sort -u | while read -r uri release; do
		case $release in
		*-*) [[ $architectures == *,* ]] && continue ;;&
		*-security) echo "deb $uri $suite-security main" ;;
		*-updates) echo "deb $uri $suite-updates main" ;;
		*-*) ;;
		*) echo "deb $uri $suite main" ;;
		esac
	done | sort -u
}

# chroot_make DIR SUITE ARCHITECTURES PACKAGE... : nothing to do if DIR was made from the same list
chroot_make() {
	local dir=$1 suite=$2 architectures=$3
	shift 3
	local key="$suite $architectures $*" proxy='' options=()
	[[ -e $dir.key && $(<"$dir.key") == "$key" ]] && return 0
	rm -rf --one-file-system "$dir" "$dir.key"
	mkdir -p "$(dirname "$dir")"
	proxy=$(apt-config dump --format '%v' Acquire::http::Proxy)
	[[ -n $proxy ]] && options+=("--aptopt=Acquire::http::Proxy \"$proxy\"")
	mmdebstrap --mode=root --variant=minbase --architectures="$architectures" \
		--include="$(IFS=,; echo "$*")" --aptopt='APT::Install-Recommends "false"' \
		--dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-exclude=/usr/share/locale/*' \
		--dpkgopt='path-include=/usr/share/doc/imgtank*' "${options[@]}" \
		"$suite" "$dir" - < <(chroot_sources "$suite" "$architectures") || return 1
	echo "$key" >"$dir.key"
}

# chroot_foreign ARCH : from now on the kernel starts ARCH's programs through qemu-user
chroot_foreign() {
	local interpreter
	case $1 in
	arm64) interpreter=qemu-aarch64 ;;
	armhf) interpreter=qemu-arm ;;
	*) return 1 ;;
	esac
	packages_install mmdebstrap qemu-user-static binfmt-support arch-test || return 1
	[[ -e /proc/sys/fs/binfmt_misc/register ]] ||
		mount -t binfmt_misc none /proc/sys/fs/binfmt_misc || return 1
	[[ -e /proc/sys/fs/binfmt_misc/$interpreter ]] || update-binfmts --enable "$interpreter"
}

# chroot_run DIR COMMAND... : with /proc, /sys and /dev, all of them gone afterwards, and no
# process of it left over
chroot_run() {
	local dir=$1
	shift
	unshare --mount --pid --fork --kill-child --propagation private -- bash -euc '
		dir=$1
		shift
		mount -t proc proc "$dir/proc"
		mount -t tmpfs -o mode=755 tmpfs "$dir/run"
		mount --rbind /dev "$dir/dev"
		[[ -z ${CHROOT_BIND-} ]] || {
			mkdir -p "$dir${CHROOT_BIND#*:}"
			mount --bind "${CHROOT_BIND%%:*}" "$dir${CHROOT_BIND#*:}"
		}
		[[ ! -e /etc/resolv.conf ]] || cp -L /etc/resolv.conf "$dir/etc/resolv.conf"
		exec chroot "$dir" env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
			HOME=/root LC_ALL=C.UTF-8 DEBIAN_FRONTEND=noninteractive "$@"
	' chroot "$dir" "$@"
}
