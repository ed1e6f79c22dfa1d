#include "cmd/opt.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "base/mem.h"

struct given {
	const struct opt_spec *spec;
	const char *value;
};

struct opt_args {
	struct given *given;
	size_t given_count;
	const char **args;
	size_t arg_count;
};

static const struct opt_spec *
find(const struct opt_spec *const *tables, const char *name, size_t len)
{
	const struct opt_spec *s;

	for (; *tables != NULL; tables++)
		for (s = *tables; s->name != NULL; s++)
			if (strlen(s->name) == len && memcmp(s->name, name, len) == 0)
				return s;
	return NULL;
}

static bool
is_option(const char *arg)
{
	return arg[0] == '-' && arg[1] != '\0';
}

/* The length of the name in "--name" or "--name=value". */
static size_t
name_length(const char *name)
{
	return strcspn(name, "=");
}

/* Is the word behind an option's name its value? */
static bool
takes_next(const struct opt_spec *s, int argc, char **argv, int i)
{
	return i + 1 < argc && (s->value[0] != '[' || !is_option(argv[i + 1]));
}

static int
unknown(const char *arg, struct fault *f)
{
	char about[64];
	size_t len = name_length(arg);

	if (len >= sizeof about)
		len = sizeof about - 1;
	memcpy(about, arg, len);
	about[len] = '\0';
	fault_set(f, ERR_USAGE, about, "unknown option");
	if (strcmp(about, "--pin") == 0 || strcmp(about, "--passphrase") == 0)
		return fault_hint(f,
		    "Secrets are never taken from the command line: use %s-fd N, "
		    "or type it when asked.",
		    about);
	return fault_hint(f, "--help lists the options; -- goes before text that starts with -.");
}

/* One option at argv[*i]; moves *i over its value. */
static int
take_option(struct opt_args *a, const struct opt_spec *const *tables, int argc, char **argv, int *i,
    struct fault *f)
{
	const char *arg = argv[*i], *equals = strchr(arg, '=');
	const struct opt_spec *spec = NULL;
	const char *value = "";

	if (arg[1] == '-')
		spec = find(tables, arg + 2, name_length(arg + 2));
	if (spec == NULL)
		return unknown(arg, f);
	if (spec->value == NULL && equals != NULL)
		return fault_set(f, ERR_USAGE, arg, "this option takes no value");
	if (spec->value != NULL) {
		if (equals != NULL)
			value = equals + 1;
		else if (takes_next(spec, argc, argv, *i))
			value = argv[++*i];
		else if (spec->value[0] != '[')
			return fault_set(f, ERR_USAGE, arg, "%s is missing", spec->value);
	}
	a->given[a->given_count].spec = spec;
	a->given[a->given_count++].value = value;
	return 0;
}

int
opt_parse(const struct opt_spec *const *tables, int argc, char **argv, struct opt_args **out,
    struct fault *f)
{
	struct opt_args *a = mem_alloc(sizeof *a);
	bool options = true;
	int i, err = 0;

	*out = NULL;
	a->given = mem_array((size_t)argc + 1, sizeof *a->given);
	a->args = mem_array((size_t)argc + 1, sizeof *a->args);
	for (i = 1; i < argc && err == 0; i++) {
		if (options && strcmp(argv[i], "--") == 0)
			options = false;
		else if (options && is_option(argv[i]))
			err = take_option(a, tables, argc, argv, &i, f);
		else
			a->args[a->arg_count++] = argv[i];
	}
	if (err == 0) {
		*out = a;
		a = NULL;
	}
	opt_free(&a);
	return err;
}

void
opt_free(struct opt_args **pa)
{
	struct opt_args *a = *pa;

	if (a == NULL)
		return;
	free(a->given);
	free(a->args);
	free(a);
	*pa = NULL;
}

const char *
opt_value(const struct opt_args *a, const char *name)
{
	size_t i;

	for (i = a->given_count; i > 0; i--)
		if (strcmp(a->given[i - 1].spec->name, name) == 0)
			return a->given[i - 1].value;
	return NULL;
}

bool
opt_given(const struct opt_args *a, const char *name)
{
	return opt_value(a, name) != NULL;
}

size_t
opt_count(const struct opt_args *a)
{
	return a->arg_count;
}

const char *
opt_arg(const struct opt_args *a, size_t i)
{
	return i < a->arg_count ? a->args[i] : NULL;
}

const char *
opt_first(const struct opt_spec *const *tables, int argc, char **argv)
{
	const struct opt_spec *spec;
	int i;

	for (i = 1; i < argc; i++) {
		if (strcmp(argv[i], "--") == 0)
			return i + 1 < argc ? argv[i + 1] : NULL;
		if (!is_option(argv[i]))
			return argv[i];
		spec =
		    argv[i][1] != '-' ? NULL : find(tables, argv[i] + 2, name_length(argv[i] + 2));
		if (spec != NULL && spec->value != NULL && strchr(argv[i], '=') == NULL &&
		    takes_next(spec, argc, argv, i))
			i++;
	}
	return NULL;
}

int
opt_seconds(const char *text, const char *name, long *ms, struct fault *f)
{
	char *end;
	double s;

	*ms = 0;
	s = strtod(text, &end);
	if (end == text || *end != '\0' || !(s >= 0 && s <= 864000))
		return fault_set(f, ERR_USAGE, name, "'%.40s' is no number of seconds", text);
	*ms = (long)(s * 1000);
	return 0;
}

int
opt_number(const char *text, const char *name, long max, long *out, struct fault *f)
{
	char *end;
	long n;

	*out = 0;
	errno = 0;
	n = strtol(text, &end, 10);
	if (end == text || *end != '\0' || errno != 0 || n < 0 || n > max)
		return fault_set(
		    f, ERR_USAGE, name, "'%.40s' is no number from 0 to %ld", text, max);
	*out = n;
	return 0;
}
