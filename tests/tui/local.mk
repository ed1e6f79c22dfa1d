# The screen on a terminal emulator: TUI_TESTS += tests/tui/NAME.
TUI_TESTS =

TESTS += $(TUI_TESTS)
