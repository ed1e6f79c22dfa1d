/*
 * The terminal is opened by itself (/dev/tty), so that stdin can carry text at the same time. While
 * a secret is typed echo is off and the keys that suspend or kill are disabled: nothing but an
 * answer, end of input or a watched signal ends the prompt, and each of them restores the terminal
 * first.
 */
#include "cmd/secret.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>
#include "base/mem.h"

/* Read up to a newline. *ended: input ended before one. */
static int
read_line(int fd, char *line, bool *ended)
{
	size_t n = 0;
	ssize_t got;
	char c;

	*ended = false;
	for (;;) {
		got = read(fd, &c, 1);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return err_from_errno(errno);
		if (got == 0)
			*ended = true;
		if (got == 0 || c == '\n') {
			line[n] = '\0';
			return 0;
		}
		if (n == SECRET_MAX - 1)
			return ERR_LIMIT;
		line[n++] = c;
	}
}

int
secret_read_fd(int fd, const char *option, char **out, struct fault *f)
{
	char *line = mem_secret_alloc(SECRET_MAX);
	bool ended;
	int err;

	*out = NULL;
	err = read_line(fd, line, &ended);
	if (err == 0 && ended && line[0] == '\0')
		err = ERR_CANCELED;
	if (err != 0) {
		mem_secret_free(&line);
		fault_set(f, err, option,
		    err == ERR_LIMIT          ? "the line is too long"
			: err == ERR_CANCELED ? "the descriptor gave no line"
					      : "the descriptor cannot be read");
		return fault_hint(f, "Open it for the program, as in: %s 3 3<FILE.", option);
	}
	*out = line;
	return 0;
}

bool
secret_terminal(void)
{
	int fd;

	if (!isatty(STDIN_FILENO) && !isatty(STDERR_FILENO))
		return false;
	fd = open("/dev/tty", O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (fd < 0)
		return false;
	close(fd);
	return true;
}

static void
set_echo_off(int fd, const struct termios *was)
{
	struct termios t = *was;

	t.c_lflag &= ~(tcflag_t)(ECHO | ECHOE | ECHOK | ECHONL);
	t.c_lflag |= ICANON | ISIG;
	t.c_cc[VSUSP] = t.c_cc[VQUIT] = _POSIX_VDISABLE;
	tcsetattr(fd, TCSAFLUSH, &t);
}

/* Until the terminal has a line; ERR_CANCELED when a watched signal came first. */
static int
wait_line(int tty, int signal_fd)
{
	struct pollfd p[2] = { { .fd = tty, .events = POLLIN },
		{ .fd = signal_fd, .events = POLLIN } };

	for (;;) {
		if (poll(p, 2, -1) < 0) {
			if (errno == EINTR)
				continue;
			return err_from_errno(errno);
		}
		if (p[1].revents != 0)
			return ERR_CANCELED;
		if (p[0].revents != 0)
			return 0;
	}
}

static void
say(int tty, const char *text)
{
	ssize_t ignored = write(tty, text, strlen(text));

	(void)ignored;
}

int
secret_ask(const struct secret_prompt *p, char **out, struct fault *f)
{
	struct termios was;
	char *line = NULL;
	bool ended = false;
	int tty, err;

	*out = NULL;
	tty = open("/dev/tty", O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (tty < 0 || tcgetattr(tty, &was) != 0) {
		if (tty >= 0)
			close(tty);
		return fault_set(f, ERR_CANCELED, "/dev/tty", "there is no terminal to ask on");
	}
	line = mem_secret_alloc(SECRET_MAX);
	if (!p->shown)
		set_echo_off(tty, &was);
	say(tty, p->text);
	say(tty, ": ");
	err = wait_line(tty, p->signal_fd);
	if (err == 0)
		err = read_line(tty, line, &ended);
	if (err == 0 && ended)
		err = ERR_CANCELED;
	if (!p->shown) {
		tcsetattr(tty, TCSAFLUSH, &was);
		say(tty, "\n");
	}
	close(tty);
	if (err != 0) {
		mem_secret_free(&line);
		return fault_set(f, err, NULL, "%s", err_text(err));
	}
	*out = line;
	return 0;
}
