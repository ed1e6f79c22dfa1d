/*
 * The only file that knows ncurses.
 *
 * Signals come through a signalfd, so that a resize between two looks at the keyboard is not lost
 * and no handler runs anywhere. Bracketed paste and focus reports are asked for with their
 * sequences and taught to ncurses as keys; a paste is collected to its end before anybody sees it.
 */
#define NCURSES_WIDECHAR 1
#include "ui/term_curses.h"

#include <curses.h>
#include <langinfo.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <unistd.h>
#include "base/mem.h"
#include "base/tty.h"
#include "ui/keys.h"

#define MODES_ON "\033[?2004h\033[?1004h"
#define MODES_OFF "\033[?1004l\033[?2004l"
#define PASTE_WAIT_MS 300

enum { /* codes given to define_key, beyond KEY_MAX */
	CODE_PASTE = 01000,
	CODE_PASTE_END,
	CODE_FOCUS_IN,
	CODE_FOCUS_OUT,
	CODE_KEY, /* + index into sequences */
};

struct curses {
	SCREEN *screen;
	int signals;
	sigset_t mask;
	bool away; /* somebody else has the terminal */
	struct tty tty;
	int cursor_row, cursor_col;
	attr_t attrs[THEME_ROLES];
};

static const struct {
	const char *seq;
	uint32_t key;
} sequences[] = {
	{ "\033[1;3A", K_ALT | K_UP },
	{ "\033[1;3B", K_ALT | K_DOWN },
	{ "\033[1;3C", K_ALT | K_RIGHT },
	{ "\033[1;3D", K_ALT | K_LEFT },
	{ "\033[1;3H", K_ALT | K_HOME },
	{ "\033[1;3F", K_ALT | K_END },
	{ "\033[1;5C", K_CTRL | K_RIGHT },
	{ "\033[1;5D", K_CTRL | K_LEFT },
	{ "\033[1;5H", K_CTRL | K_HOME },
	{ "\033[1;5F", K_CTRL | K_END },
	{ "\033[H", K_HOME },
	{ "\033[F", K_END },
	{ "\033OH", K_HOME },
	{ "\033OF", K_END },
	{ "\033[1~", K_HOME },
	{ "\033[4~", K_END },
	{ "\033[7~", K_HOME },
	{ "\033[8~", K_END },
	{ "\033[11~", K_F(1) },
	{ "\033[12~", K_F(2) },
	{ "\033[13~", K_F(3) },
	{ "\033[14~", K_F(4) },
	{ "\033OP", K_F(1) },
	{ "\033OQ", K_F(2) },
	{ "\033OR", K_F(3) },
	{ "\033OS", K_F(4) },
	{ "\033[13;3u", K_ALT | K_ENTER },
	{ "\033[27;3;13~", K_ALT | K_ENTER },
	{ "\033[13;2u", K_ALT | K_ENTER }, /* Shift-Enter, where it can be told */
	{ "\033[27;2;13~", K_ALT | K_ENTER },
};

static const struct {
	int code;
	uint32_t key;
} codes[] = {
	{ KEY_UP, K_UP },
	{ KEY_DOWN, K_DOWN },
	{ KEY_LEFT, K_LEFT },
	{ KEY_RIGHT, K_RIGHT },
	{ KEY_HOME, K_HOME },
	{ KEY_END, K_END },
	{ KEY_PPAGE, K_PGUP },
	{ KEY_NPAGE, K_PGDN },
	{ KEY_IC, K_INSERT },
	{ KEY_DC, K_DELETE },
	{ KEY_BACKSPACE, K_BACKSPACE },
	{ KEY_ENTER, K_ENTER },
	{ KEY_BTAB, K_SHIFT | K_TAB },
};

static void
write_modes(const char *modes)
{
	fputs(modes, stdout);
	fflush(stdout);
}

static void
curses_free(void *self)
{
	struct curses *c = self;

	if (c->screen != NULL) {
		tty_restore(&c->tty);
		if (!isendwin()) {
			write_modes(MODES_OFF);
			endwin();
		}
		delscreen(c->screen);
	}
	if (c->signals >= 0)
		close(c->signals);
	pthread_sigmask(SIG_SETMASK, &c->mask, NULL);
	free(c);
}

static void
curses_size(void *self, int *rows, int *cols)
{
	(void)self;
	getmaxyx(stdscr, *rows, *cols);
}

static void
curses_erase(void *self)
{
	(void)self;
	werase(stdscr);
}

/* Valid UTF-8 to wide characters, whatever the locale is. */
static size_t
widen(const char *s, wchar_t *out, size_t max)
{
	const unsigned char *p = (const unsigned char *)s;
	size_t n = 0;

	while (*p != '\0' && n + 1 < max) {
		int len = *p < 0x80 ? 1 : *p < 0xE0 ? 2 : *p < 0xF0 ? 3 : 4;
		uint32_t cp = len == 1 ? *p : *p & (0x7Fu >> len);

		for (p++; --len > 0 && *p != '\0'; p++)
			cp = cp << 6 | (*p & 0x3F);
		out[n++] = (wchar_t)cp;
	}
	out[n] = L'\0';
	return n;
}

static void
curses_cell(void *self, int row, int col, const struct term_cell *cell)
{
	struct curses *c = self;
	wchar_t wide[CCHARW_MAX + 1];
	cchar_t cc;

	if (widen(cell->text, wide, CCHARW_MAX + 1) == 0)
		return;
	if (setcchar(&cc, wide, c->attrs[cell->role], (short)(cell->role + 1), NULL) == OK)
		(void)mvadd_wch(row, col, &cc); /* the last cell draws and says ERR */
}

static void
curses_cursor(void *self, int row, int col)
{
	struct curses *c = self;

	c->cursor_row = row;
	c->cursor_col = col;
}

static void
curses_flush(void *self, bool all)
{
	struct curses *c = self;

	if (all)
		clearok(curscr, TRUE);
	curs_set(c->cursor_row >= 0);
	if (c->cursor_row >= 0)
		move(c->cursor_row, c->cursor_col);
	wnoutrefresh(stdscr);
	doupdate();
}

static void
append(struct term_event *ev, uint32_t cp)
{
	char utf8[5];
	size_t n = keys_utf8(cp == '\r' ? '\n' : cp, utf8);

	if (ev->paste_len + n > TERM_PASTE_MAX)
		return;
	memcpy(ev->paste + ev->paste_len, utf8, n);
	ev->paste_len += n;
}

/* To the end mark; a terminal that never sends it ends the paste by falling silent. */
static int
read_paste(struct term_event *ev)
{
	wint_t wc;
	int rc;

	ev->kind = TERM_PASTE;
	ev->paste = mem_alloc(TERM_PASTE_MAX + 1);
	wtimeout(stdscr, PASTE_WAIT_MS);
	while ((rc = wget_wch(stdscr, &wc)) != ERR) {
		if (rc == KEY_CODE_YES && wc == CODE_PASTE_END)
			break;
		if (rc == OK)
			append(ev, (uint32_t)wc);
	}
	wtimeout(stdscr, 0);
	return 0;
}

static uint32_t
from_code(wint_t wc)
{
	if (wc >= CODE_KEY && wc < CODE_KEY + sizeof sequences / sizeof *sequences)
		return sequences[wc - CODE_KEY].key;
	if (wc >= (wint_t)KEY_F(1) && wc <= (wint_t)KEY_F(12))
		return K_F1 + (wc - KEY_F(1));
	for (size_t i = 0; i < sizeof codes / sizeof *codes; i++)
		if ((wint_t)codes[i].code == wc)
			return codes[i].key;
	return K_NONE;
}

static uint32_t
from_char(wint_t wc)
{
	switch (wc) {
	case '\r':
	case '\n':
		return K_ENTER;
	case '\t':
		return K_TAB;
	case '\b':
	case 0x7F:
		return K_BACKSPACE;
	case 0:
		return K_C(' ');
	case 0x1B:
		return K_ESC;
	}
	if (wc < 27)
		return K_C('a' + wc - 1);
	if (wc < 32)
		return K_C('\\' + wc - 28);
	return (uint32_t)wc;
}

static uint32_t
read_alt(void)
{
	wint_t wc;
	int rc = wget_wch(stdscr, &wc);

	if (rc == ERR)
		return K_ESC;
	return K_ALT | (rc == OK ? from_char(wc) : from_code(wc));
}

static int
read_signal(struct curses *c, struct term_event *out)
{
	struct signalfd_siginfo si;
	struct winsize ws;

	if (read(c->signals, &si, sizeof si) != (ssize_t)sizeof si)
		return ERR_AGAIN;
	if (si.ssi_signo != SIGWINCH) {
		out->kind = c->away && si.ssi_signo == SIGINT ? TERM_INTERRUPT : TERM_HANGUP;
		return 0;
	}
	if (c->away)
		return ERR_AGAIN; /* the size is asked for when it is ours again */
	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &ws) == 0 && ws.ws_row > 0 && ws.ws_col > 0)
		(void)resizeterm(ws.ws_row, ws.ws_col);
	out->kind = TERM_RESIZE;
	return 0;
}

static int
curses_read(void *self, struct term_event *out)
{
	struct curses *c = self;
	wint_t wc;
	int rc;

	if (read_signal(c, out) == 0)
		return 0;
	if (c->away)
		return ERR_AGAIN;
	while ((rc = wget_wch(stdscr, &wc)) != ERR) {
		out->kind = TERM_KEY;
		if (rc == OK) {
			out->key = wc == 0x1B ? read_alt() : from_char(wc);
			return 0;
		}
		if (wc == CODE_PASTE)
			return read_paste(out);
		if (wc == CODE_FOCUS_IN || wc == CODE_FOCUS_OUT) {
			out->kind = wc == CODE_FOCUS_IN ? TERM_FOCUS_IN : TERM_FOCUS_OUT;
			return 0;
		}
		out->key = from_code(wc);
		if (out->key != K_NONE)
			return 0;
	}
	return ERR_AGAIN;
}

static int
curses_fds(void *self, int fds[2])
{
	const struct curses *c = self;

	fds[0] = c->away ? c->signals : STDIN_FILENO;
	fds[1] = c->signals;
	return c->away ? 1 : 2;
}

static void
curses_suspend(void *self)
{
	curs_set(1);
	write_modes(MODES_OFF);
	endwin();
	((struct curses *)self)->away = true;
}

static void
curses_lend(void *self, const char *text)
{
	tty_hush(&((struct curses *)self)->tty);
	printf("%s\n", text);
	fflush(stdout);
}

/* Ctrl-C meant whoever had the terminal: it does not end us now. */
static void
forget_interrupt(void)
{
	static const struct timespec now = { 0, 0 };
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	while (sigtimedwait(&set, NULL, &now) == SIGINT)
		;
}

static int
curses_resume(void *self)
{
	struct curses *c = self;
	struct winsize ws;

	c->away = false;
	tty_restore(&c->tty);
	forget_interrupt();
	if (refresh() == ERR)
		return ERR_IO;
	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &ws) == 0 && ws.ws_row > 0 && ws.ws_col > 0)
		(void)resizeterm(ws.ws_row, ws.ws_col);
	write_modes(MODES_ON);
	return 0;
}

static void
curses_bell(void *self)
{
	(void)self;
	beep();
}

static int
curses_colours(void *self)
{
	(void)self;
	return has_colors() ? COLORS : 0;
}

static void
curses_theme(void *self, const struct theme *theme)
{
	struct curses *c = self;

	for (int r = 0; r < THEME_ROLES; r++) {
		struct theme_style s = theme_style(theme, (enum theme_role)r);

		c->attrs[r] = (s.attrs & THEME_BOLD ? A_BOLD : 0) |
		    (s.attrs & THEME_FAINT ? A_DIM : 0) |
		    (s.attrs & THEME_REVERSE ? A_REVERSE : 0) |
		    (s.attrs & THEME_UNDERLINE ? A_UNDERLINE : 0);
		if (has_colors())
			(void)init_pair((short)(r + 1), s.fg, s.bg);
	}
}

static const struct term_driver driver = {
	.free = curses_free,
	.size = curses_size,
	.erase = curses_erase,
	.cell = curses_cell,
	.cursor = curses_cursor,
	.flush = curses_flush,
	.read = curses_read,
	.fds = curses_fds,
	.suspend = curses_suspend,
	.lend = curses_lend,
	.resume = curses_resume,
	.bell = curses_bell,
	.colours = curses_colours,
	.theme = curses_theme,
};

static void
teach_keys(void)
{
	(void)define_key("\033[200~", CODE_PASTE);
	(void)define_key("\033[201~", CODE_PASTE_END);
	(void)define_key("\033[I", CODE_FOCUS_IN);
	(void)define_key("\033[O", CODE_FOCUS_OUT);
	for (size_t i = 0; i < sizeof sequences / sizeof *sequences; i++)
		(void)define_key(sequences[i].seq, CODE_KEY + (int)i);
}

static int
start(struct curses *c)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGWINCH);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGHUP);
	sigaddset(&set, SIGINT);
	pthread_sigmask(SIG_BLOCK, &set, &c->mask);
	c->signals = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
	if (c->signals < 0 || !isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO))
		return ERR_IO;
	c->screen = newterm(NULL, stdout, stdin);
	if (c->screen == NULL)
		return ERR_IO;
	set_escdelay(25);
	raw();
	noecho();
	nonl();
	keypad(stdscr, TRUE);
	wtimeout(stdscr, 0);
	if (has_colors()) {
		start_color();
		use_default_colors();
	}
	teach_keys();
	write_modes(MODES_ON);
	return 0;
}

int
term_curses_new(struct term **out)
{
	struct curses *c = mem_alloc(sizeof *c);
	int rc;

	*out = NULL;
	c->signals = -1;
	c->cursor_row = -1;
	rc = start(c);
	if (rc != 0) {
		curses_free(c);
		return rc;
	}
	*out = term_new(&driver, c);
	if (strcmp(nl_langinfo(CODESET), "UTF-8") != 0)
		term_set_ascii(*out, true);
	return 0;
}
