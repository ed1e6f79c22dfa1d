#include "ui/when.h"

#include <stdio.h>
#include <string.h>
#include <time.h>
#include "ui/i18n.h"

static const char *const weekday[] = { N_("Sunday"), N_("Monday"), N_("Tuesday"), N_("Wednesday"),
	N_("Thursday"), N_("Friday"), N_("Saturday") };
static const char *const weekday_short[] = { N_("Sun"), N_("Mon"), N_("Tue"), N_("Wed"), N_("Thu"),
	N_("Fri"), N_("Sat") };
static const char *const month[] = { N_("January"), N_("February"), N_("March"), N_("April"),
	N_("May"), N_("June"), N_("July"), N_("August"), N_("September"), N_("October"),
	N_("November"), N_("December") };
/* What follows a comma only tells the short May from the long one. */
static const char *const month_short[] = { N_("Jan"), N_("Feb"), N_("Mar"), N_("Apr"),
	N_("May,short"), N_("Jun"), N_("Jul"), N_("Aug"), N_("Sep"), N_("Oct"), N_("Nov"),
	N_("Dec") };

static struct tm
local(uint64_t ms)
{
	time_t t = (time_t)(ms / 1000);
	struct tm tm;

	memset(&tm, 0, sizeof tm);
	(void)localtime_r(&t, &tm);
	return tm;
}

const char *
when_clock(uint64_t ms, char out[WHEN_MAX])
{
	struct tm tm = local(ms);

	(void)strftime(out, WHEN_MAX, "%H:%M", &tm);
	return out;
}

const char *
when_date(uint64_t ms, char out[WHEN_MAX])
{
	struct tm tm = local(ms);

	(void)strftime(out, WHEN_MAX, "%Y-%m-%d", &tm);
	return out;
}

const char *
when_exact(uint64_t ms, char out[WHEN_MAX])
{
	time_t t = (time_t)(ms / 1000);
	struct tm tm;

	memset(&tm, 0, sizeof tm);
	(void)gmtime_r(&t, &tm);
	(void)strftime(out, WHEN_MAX, "%Y-%m-%d %H:%M:%SZ", &tm);
	return out;
}

const char *
when_day(uint64_t ms, char out[WHEN_MAX])
{
	struct tm tm = local(ms);
	const char *name = _(month_short[tm.tm_mon % 12]);

	snprintf(out, WHEN_MAX, "%d %.*s %d", tm.tm_mday, (int)strcspn(name, ","), name,
	    tm.tm_year + 1900);
	return out;
}

const char *
when_long_day(uint64_t ms, bool shorter, char out[WHEN_MAX])
{
	struct tm tm = local(ms);

	/* TRANSLATORS: weekday, day, month, year */
	snprintf(out, WHEN_MAX, _("%s %d %s %d"),
	    shorter ? _(weekday_short[tm.tm_wday % 7]) : _(weekday[tm.tm_wday % 7]), tm.tm_mday,
	    _(month[tm.tm_mon % 12]), tm.tm_year + 1900);
	return out;
}

const char *
when_span(uint64_t seconds, char out[WHEN_MAX])
{
	static const struct {
		uint64_t size;
		const char *format;
	} unit[] = {
		{ 365 * 86400, N_("%llu y") },
		{ 86400, N_("%llu d") },
		{ 3600, N_("%llu h") },
		{ 60, N_("%llu min") },
		{ 1, N_("%llu s") },
	};
	size_t i = 0;

	while (i + 1 < sizeof unit / sizeof *unit && seconds < unit[i].size)
		i++;
	snprintf(out, WHEN_MAX, _(unit[i].format), (unsigned long long)(seconds / unit[i].size));
	return out;
}

bool
when_same_day(uint64_t a, uint64_t b)
{
	struct tm x = local(a), y = local(b);

	return x.tm_yday == y.tm_yday && x.tm_year == y.tm_year;
}

bool
when_same_minute(uint64_t a, uint64_t b)
{
	return a / 60000 == b / 60000;
}
