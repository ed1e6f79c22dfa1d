#include "base/words.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/i18n.h"
#include "base/mem.h"
#include "base/text.h"

#define STEPS_MAX 4096 /* of one comparison, whatever stands in the text */
#define DEPTH_MAX 3    /* sentences within sentences */

const char *const *const words_tables[] = { words_table, words_files, words_cmd, NULL };

struct match {
	const char *text;
	struct words_place *place;
	size_t count;
	int steps;
};

/* The length of the conversion at s ("%s", "%.10s", "%zu", "%2$s"); 0: none stands there. *number:
 * of its argument, 0 where none is given. */
static size_t
conversion(const char *s, int *number)
{
	const char *p = s;
	char *end;
	long n;

	*number = 0;
	if (*p++ != '%' || *p == '%')
		return 0;
	n = strtol(p, &end, 10);
	if (*end == '$' && n > 0 && n <= WORDS_PLACES) {
		*number = (int)n;
		p = end + 1;
	}
	p += strspn(p, "0123456789.-+ #lzhjt");
	return *p != '\0' ? (size_t)(p + 1 - s) : 0;
}

/* The literal text at the front of a format: bytes of it, and of the format. */
static size_t
literal(const char *format, char *out, size_t outlen, size_t *used)
{
	size_t n = 0;
	int number;

	for (*used = 0; format[*used] != '\0' && conversion(format + *used, &number) == 0; n++) {
		if (n + 1 < outlen)
			out[n] = format[*used];
		*used += format[*used] == '%' && format[*used + 1] == '%' ? 2 : 1;
	}
	out[n < outlen ? n : outlen - 1] = '\0';
	return n;
}

static bool
match_rest(struct match *m, const char *format, size_t at, const char *before);

/* A place, and what follows it: the shortest text with which the rest fits. */
static bool
match_place(struct match *m, const char *format, size_t at, const char *before)
{
	struct words_place *p;
	char next[256];
	size_t used, n = literal(format, next, sizeof(next), &used), k = strlen(before);
	const char *from = m->text + at, *found;

	if (m->count == WORDS_PLACES || n >= sizeof(next) || *from == '\0')
		return false;
	p = &m->place[m->count++];
	p->at = at;
	p->inside = at == 0 || (k >= 2 && strcmp(before + k - 2, ": ") == 0) ||
	    (k >= 1 && before[k - 1] == '(');
	if (format[used] == '\0') { /* the last: the end is fixed */
		p->len = strlen(from);
		if (p->len > n && strcmp(from + p->len - n, next) == 0) {
			p->len -= n;
			return true;
		}
		m->count--;
		return false;
	}
	for (found = from + 1; n > 0 && m->steps++ < STEPS_MAX && *found != '\0' &&
	     (found = strstr(found, next)) != NULL;
	     found++) {
		size_t count = m->count;

		p->len = (size_t)(found - from);
		if (match_rest(m, format + used, (size_t)(found - m->text) + n, next))
			return true;
		m->count = count;
	}
	m->count--;
	return false;
}

/* format begins with a conversion. */
static bool
match_rest(struct match *m, const char *format, size_t at, const char *before)
{
	int number;

	return match_place(m, format + conversion(format, &number), at, before);
}

int
words_match(const char *format, const char *text, struct words_place places[WORDS_PLACES],
    size_t *count)
{
	struct match m = { .text = text, .place = places };
	char front[512];
	size_t used, n = literal(format, front, sizeof(front), &used);
	bool fits;

	*count = 0;
	if (n >= sizeof(front) || strncmp(text, front, n) != 0)
		return ERR_NOT_FOUND;
	fits = format[used] == '\0' ? text[n] == '\0' : match_rest(&m, format + used, n, front);
	*count = m.count;
	return fits ? 0 : ERR_NOT_FOUND;
}

/* ------------------------------------------------------------------------------ saying it */

static char *say(const char *english, int depth);

/* How much of a format is fixed: of two that fit, the one that says more is meant. */
static size_t
weight(const char *format)
{
	char all[8];
	size_t used, sum = 0, n;
	int number;

	for (;; format += conversion(format, &number)) {
		sum += literal(format, all, sizeof(all), &used);
		format += used;
		if ((n = conversion(format, &number)) == 0)
			return sum;
	}
}

struct found {
	const char *format;
	struct words_place *places;
	size_t count;
};

static void
find_in(const char *const *table, const char *english, struct found *best)
{
	struct words_place now[WORDS_PLACES];
	size_t n;

	for (; *table != NULL; table++) {
		if (words_match(*table, english, now, &n) != 0 ||
		    (best->format != NULL && weight(*table) <= weight(best->format)))
			continue;
		best->format = *table;
		best->count = n;
		memcpy(best->places, now, n * sizeof(*now));
	}
}

static const char *
find(const char *english, struct words_place places[WORDS_PLACES], size_t *count)
{
	struct found best = { .places = places };
	size_t i;

	for (i = 0; words_tables[i] != NULL; i++)
		find_in(words_tables[i], english, &best);
	*count = best.count;
	return best.format;
}

/* The translated format with the places' texts. */
static char *
fill(const char *format, const char *english, const struct words_place *places, size_t count, int depth)
{
	char *out = mem_strdup(""), *longer, *text;
	size_t next = 0, n, used;
	int number;

	for (;; format += n) {
		char front[512];

		(void)literal(format, front, sizeof(front), &used);
		format += used;
		n = conversion(format, &number);
		if (number == 0)
			number = (int)++next;
		text = n == 0 || (size_t)number > count
		    ? mem_strdup("")
		    : mem_strndup(english + places[number - 1].at, places[number - 1].len);
		if (n != 0 && (size_t)number <= count && places[number - 1].inside) {
			longer = say(text, depth + 1);
			free(text);
			text = longer;
		}
		longer = mem_format("%s%s%s", out, front, text);
		free(out);
		free(text);
		out = longer;
		if (n == 0)
			return out;
	}
}

static char *
say(const char *english, int depth)
{
	struct words_place places[WORDS_PLACES];
	size_t count;
	const char *format = depth <= DEPTH_MAX ? find(english, places, &count) : NULL;
	const char *local = format != NULL ? gettext(format) : NULL;

	if (local == NULL || local == format)
		return mem_strdup(english);
	return fill(local, english, places, count, depth);
}

/* "ines added a device: ...": an account's name, and what it did. */
static char *
say_of(const char *english)
{
	const char *rest = strchr(english, ' '), *whole, *done;
	struct words_place places[WORDS_PLACES];
	char *did, *out;
	size_t count;

	whole = find(english, places, &count);
	done = rest != NULL && text_name_check(english, (size_t)(rest - english)) == 0
	    ? find(rest + 1, places, &count)
	    : NULL;
	if (done == NULL || (whole != NULL && weight(whole) >= weight(done)))
		return say(english, 0);
	did = say(rest + 1, 0);
	out = mem_format("%.*s %s", (int)(rest - english), english, did);
	free(did);
	return out;
}

char *
words_local(const char *english)
{
	return english == NULL ? mem_strdup("") : say_of(english);
}

char *
words_period(const char *english)
{
	if (english == NULL || strlen(english) != 24 || memcmp(english + 10, " to ", 4) != 0)
		return mem_strdup(english != NULL ? english : "");
	return mem_format(_("%.10s to %.10s"), english, english + 14);
}

const char *
words_about(const char *about)
{
	static const char *const known[] = { N_("the relay's directory"), N_("the new session"),
		N_("standard input"), N_("--passphrase-fd or --pin-fd") };
	size_t i;

	for (i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (strcmp(about, known[i]) == 0)
			return _(known[i]);
	return about;
}

void
words_fault_line(const struct fault *f, char *out, size_t outlen)
{
	char *what = words_local(f->what[0] != '\0' ? f->what : err_text(f->code));
	char *hint = words_local(f->hint);
	char *line = mem_format("%s%s%s%s%s", what, f->about[0] != '\0' ? ": " : "",
	    words_about(f->about),
	    hint[0] != '\0' ? ". " : "", hint);

	text_clean_to(out, outlen, line, strlen(line), TEXT_LINE);
	free(what);
	free(hint);
	free(line);
}
