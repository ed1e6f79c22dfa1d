/*
 * unit: what every Check program here begins and ends with.
 */
#ifndef RECADO_TESTS_UNIT_H
#define RECADO_TESTS_UNIT_H

#include <check.h>
#include <stdio.h>
#include <stdlib.h>

#define UNIT_SKIP 77 /* exit status that automake counts as skipped */

/* A test that hangs is ended: Check's own four seconds are little on a busy machine. */
static __attribute__((constructor)) void
unit_patience(void)
{
	setenv("CK_DEFAULT_TIMEOUT", "300", 0);
}

static inline int
unit_run_as(Suite *s, enum fork_status forks)
{
	SRunner *r = srunner_create(s);
	int failed;

	srunner_set_fork_status(r, forks);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

/* Run the suite (which goes with it); the exit status of the program. */
static inline int
unit_run(Suite *s)
{
	return unit_run_as(s, CK_FORK_GETENV);
}

/* A suite of one case, from a list of tests that ends with NULL. */
static inline Suite *
unit_suite(const char *name, const TTest *const *tests)
{
	Suite *s = suite_create(name);
	TCase *c = tcase_create(name);

	for (; *tests != NULL; tests++)
		tcase_add_test(c, *tests);
	suite_add_tcase(s, c);
	return s;
}

#endif
