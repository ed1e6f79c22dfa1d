# shellcheck shell=bash
# The screen on a terminal: tmux is the terminal, its keys are typed and its cells read.
#
#     . "$(dirname "$0")/lib.sh"
#     screen ana 120x35                  recado of home ana on a terminal of that size
#     keys ana F5 M-a Enter              keys by tmux's names
#     types ana "olá"                    text as it is
#     pastes ana $'/quit\n'              a bracketed paste
#     sees ana "what" TEXT...            within PATIENCE seconds all of them are on the screen
#     lacks ana "what" TEXT...           none of them is on it now
#
# Everything of tests/flow/lib.sh is here, too. The tmux server is the test's own.
. "$(dirname "${BASH_SOURCE[0]}")/../flow/lib.sh"

command -v tmux >/dev/null || skip "no tmux"

export TZ=UTC
unset TMUX

t() {
	tmux -u -S "$W/tmux" -f /dev/null "$@"
}

tui_finish() {
	local status=$?
	[ "$status" = 0 ] && [ "$FAILED" = 0 ] || tui_show
	t kill-server 2>/dev/null
	(exit "$status")
	finish
}
trap tui_finish EXIT

# Every screen as it is, for who reads a failure.
tui_show() {
	local name
	for name in $(t list-sessions -F '#{session_name}' 2>/dev/null); do
		echo "-- the screen of $name:"
		t capture-pane -p -t "$name"
	done
}

terminal() { # name COLSxROWS command...
	local name=$1 size=$2
	shift 2
	t new-session -d -s "$name" -x "${size%x*}" -y "${size#*x}" \
		"$(printf '%q ' "$@"); echo \"exit \$?\"; exec sleep 1000" || stop "no terminal for $name"
	t set-option -g default-terminal tmux-256color
	t set-option -g status off
	t set-option -g escape-time 0
}

screen() { # name COLSxROWS argument...
	local name=$1 size=$2
	shift 2
	terminal "$name" "$size" env "SOFTHSM2_CONF=$KIT/cards/$(cat "$W/$name/.card")/softhsm2.conf" \
		"SOFTCARD_SHIM=$W/shim" "SOFTCARD_MODULE=$MODULE" "ASAN_OPTIONS=${ASAN_OPTIONS-}" \
		TERM=tmux-256color "$RECADO_BUILD/recado" --home "$W/$name" "$@"
}

keys() { # name key...
	local name=$1
	shift
	t send-keys -t "$name" "$@"
}

types() { # name text
	t send-keys -t "$1" -l -- "$2"
}

pastes() { # name text
	printf %s "$2" | t load-buffer -
	t paste-buffer -p -t "$1"
}

resizes() { # name COLSxROWS
	t resize-window -t "$1" -x "${2%x*}" -y "${2#*x}"
}

has_all() { # name text...
	local name=$1 now word
	shift
	now=$(t capture-pane -p -t "$name")
	for word; do
		[[ $now == *"$word"* ]] || return 1
	done
}

sees() { # name what text...
	local name=$1 what=$2
	shift 2
	until_holds "$name: $what" has_all "$name" "$@" || stop "the rest makes no sense"
}

lacks() { # name what text...
	local name=$1 what=$2 now word
	shift 2
	now=$(t capture-pane -p -t "$name")
	for word; do
		if [[ $now == *"$word"* ]]; then
			fail "$name: $what: '$word' is on the screen"
			tui_show
			return 1
		fi
	done
	echo "ok: $name: $what"
}

# The passphrase of a home that exists, when it is asked for.
unlocks() { # name
	sees "$1" "the passphrase is asked" "The passphrase opens this profile"
	types "$1" "$PASSPHRASE"
	keys "$1" Enter
}
