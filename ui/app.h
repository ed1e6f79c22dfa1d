/*
 * app: the screen, from the first redraw to Ctrl-Q.
 *
 * Runs on the calling thread until the user quits or the terminal goes away, talks to the core
 * through core.h only, and leaves the terminal as it found it. The caller has set the locale and
 * bound the text domain "recado" (app_run binds its codeset to UTF-8).
 */
#ifndef RECADO_UI_APP_H
#define RECADO_UI_APP_H

#include <stdbool.h>
#include "base/log.h"
#include "core/core.h"

struct app_options {
	struct log *log;   /* borrowed; may be NULL. Never holds message text */
	const char *theme; /* "dark", "light", "16", "mono"; NULL: by NO_COLOR and the terminal */
	const char *link;  /* recado:// link the wizard starts from; NULL: none */
	bool wizard;       /* start with the first run (no profile yet, or asked for) */
	bool ascii;        /* ticks and lines in ASCII; implied by a locale that is not UTF-8 */
};

/* Returns 0 after the user quit, ERR_IO when there is no usable terminal, ERR_CLOSED when the core
 * ended by itself. c is borrowed and must not be closed while this runs. */
int app_run(struct core *c, const struct app_options *o) MUST_CHECK;

#endif
