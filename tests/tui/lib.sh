# shellcheck shell=bash
# The screen on a terminal: tmux is the terminal, its keys are typed and its cells read.
#
#     . "$(dirname "$0")/lib.sh"
#     screen ana 120x35                  recado of home ana on a terminal of that size
#     keys ana F5 M-a Enter              keys by tmux's names
#     types ana "olá"                    text as it is
#     pastes ana $'/quit\n'              a bracketed paste
#     sees ana "what" TEXT...            within PATIENCE seconds all of them are on the screen
#     sees_line ana "what" REGEX         ... a line of it has this (grep -E)
#     gone ana "what" TEXT...            ... none of them is on it any more
#     never ana "what" TEXT...           for a second none of them comes
#     lacks ana "what" TEXT...           none of them is on it now
#
# A key is on its way when `keys` returns, and a screen may be half drawn when it is looked at. So what a
# key ends is `gone`; `lacks` is for what was not there before either, once a `sees` has shown that
# the keys have been taken, and `never` where nothing shows that. What is waited for must not be what
# stood there already; and what follows Escape at once is taken with it as one key.
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
	t set-option -g exit-empty off
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

# Every terminal ends, and tmux with them: the next has the environment of then.
end_terminals() {
	local pid
	pid=$(t display-message -p '#{pid}')
	t kill-server
	until_holds "the terminals have ended" ended "$pid"
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
	local now word
	now=$(t capture-pane -p -t "$1") || return
	for word in "${@:2}"; do
		[[ $now == *"$word"* ]] || return
	done
}

has_none() { # name text...
	local now word
	now=$(t capture-pane -p -t "$1") || return
	for word in "${@:2}"; do
		[[ $now != *"$word"* ]] || return
	done
}

has_line() { # name regex
	t capture-pane -p -t "$1" | grep -qE -- "$2"
}

# How often a text is on the screen, at least.
has_times() { # name text times
	[ "$(t capture-pane -p -t "$1" | grep -oF -- "$2" | wc -l)" -ge "$3" ]
}

sees() { # name what text...
	local name=$1 what=$2
	shift 2
	until_holds "$name: $what" has_all "$name" "$@" || stop "the rest makes no sense"
}

sees_line() { # name what regex
	until_holds "$1: $2" has_line "$1" "$3" || stop "the rest makes no sense"
}

gone() { # name what text...
	until_holds "$1: $2" has_none "$1" "${@:3}" || stop "the rest makes no sense"
}

lacks() { # name what text...
	local now word
	now=$(t capture-pane -p -t "$1") || stop "$1: $2: there is no screen"
	for word in "${@:3}"; do
		if [[ $now == *"$word"* ]]; then
			fail "$1: $2: '$word' is on the screen"
			tui_show
			return 1
		fi
	done
	echo "ok: $1: $2"
}

never() { # name what text...
	for _ in 1 2 3 4 5 6 7 8 9 10; do
		lacks "$@" >"$W/.lacks" || { cat "$W/.lacks"; return 1; }
		sleep 0.1
	done
	echo "ok: $1: $2"
}

# The passphrase of a home that exists, when it is asked for.
unlocks() { # name
	sees "$1" "the passphrase is asked" "The passphrase opens this profile"
	types "$1" "$PASSPHRASE"
	keys "$1" Enter
}
