#include "cmd/opt.h"

#include <string.h>
#include "tests/unit/unit.h"

static const struct opt_spec common[] = { { "home", "DIR", "" }, { "json", NULL, "" },
	{ NULL, NULL, NULL } };
static const struct opt_spec own[] = { { "wait", "STATE", "" }, { "all", NULL, "" }, { "pick", "[LIST]", "" },
	{ NULL, NULL, NULL } };
static const struct opt_spec *const tables[] = { common, own, NULL };

/* A command line as words with single spaces between them. */
struct line {
	char text[128], *argv[16];
	int argc;
};

static struct line *
words(struct line *l, const char *text)
{
	char *save = NULL, *word;

	snprintf(l->text, sizeof l->text, "recado %s", text);
	l->argc = 0;
	for (word = strtok_r(l->text, " ", &save); word != NULL; word = strtok_r(NULL, " ", &save))
		l->argv[l->argc++] = word;
	return l;
}

static int
parse(struct line *l, const char *text, struct opt_args **out, struct fault *f)
{
	words(l, text);
	return opt_parse(tables, l->argc, l->argv, out, f);
}

static const char *
first(struct line *l, const char *text)
{
	words(l, text);
	return opt_first(tables, l->argc, l->argv);
}

START_TEST(options_stand_anywhere)
{
	struct opt_args *a;
	struct line l;
	struct fault f;

	ck_assert_int_eq(parse(&l, "--home d send --json ana --wait=read", &a, &f), 0);
	ck_assert_str_eq(opt_value(a, "home"), "d");
	ck_assert_str_eq(opt_value(a, "wait"), "read");
	ck_assert(opt_given(a, "json"));
	ck_assert(!opt_given(a, "all"));
	ck_assert_uint_eq(opt_count(a), 2);
	ck_assert_str_eq(opt_arg(a, 1), "ana");
	ck_assert_ptr_null(opt_arg(a, 2));
	opt_free(&a);
}
END_TEST

START_TEST(dashes_end_options)
{
	struct opt_args *a;
	struct line l;
	struct fault f;

	ck_assert_int_eq(parse(&l, "- -- --json --", &a, &f), 0);
	ck_assert_uint_eq(opt_count(a), 3);
	ck_assert_str_eq(opt_arg(a, 0), "-");
	ck_assert_str_eq(opt_arg(a, 1), "--json");
	ck_assert_str_eq(opt_arg(a, 2), "--");
	ck_assert(!opt_given(a, "json"));
	opt_free(&a);
}
END_TEST

START_TEST(last_one_holds_and_values_may_be_empty)
{
	struct opt_args *a;
	struct line l;
	struct fault f;

	ck_assert_int_eq(parse(&l, "--wait sent --wait= --home=a=b", &a, &f), 0);
	ck_assert_str_eq(opt_value(a, "wait"), "");
	ck_assert_str_eq(opt_value(a, "home"), "a=b");
	opt_free(&a);
	/* a value may look like an option */
	ck_assert_int_eq(parse(&l, "--wait --json", &a, &f), 0);
	ck_assert_str_eq(opt_value(a, "wait"), "--json");
	opt_free(&a);
}
END_TEST

START_TEST(wrong_usage)
{
	struct opt_args *a = (struct opt_args *)1;
	struct line l;
	struct fault f = { 0 };

	ck_assert_int_eq(parse(&l, "--nope=3", &a, &f), ERR_USAGE);
	ck_assert_ptr_null(a);
	ck_assert_str_eq(f.about, "--nope");
	ck_assert_int_eq(parse(&l, "--json=1", &a, &f), ERR_USAGE);
	ck_assert_int_eq(parse(&l, "--home", &a, &f), ERR_USAGE);
	ck_assert_int_eq(parse(&l, "-j", &a, &f), ERR_USAGE);
	ck_assert_int_eq(parse(&l, "--hom x", &a, &f), ERR_USAGE);
	ck_assert_int_eq(parse(&l, "--pin 1234", &a, &f), ERR_USAGE);
	ck_assert_ptr_nonnull(strstr(f.hint, "--pin-fd"));
	ck_assert_ptr_null(strstr(f.about, "1234"));
	ck_assert_int_eq(parse(&l, "--pin=1234", &a, &f), ERR_USAGE);
	ck_assert_ptr_null(strstr(f.about, "1234"));
}
END_TEST

START_TEST(first_finds_the_command)
{
	struct line l;

	ck_assert_str_eq(first(&l, "--wait read --json send x"), "send");
	ck_assert_str_eq(first(&l, "--home=x --unknown list"), "list");
	ck_assert_str_eq(first(&l, "-- recv"), "recv");
	ck_assert_ptr_null(first(&l, "--home"));
	ck_assert_ptr_null(first(&l, ""));
}
END_TEST

START_TEST(numbers)
{
	struct fault f;
	long n;

	ck_assert_int_eq(opt_seconds("1.5", "--timeout", &n, &f), 0);
	ck_assert_int_eq(n, 1500);
	ck_assert_int_eq(opt_seconds("0", "--timeout", &n, &f), 0);
	ck_assert_int_eq(opt_seconds("", "--timeout", &n, &f), ERR_USAGE);
	ck_assert_int_eq(opt_seconds("-1", "--timeout", &n, &f), ERR_USAGE);
	ck_assert_int_eq(opt_seconds("nan", "--timeout", &n, &f), ERR_USAGE);
	ck_assert_int_eq(opt_seconds("9s", "--timeout", &n, &f), ERR_USAGE);
	ck_assert_int_eq(opt_seconds("1e99", "--timeout", &n, &f), ERR_USAGE);
	ck_assert_int_eq(opt_number("7", "--pin-fd", 10, &n, &f), 0);
	ck_assert_int_eq(n, 7);
	ck_assert_int_eq(opt_number("11", "--pin-fd", 10, &n, &f), ERR_USAGE);
	ck_assert_int_eq(opt_number("-1", "--pin-fd", 10, &n, &f), ERR_USAGE);
	ck_assert_int_eq(opt_number("7x", "--pin-fd", 10, &n, &f), ERR_USAGE);
	ck_assert_int_eq(opt_number("99999999999999999999", "--pin-fd", 10, &n, &f), ERR_USAGE);
}
END_TEST

/* A value in brackets may be missing: at the end, and before another option. */
START_TEST(a_value_that_may_be_missing)
{
	static const struct {
		const char *line, *value, *arg;
	} cases[] = {
		{ "--pick", "", NULL },
		{ "--pick --json", "", NULL },
		{ "--pick a,b go", "a,b", "go" },
		{ "--pick=a go", "a", "go" },
		{ "--pick= go", "", "go" },
		{ "go --pick", "", "go" },
		{ "--pick -- go", "", "go" },
	};
	struct opt_args *a;
	struct fault f;
	struct line l;
	size_t i;

	for (i = 0; i < sizeof cases / sizeof *cases; i++) {
		ck_assert_int_eq(parse(&l, cases[i].line, &a, &f), 0);
		ck_assert_msg(strcmp(opt_value(a, "pick"), cases[i].value) == 0, "%s: %s", cases[i].line,
		    opt_value(a, "pick"));
		ck_assert_pstr_eq(opt_arg(a, 0), cases[i].arg);
		opt_free(&a);
		ck_assert_pstr_eq(first(&l, cases[i].line), cases[i].arg);
	}
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = { options_stand_anywhere, dashes_end_options,
		last_one_holds_and_values_may_be_empty, wrong_usage, first_finds_the_command,
		numbers, a_value_that_may_be_missing, NULL };

	return unit_run(unit_suite("opt", tests));
}
