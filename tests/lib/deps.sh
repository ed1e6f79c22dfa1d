# What recado needs of Debian 12, and how it is brought there. Sourced by ./check and ./demo.
#
#     . tests/lib/deps.sh
#     deps_need build run test     install what is missing of these groups, or exit 64 saying what
#     deps_utf8                    a UTF-8 locale, if the environment has none
#     deps_say TEXT...             a line that says what is going on
#
# Nothing that runs by itself is brought in: recommended packages are left out, and what apt has
# fetched is looked through before it is installed; if a package that is not yet on the machine held a
# systemd unit or an init script, the installation would be refused (exit 64). What is only brought up
# to date starts nothing that did not run before.

# to build: ./configure names the same packages
deps_build="autoconf automake gcc gettext libc6-dev libconfig-dev libevent-dev libjansson-dev
libncurses-dev libpkcs11-helper1-dev libprotobuf-c-dev libqrencode-dev libseccomp-dev libsqlite3-dev
libssl-dev libsystemd-dev libutf8proc-dev make pkg-config protobuf-c-compiler check"
# virtual cards
deps_run="opensc openssl softhsm2"
# to test
deps_test="binutils gdb libvterm-dev strace tmux valgrind xz-utils"

deps_say() {
	printf '== %s\n' "$*"
}

deps_is_debian() {
	command -v apt-get >/dev/null 2>&1 && command -v dpkg-query >/dev/null 2>&1 &&
		(. /etc/os-release 2>/dev/null && case " $ID ${ID_LIKE-} " in
		*" debian "*) true ;; *) false ;; esac)
}

# deps_list GROUP...: the packages of the groups.
deps_list() {
	for group; do
		eval "echo \$deps_$group"
	done
}

# deps_missing PACKAGE...: those that are not installed.
deps_missing() {
	for package; do
		status=$(dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null) || status=
		[ "$status" = installed ] || printf '%s ' "$package"
	done
}

# As root: fetch, look through, install. Run by sh with the packages as arguments.
deps_script='
set -eu
export DEBIAN_FRONTEND=noninteractive
dir=$(mktemp -d)
trap "rm -rf $dir" EXIT
chmod 755 "$dir"
mkdir -p "$dir/partial"
apt="apt-get -qq -o Dpkg::Use-Pty=0 -y --no-install-recommends -o Dir::Cache::archives=$dir -o APT::Keep-Downloaded-Packages=true -o APT::Sandbox::User=root"
echo "== apt-get update"
apt-get -qq update || echo "== apt-get update did not get everything; going on with what is known"
echo "== fetching"
$apt --download-only install "$@"
for deb in "$dir"/*.deb; do
	[ -e "$deb" ] || continue
	package=$(dpkg-deb -f "$deb" Package)
	status=$(dpkg-query -W -f="\${db:Status-Status}" "$package" 2>/dev/null) || status=
	[ "$status" != installed ] || continue
	if dpkg-deb -c "$deb" | awk "{ print \$6 }" |
	    grep -E "^\./(usr/)?lib/systemd/system/.*\.(service|socket|timer|path)\$|^\./etc/init\.d/."; then
		echo "== $(basename "$deb") would bring a service: nothing was installed" >&2
		exit 64
	fi
done
echo "== installing"
$apt install "$@" >"$dir/log" || { tail -n 30 "$dir/log" >&2; exit 1; }
'

# deps_need GROUP...
deps_need() {
	if ! deps_is_debian; then
		{
			echo "This is not Debian; recado is built and tested on Debian 12."
			echo "The packages it needs there are:"
			# shellcheck disable=SC2046
			printf '    %s\n' $(deps_list "$@")
		} >&2
		exit 64
	fi
	# shellcheck disable=SC2046
	missing=$(deps_missing $(deps_list "$@"))
	[ -n "$missing" ] || return 0
	deps_say "these Debian packages are missing and will be installed (no service is among them):"
	echo "    apt-get install --no-install-recommends $missing"
	# shellcheck disable=SC2086
	if [ "$(id -u)" = 0 ]; then
		sh -c "$deps_script" deps $missing </dev/null || deps_failed $?
	elif command -v sudo >/dev/null 2>&1; then
		deps_say "sudo will ask for your password"
		sudo sh -c "$deps_script" deps $missing || deps_failed $?
	else
		echo "Run the line above as root, then start this again." >&2
		exit 64
	fi
}

deps_failed() {
	echo "The packages could not be installed (status $1)." >&2
	exit 64
}

deps_utf8() {
	[ "$(locale charmap 2>/dev/null)" = UTF-8 ] && return 0
	export LC_ALL=C.UTF-8
	deps_say "no UTF-8 locale is set: going on with LC_ALL=C.UTF-8"
}
