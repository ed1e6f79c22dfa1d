# Processes without procps, whose package would bring an init script. Sourced by tests.

# proc_children PID: its children, one a line.
proc_children() {
	cat "/proc/$1/task/$1/children" 2>/dev/null | tr ' ' '\n' | grep .
}

# proc_parent PID
proc_parent() {
	sed -n 's/^PPid:[[:space:]]*//p' "/proc/$1/status" 2>/dev/null
}

# proc_running TEXT: is there a process, other than this shell, whose command line holds TEXT?
proc_running() {
	for proc_dir in /proc/[0-9]*; do
		[ "$proc_dir" = "/proc/$$" ] && continue
		tr '\0' ' ' <"$proc_dir/cmdline" 2>/dev/null | grep -qF -- "$1" && return 0
	done
	return 1
}
