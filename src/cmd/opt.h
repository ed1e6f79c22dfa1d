/*
 * opt: command line options, driven by tables.
 *
 * Options are long: `--name`, `--name VALUE`, `--name=VALUE`. They stand anywhere among the other
 * arguments; `--` ends them; `-` alone is an ordinary argument. The last of two equal ones holds.
 */
#ifndef RECADO_CMD_OPT_H
#define RECADO_CMD_OPT_H

#include <stdbool.h>
#include <stddef.h>
#include "base/err.h"

#define OPT_TABLES_MAX 64 /* tables one parse may draw from */

/* A table ends with a NULL name. value and help are marked with N_ and translated where they are
 * printed. */
struct opt_spec {
	const char *name;  /* without the dashes */
	const char *value; /* what to call its value in help; NULL: a flag; "[X]": it may be left out
	                      at the end and before another option, and is then "" */
	const char *help;  /* one line */
};

struct opt_args;

/* argv[1..argc-1] against the tables (a NULL-terminated list; strings are borrowed from argv and
 * the tables for the life of *out). ERR_USAGE with f filled. */
int opt_parse(const struct opt_spec *const *tables, int argc, char **argv, struct opt_args **out,
    struct fault *f) MUST_CHECK;
void opt_free(struct opt_args **pa);
/* The value given; "" for a flag; NULL when it was not given. */
const char *opt_value(const struct opt_args *a, const char *name);
bool opt_given(const struct opt_args *a, const char *name);
/* The arguments that are no options, in order; NULL beyond the last. */
size_t opt_count(const struct opt_args *a);
const char *opt_arg(const struct opt_args *a, size_t i);

/* The first argument that is no option nor an option's value, NULL if there is none: the command,
 * before it is known which options it takes. Unknown options count as flags. */
const char *opt_first(const struct opt_spec *const *tables, int argc, char **argv);

/* "30", "0.5": seconds, at most ten days, as milliseconds. ERR_USAGE. */
int opt_seconds(const char *text, const char *name, long *ms, struct fault *f) MUST_CHECK;
/* A whole number in 0..max. ERR_USAGE. */
int opt_number(const char *text, const char *name, long max, long *out, struct fault *f) MUST_CHECK;

#endif
