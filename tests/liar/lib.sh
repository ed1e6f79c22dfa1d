# shellcheck shell=bash
# For flows whose relay lies: source after flow/lib.sh and before the relay starts.
#
#     lie WORD [NAME]        from now on; without a word: the truth

# The relay is recadod's objects, bent by the word in $W/lie.
relay_run() {
	"$RECADO_BUILD/tests/liar/liar" "$W/lie" --config "$W/recadod.conf" >>"$W/relay.log" 2>&1 &
	RELAY_PID=$!
	STARTED+=("$RELAY_PID")
	until_holds "the relay serves" serving || exit 1
}

lie() {
	echo "$*" >"$W/lie.new" && mv "$W/lie.new" "$W/lie"
}

# refused WORDS...: the last command said so on stderr
refused() {
	says "$ERR" "$@"
}
