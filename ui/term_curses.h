/*
 * term_curses: the real terminal.
 */
#ifndef RECADO_UI_TERM_CURSES_H
#define RECADO_UI_TERM_CURSES_H

#include "ui/term.h"

/* Take over the terminal of stdin and stdout. SIGWINCH, SIGTERM, SIGHUP and SIGINT are blocked in
 * the calling thread and read as events until term_free; other threads must not take them.
 * ERR_IO when there is no terminal, or none that ncurses knows. */
int term_curses_new(struct term **out) MUST_CHECK;

#endif
