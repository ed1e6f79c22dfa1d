#include "cmd/secret.h"

#include <fcntl.h>
#include <pty.h>
#include <string.h>
#include <unistd.h>
#include "base/mem.h"
#include "base/tty.h"
#include "tests/unit/unit.h"

/* A descriptor from which text can be read. */
static int
descriptor(const void *text, size_t n)
{
	int fds[2];

	ck_assert_int_eq(pipe(fds), 0);
	ck_assert_int_eq(write(fds[1], text, n), (ssize_t)n);
	close(fds[1]);
	return fds[0];
}

START_TEST(one_line_each)
{
	static const char text[] = "correct horse\n1234\nthe rest\n";
	int fd = descriptor(text, sizeof text - 1);
	char *s, rest[32];
	struct fault f;

	ck_assert_int_eq(secret_read_fd(fd, "--passphrase-fd", &s, &f), 0);
	ck_assert_str_eq(s, "correct horse");
	mem_secret_free(&s);
	ck_assert_int_eq(secret_read_fd(fd, "--pin-fd", &s, &f), 0);
	ck_assert_str_eq(s, "1234");
	mem_secret_free(&s);
	ck_assert_int_eq(read(fd, rest, sizeof rest), 9);
	close(fd);
}
END_TEST

START_TEST(newline_is_optional_and_all_else_stays)
{
	int fd = descriptor(" a\t\r", 4);
	struct fault f;
	char *s;

	ck_assert_int_eq(secret_read_fd(fd, "--pin-fd", &s, &f), 0);
	ck_assert_str_eq(s, " a\t\r");
	mem_secret_free(&s);
	/* nothing more to read: no empty secret */
	ck_assert_int_eq(secret_read_fd(fd, "--pin-fd", &s, &f), ERR_CANCELED);
	ck_assert_ptr_null(s);
	close(fd);
	fd = descriptor("\n", 1);
	ck_assert_int_eq(secret_read_fd(fd, "--pin-fd", &s, &f), 0);
	ck_assert_str_eq(s, "");
	mem_secret_free(&s);
	close(fd);
}
END_TEST

START_TEST(limits_and_bad_descriptors)
{
	char big[SECRET_MAX + 1];
	struct fault f;
	char *s;
	int fd;

	memset(big, 'x', sizeof big);
	fd = descriptor(big, SECRET_MAX - 1);
	ck_assert_int_eq(secret_read_fd(fd, "--pin-fd", &s, &f), 0);
	ck_assert_uint_eq(strlen(s), SECRET_MAX - 1);
	mem_secret_free(&s);
	close(fd);
	fd = descriptor(big, SECRET_MAX);
	ck_assert_int_eq(secret_read_fd(fd, "--pin-fd", &s, &f), ERR_LIMIT);
	ck_assert_ptr_null(s);
	close(fd);
	ck_assert_int_eq(secret_read_fd(fd, "--pin-fd", &s, &f), ERR_IO);
	ck_assert_str_eq(f.about, "--pin-fd");
}
END_TEST

/* No key stops or kills us while echo is off: the terminal would stay like that. */
START_TEST(a_lent_terminal_comes_back)
{
	struct termios was, now;
	struct tty t = { 0 };
	int master, slave, in = dup(STDIN_FILENO);

	ck_assert_int_eq(openpty(&master, &slave, NULL, NULL, NULL), 0);
	ck_assert_int_eq(dup2(slave, STDIN_FILENO), STDIN_FILENO);
	ck_assert_int_eq(tcgetattr(slave, &was), 0);
	tty_hush(&t);
	ck_assert_int_eq(tcgetattr(slave, &now), 0);
	ck_assert((now.c_lflag & ECHO) == 0 && (now.c_lflag & ISIG) != 0);
	ck_assert_int_eq(now.c_cc[VSUSP], _POSIX_VDISABLE);
	ck_assert_int_eq(now.c_cc[VQUIT], _POSIX_VDISABLE);
	ck_assert_int_eq(now.c_cc[VINTR], was.c_cc[VINTR]);
	tty_restore(&t);
	ck_assert_int_eq(tcgetattr(slave, &now), 0);
	ck_assert_uint_eq(now.c_lflag, was.c_lflag);
	ck_assert_mem_eq(now.c_cc, was.c_cc, sizeof(now.c_cc));
	ck_assert_int_eq(dup2(in, STDIN_FILENO), STDIN_FILENO);
	close(in);
	close(slave);
	close(master);
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = { one_line_each, newline_is_optional_and_all_else_stays,
		limits_and_bad_descriptors, a_lent_terminal_comes_back, NULL };

	return unit_run(unit_suite("secret", tests));
}
