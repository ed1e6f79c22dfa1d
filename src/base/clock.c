#include "base/clock.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#define SECOND_MAX 253402300799u /* 9999-12-31T23:59:59 */

static uint64_t
read_clock(clockid_t id)
{
	struct timespec t;

	clock_gettime(id, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

uint64_t
clock_now_ms(void)
{
	return read_clock(CLOCK_REALTIME);
}

uint64_t
clock_mono_ms(void)
{
	return read_clock(CLOCK_MONOTONIC);
}

void
clock_text(uint64_t ms, char out[CLOCK_TEXT_MAX])
{
	uint64_t seconds = ms / 1000;
	unsigned part = (unsigned)(ms % 1000);
	struct tm tm;
	time_t t;
	size_t n;

	if (seconds > SECOND_MAX) {
		seconds = SECOND_MAX;
		part = 999;
	}
	t = (time_t)seconds;
	gmtime_r(&t, &tm);
	n = strftime(out, CLOCK_TEXT_MAX, "%Y-%m-%dT%H:%M:%S", &tm);
	snprintf(out + n, CLOCK_TEXT_MAX - n, ".%03uZ", part);
}

/* Exactly n digits; *p moves behind them. */
static int
digits(const char **p, int n, unsigned *out)
{
	*out = 0;
	for (; n > 0; n--, (*p)++) {
		if (**p < '0' || **p > '9')
			return ERR_FORMAT;
		*out = *out * 10 + (unsigned)(**p - '0');
	}
	return 0;
}

int
clock_parse(const char *text, uint64_t *ms)
{
	/* what each number ends with */
	static const struct {
		int width;
		char end;
	} parts[6] = { { 4, '-' }, { 2, '-' }, { 2, 'T' }, { 2, ':' }, { 2, ':' }, { 2, 0 } };
	char again[CLOCK_TEXT_MAX];
	unsigned v[6], part = 0;
	const char *p = text;
	uint64_t when;
	struct tm tm = { 0 };
	time_t t;
	int i;

	*ms = 0;
	for (i = 0; i < 6; i++)
		if (digits(&p, parts[i].width, &v[i]) != 0 ||
		    (parts[i].end != 0 && *p++ != parts[i].end))
			return ERR_FORMAT;
	if (*p == '.') {
		p++;
		if (digits(&p, 3, &part) != 0)
			return ERR_FORMAT;
	}
	if (strcmp(p, "Z") != 0 || v[0] < 1970)
		return ERR_FORMAT;
	tm.tm_year = (int)v[0] - 1900;
	tm.tm_mon = (int)v[1] - 1;
	tm.tm_mday = (int)v[2];
	tm.tm_hour = (int)v[3];
	tm.tm_min = (int)v[4];
	tm.tm_sec = (int)v[5];
	if ((t = timegm(&tm)) < 0)
		return ERR_FORMAT;
	/* timegm takes 31 April for 1 May; such a date does not come back as it was */
	when = (uint64_t)t * 1000 + part;
	clock_text(when, again);
	if (strncmp(text, again, strlen("2026-11-21T12:41:07")) != 0)
		return ERR_FORMAT;
	*ms = when;
	return 0;
}

void
clock_age(uint64_t seconds, char out[CLOCK_TEXT_MAX])
{
	static const struct {
		uint64_t seconds;
		const char *name;
	} units[] = { { 86400, "d" }, { 3600, "h" }, { 60, "min" }, { 1, "s" } };
	size_t i = 0;

	while (seconds < units[i].seconds && units[i].seconds > 1)
		i++;
	snprintf(out, CLOCK_TEXT_MAX, "%" PRIu64 " %s", seconds / units[i].seconds, units[i].name);
}
