#include <errno.h>
#include <string.h>

#include "base/err.h"
#include "unit.h"

START_TEST(every_code_has_a_name_a_text_and_an_exit_status)
{
	int e;

	for (e = ERR_BASE_ + 1; e < ERR_LAST_; e++) {
		ck_assert_int_lt(e, 0);
		ck_assert_int_eq(strncmp(err_name(e), "ERR_", 4), 0);
		ck_assert(err_text(e)[0] != '\0');
		ck_assert(err_exit(e) == 1 || (err_exit(e) >= 64 && err_exit(e) <= 78));
	}
}
END_TEST

START_TEST(the_table_is_in_step_with_the_list)
{
#define X(code, status, words)                                                                     \
	ck_assert_str_eq(err_name(code), #code);                                                   \
	ck_assert_str_eq(err_text(code), words);                                                   \
	ck_assert_int_eq(err_exit(code), status);
	ERR_LIST(X)
#undef X
}
END_TEST

START_TEST(success_and_strangers)
{
	ck_assert_int_eq(err_exit(ERR_OK), 0);
	ck_assert_str_eq(err_name(ERR_OK), "ERR_OK");
	ck_assert_int_eq(err_exit(ERR_BASE_), 70);
	ck_assert_int_eq(err_exit(ERR_LAST_), 70);
	ck_assert_int_eq(err_exit(1), 70);
	ck_assert_int_eq(err_exit(-1), 70);
}
END_TEST

START_TEST(errno_values)
{
	ck_assert_int_eq(err_from_errno(ENOSPC), ERR_DISK_FULL);
	ck_assert_int_eq(err_from_errno(EDQUOT), ERR_DISK_FULL);
	ck_assert_int_eq(err_from_errno(ENOENT), ERR_NOT_FOUND);
	ck_assert_int_eq(err_from_errno(ECONNREFUSED), ERR_UNREACHABLE);
	ck_assert_int_eq(err_from_errno(EBADF), ERR_IO);
	ck_assert_int_eq(err_from_errno(0), ERR_IO);
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = { every_code_has_a_name_a_text_and_an_exit_status,
		the_table_is_in_step_with_the_list, success_and_strangers, errno_values, NULL };

	return unit_run(unit_suite("err", tests));
}
