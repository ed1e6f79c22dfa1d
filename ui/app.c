#include "ui/app.h"

#include <errno.h>
#include <libintl.h>
#include <poll.h>
#include "base/clock.h"
#include "ui/term_curses.h"
#include "ui/theme.h"
#include "ui/ui.h"

#define EVENTS_A_TURN 256 /* so that a flood of mail does not keep the keyboard waiting */

static void
read_terminal(struct ui *ui)
{
	struct term_event ev;

	while (!ui->quit && term_read(ui->term, &ev) == 0)
		ui_term(ui, &ev);
}

static void
read_core(struct ui *ui)
{
	struct core_event ev;
	int rc = 0;

	for (int i = 0; i < EVENTS_A_TURN && !ui->quit; i++) {
		rc = core_next(ui->core, &ev, 0);
		if (rc != 0)
			break;
		ui_core(ui, &ev);
	}
	if (rc == ERR_CLOSED) {
		ui->rc = ERR_CLOSED;
		ui->quit = true;
	}
}

static void
wait_for_something(struct ui *ui)
{
	struct pollfd p[3] = { { .fd = core_fd(ui->core), .events = POLLIN } };
	int fds[2], n = term_fds(ui->term, fds), wait = ui_wait(ui, clock_mono_ms()), got;

	for (int i = 0; i < n; i++)
		p[1 + i] = (struct pollfd){ .fd = fds[i], .events = POLLIN };
	got = poll(p, (nfds_t)(1 + n), wait);
	if (got == 0)
		ui_tick(ui, clock_mono_ms());
	if (got < 0 && errno != EINTR) {
		ui->rc = ERR_IO;
		ui->quit = true;
	}
	if (n > 0 && p[1].revents & (POLLHUP | POLLERR | POLLNVAL))
		ui->quit = true; /* the terminal is gone */
}

int
app_run(struct core *c, const struct app_options *o)
{
	struct term *term;
	struct ui *ui;
	int rc = term_curses_new(&term);

	if (rc != 0)
		return rc;
	(void)bind_textdomain_codeset("recado", "UTF-8");
	if (o->ascii)
		term_set_ascii(term, true);
	term_set_theme(term, theme_choose(o->theme, term_colours(term)));
	ui = ui_new(c, term, o->log);
	ui_start(ui, o->wizard, o->link);
	while (!ui->quit) {
		ui_draw(ui);
		if (!ui->dirty || term_suspended(term))
			wait_for_something(ui);
		read_terminal(ui);
		read_core(ui);
	}
	ui_save_draft(ui);
	rc = ui->rc;
	ui_free(&ui);
	term_free(&term);
	return rc;
}
