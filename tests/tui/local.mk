# The screen on a terminal: tmux types and reads. TUI_TESTS += tests/tui/NN-NAME.
TUI_TESTS =
TUI_TESTS += tests/tui/01-first-run
TUI_TESTS += tests/tui/02-talk
TUI_TESTS += tests/tui/03-paste
TUI_TESTS += tests/tui/04-outside
TUI_TESTS += tests/tui/05-card
TUI_TESTS += tests/tui/06-prompts
TUI_TESTS += tests/tui/07-no-card
TUI_TESTS += tests/tui/08-lock
TUI_TESTS += tests/tui/20-revoked-on-screen
TUI_TESTS += tests/tui/60-whois
TUI_TESTS += tests/tui/61-verify
TUI_TESTS += tests/tui/62-v-dropped

EXTRA_DIST += $(TUI_TESTS) tests/tui/lib.sh
TESTS += $(TUI_TESTS)
