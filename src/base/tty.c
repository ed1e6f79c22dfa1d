#include "base/tty.h"

#include <unistd.h>

void
tty_hush(struct tty *t)
{
	struct termios now;

	if (t->kept || tcgetattr(STDIN_FILENO, &t->was) != 0)
		return;
	t->kept = true;
	now = t->was;
	now.c_lflag &= ~(tcflag_t)(ECHO | ECHOE | ECHOK);
	now.c_lflag |= ICANON | ISIG | ECHONL;
	now.c_cc[VSUSP] = now.c_cc[VQUIT] = _POSIX_VDISABLE;
	(void)tcsetattr(STDIN_FILENO, TCSADRAIN, &now);
}

void
tty_restore(struct tty *t)
{
	if (t->kept)
		(void)tcsetattr(STDIN_FILENO, TCSAFLUSH, &t->was);
	t->kept = false;
}
