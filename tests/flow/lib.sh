# shellcheck shell=bash
# What the flows share: a relay on loopback, virtual cards, homes, and words for what must hold.
#
#     . "$(dirname "$0")/lib.sh"
#     relay_start                  a relay with its data in $W/relay; $RELAY, $CODE, $RELAY_PID
#     person ana joao              home $W/ana with joao's card and an account `ana`
#     r ana send rui "olá"         recado of that home, with its passphrase and PIN
#     must 0 "what" COMMAND...     run COMMAND, its exit status must be 0; output in $OUT and $ERR
#     holds "what" COMMAND...      COMMAND must succeed
#
# Each flow works in a folder of its own, $W, short because sockets lie in it, and ends everything
# it started. A flow whose machine has no SoftHSM is skipped (77).
set -u
export LC_ALL=C.UTF-8

RECADO_SRC=${RECADO_SRC:-$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)}
RECADO_BUILD=${RECADO_BUILD:-$RECADO_SRC/build}
# shellcheck source=tests/lib/proc.sh
. "$RECADO_SRC/tests/lib/proc.sh"
KIT=$RECADO_BUILD/tests/softcard/kit
MODULE=${SOFTHSM2_MODULE:-/usr/lib/softhsm/libsofthsm2.so}
PASSPHRASE='correct horse battery'
PIN=1234
PATIENCE=60 # seconds that anything expected may take, on a machine that has much else to do
STARTED=()
FAILED=0

skip() {
	echo "SKIP: $*"
	exit 77
}

[ -e "$MODULE" ] || skip "no SoftHSM (apt-get install softhsm2 opensc)"
command -v pkcs11-tool >/dev/null || skip "no pkcs11-tool (apt-get install opensc)"
W=$(mktemp -d "${TMPDIR:-/tmp}/recado-flow.XXXXXX")
# Cards of this flow's own, to log in to, miss the PIN of, revoke and expire.
(
	flock 9
	"$RECADO_SRC/tests/softcard/make" "$KIT" &&
		mkdir "$W/kit" && cp -r "$KIT/pki" "$KIT/unused/cards" "$KIT/.complete" "$W/kit"
) 9>"$RECADO_BUILD/tests/softcard/.kit-lock" >/dev/null || {
	rm -r "$W"
	skip "the virtual cards cannot be made"
}
grep -rlZ "$KIT" "$W/kit" | xargs -0 sed -i "s|$KIT|$W/kit|g" # it holds its own paths
KIT=$W/kit
OUT=$W/.out
ERR=$W/.err

finish() {
	local status=$?
	# a child that a signal met before it forgot our traps has nothing to tidy up
	[ "$BASHPID" = "$$" ] || exit "$status"
	trap - EXIT INT TERM HUP
	for pid in "${STARTED[@]}"; do
		kill -9 "$pid" 2>/dev/null
	done
	wait 2>/dev/null
	[ "$FAILED" = 0 ] || status=1
	free_ports
	if [ "$status" = 0 ] || [ "$status" = 77 ]; then
		# who was told to end may be writing its last
		rm -rf "$W" 2>/dev/null || { sleep 2; rm -rf "$W"; }
	else
		echo "kept: $W"
		[ ! -e "$W/relay.log" ] || { echo "-- relay.log:"; tail -n 40 "$W/relay.log"; }
	fi
	exit "$status"
}
trap finish EXIT
trap 'exit 1' INT TERM HUP

# ------------------------------------------------------------------------------------- what holds

fail() {
	FAILED=1
	echo "FAIL: $*"
}

# A failure after which nothing else makes sense.
stop() {
	fail "$@"
	exit 1
}

shown() {
	sed 's/^/    /' "$1" | head -n 20
}

must() { # status what command...
	local expected=$1 what=$2 status=0
	shift 2
	"$@" >"$OUT" 2>"$ERR" || status=$?
	if [ "$status" = "$expected" ]; then
		echo "ok: $what"
		return 0
	fi
	fail "$what: exit $status, not $expected: $*"
	shown "$OUT"
	shown "$ERR"
	return 1
}

holds() { # what command...
	local what=$1
	shift
	if "$@" >/dev/null 2>&1; then
		echo "ok: $what"
		return 0
	fi
	fail "$what: $*"
	return 1
}

fails() { # what command...: COMMAND must not succeed
	local what=$1
	shift
	if "$@" >/dev/null 2>&1; then
		fail "$what: $*"
		return 1
	fi
	echo "ok: $what"
}

# says FILE WORDS...: each of them stands in FILE.
says() {
	local file=$1 word
	shift
	for word; do
		if ! grep -qF -- "$word" "$file"; then
			fail "'$word' is not in:"
			shown "$file"
			return 1
		fi
	done
}

count() { # file words: lines of FILE with WORDS
	grep -cF -- "$2" "$1"
}

equal() { # what expected is
	if [ "$2" = "$3" ]; then
		echo "ok: $1"
	else
		fail "$1: '$3', not '$2'"
	fi
}

# Until COMMAND succeeds, for at most PATIENCE seconds.
until_holds() { # what command...
	local what=$1 end=$((SECONDS + PATIENCE))
	shift
	until "$@" >/dev/null 2>&1; do
		if [ $SECONDS -ge $end ]; then
			fail "$what: not within $PATIENCE s: $*"
			return 1
		fi
		sleep 0.1
	done
	echo "ok: $what"
}

ended() { # process
	! kill -0 "$1" 2>/dev/null
}

# A value of a JSON line: json KEY < LINE. Strings and plain values of one level are enough here.
json() {
	sed -n -E "s/.*\"$1\": ?(\"(([^\"\\\\]|\\\\.)*)\"|([^,}\"]*)).*/\2\4/p"
}

# A host of lists for the cards of these holders, in $LISTS, which their certificates name from now on;
# neither relay nor people are given lists in a folder. Its requests are lines of $W/lists.log.
lists_start() { # holder...
	LISTS=127.0.0.1:$(free_port)
	"$RECADO_SRC/tests/softcard/reissue" "$KIT" "http://$LISTS" "$@" || stop "no cards"
	lists_mode ok
	"$RECADO_BUILD/tests/flow/listhost" 127.0.0.1 "${LISTS#*:}" "$KIT/pki/crl" "$W/lists.mode" \
		>"$W/lists.log" &
	STARTED+=($!)
	until_holds "the lists have a host" listening "${LISTS#*:}" || exit 1
	trust_config() {
		printf 'trust = { anchors = "%s"; intermediates = "%s"; revocation = "%s"; };\n' \
			"$KIT/pki/anchors" "$KIT/pki/inter" "${1:-require}"
	}
}

lists_mode() { # as listhost has them
	echo "$1" >"$W/lists.mode"
}

# --------------------------------------------------------------------------------------- the relay

# A port that nobody listens on, and that no other test gets while this one runs: tests run side by
# side, and a relay that is down for a moment must find its port free. Who has one is in a file of its
# number; those of tests that were killed are too old some day.
PORTS=${TMPDIR:-/tmp}/recado-ports-$(id -u)

free_port() {
	local port
	mkdir -p -m 700 "$PORTS"
	find "$PORTS" -type f -mmin +120 -delete 2>/dev/null
	while port=$((20000 + RANDOM % 12000)); do
		(set -C; echo $$ >"$PORTS/$port") 2>/dev/null || continue
		listening $port || break
		rm -f "$PORTS/$port"
	done
	echo $port
}

free_ports() {
	local of
	of=$(grep -lx $$ -r "$PORTS" 2>/dev/null)
	[ -z "$of" ] || echo "$of" | xargs -d '\n' rm -f
}

listening() { # port
	(exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null
}

trust_config() { # revocation
	cat <<-EOF
	trust = {
	  anchors = "$KIT/pki/anchors";
	  intermediates = "$KIT/pki/inter";
	  crls = "$KIT/pki/crl";
	  revocation = "${1:-require}";
	};
	EOF
}

# Write the relay's configuration; lines given as arguments are added. RELAY_REVOCATION: its policy.
relay_config() {
	RELAY_PORT=${RELAY_PORT:-$(free_port)}
	{
		echo "listen = ( \"127.0.0.1:$RELAY_PORT\" );"
		echo "data = \"$W/relay\";"
		trust_config "${RELAY_REVOCATION:-require}"
		printf '%s\n' "$@"
	} >"$W/recadod.conf"
}

recadod() {
	"$RECADO_BUILD/recadod" --config "$W/recadod.conf" "$@"
}

serving() { # the data are there without a relay, too
	recadod status | grep -q "^running .*yes"
}

counted() { # name: a number of the relay's status
	recadod status | awk -v name="$1" '$1 == name { print $2 }'
}

# Somebody who enrols has asked so many things, and has hung up to wait for a passphrase. Nobody else
# is connected.
waits_after() { # requests since the relay was started
	[ "$(counted requests)" -ge "$1" ] && [ "$(counted connections)" = 0 ]
}

relay_run() {
	"$RECADO_BUILD/recadod" --config "$W/recadod.conf" >>"$W/relay.log" 2>&1 &
	RELAY_PID=$!
	STARTED+=("$RELAY_PID")
	until_holds "the relay serves" serving || exit 1
}

relay_start() { # configuration lines...
	relay_config "$@"
	recadod code >"$W/code" 2>"$ERR" || { shown "$ERR"; stop "recadod code"; }
	CODE=$(sed -n 1p "$W/code")
	LINK=$(sed -n 2p "$W/code")
	RELAY=127.0.0.1:$RELAY_PORT
	export CODE LINK RELAY
	relay_run
}

relay_kill() { # signal
	kill "-${1:-9}" "$RELAY_PID"
	wait "$RELAY_PID" 2>/dev/null
}

# Everything through it is kept in $W/wire; $TAP_PORT stands before the relay. SIGUSR1: from now on
# it swallows what clients send; SIGHUP: what the relay answers on new connections; SIGUSR2: nothing.
wiretap_start() {
	TAP_PORT=$(free_port)
	"$RECADO_BUILD/tests/flow/wiretap" "$TAP_PORT" "$RELAY_PORT" "$W/wire" &
	TAP_PID=$!
	STARTED+=("$TAP_PID")
	until_holds "the wire is tapped" listening "$TAP_PORT" || exit 1
	RELAY=127.0.0.1:$TAP_PORT
}

# ------------------------------------------------------------------------------------------ people

home() { # name card [revocation]
	mkdir -p "$W/$1"
	chmod 700 "$W/$1"
	{
		echo "token = { module = \"$MODULE\"; };"
		trust_config "${3:-require}"
	} >"$W/$1/recado.conf"
	echo "$2" >"$W/$1/.card"
}

# The card of a home in a reader that has accidents (tests/softcard/shim.c), steered by files in
# $W/shim. as: the module's file name, libpteidpkcs11.so for the state's middleware.
shim() { # name [as]
	local module=$RECADO_BUILD/tests/softcard/shim.so
	[ -e "$module" ] || skip "no shim.so (make check makes it)"
	mkdir -p "$W/shim"
	export SOFTCARD_MODULE=$MODULE SOFTCARD_SHIM=$W/shim
	# a sanitised program loads a module that is not
	export ASAN_OPTIONS=${ASAN_OPTIONS-}:verify_asan_link_order=0
	if [ $# = 2 ]; then
		ln -sf "$module" "$W/$2"
		module=$W/$2
	fi
	sed -i "s|^token = .*|token = { module = \"$module\"; };|" "$W/$1/recado.conf"
	shim_reset
}

# A card that had no accidents yet.
shim_reset() {
	rm -rf "$W/shim"
	mkdir "$W/shim"
	: >"$W/shim/log"
	echo 3 >"$W/shim/tries"
}

logged() { # words: lines of the module's log that begin so
	grep -c "^$1" "$W/shim/log"
}

tries() {
	cat "$W/shim/tries"
}

# Become recado of a home, or another PROGRAM of the build folder.
become() { # name argument...
	local home=$W/$1
	shift
	SOFTHSM2_CONF=$KIT/cards/$(cat "$home/.card")/softhsm2.conf \
		exec "$RECADO_BUILD/${PROGRAM:-recado}" --home "$home" --passphrase-fd 3 --pin-fd 4 "$@" \
		3<<<"$PASSPHRASE" 4<<<"$PIN"
}

# recado of a home; its standard input is ours.
r() { # name argument...
	(become "$@")
}

person() { # name card [revocation]
	home "$@"
	must 0 "$1 has an account, with the card of $2" \
		r "$1" create "$1" --relay "$RELAY" --relay-code "$CODE" --card || exit 1
}

enrolled() { # name [create's further arguments...]
	home "$1" joao
	must 0 "$1 has an account without a card" \
		r "$1" create "$1" --relay "$RELAY" --relay-code "$CODE" --enrol "${@:2}" || exit 1
}

# A recado of this home that goes on: its lines in $W/NAME.lines, its process id in $FOLLOW_PID.
follow() { # name argument...
	become "$1" recv --follow "${@:2}" >>"$W/$1.lines" 2>>"$W/$1.errors" </dev/null &
	FOLLOW_PID=$!
	STARTED+=("$FOLLOW_PID")
	until_holds "$1 is there" test -S "$W/$1/run/sock"
}
