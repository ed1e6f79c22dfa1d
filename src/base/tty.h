/*
 * tty: the terminal, lent for a while to somebody who asks for a secret there.
 */
#ifndef RECADO_BASE_TTY_H
#define RECADO_BASE_TTY_H

#include <stdbool.h>
#include <termios.h>

struct tty {
	bool kept;
	struct termios was;
};

/* Keep the settings of the terminal on stdin (nothing happens without one) and switch off echo. */
void tty_hush(struct tty *t);
/* Put them back; what was typed and not read is dropped. Nothing happens without a tty_hush. */
void tty_restore(struct tty *t);

#endif
