#include "base/log.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/text.h"

struct log {
	FILE *stream;
	enum log_level level;
	int journal;
};

static const struct {
	const char *name;
	int priority; /* syslog's */
} levels[] = {
	[LOG_LEVEL_ERROR] = { "error", 3 },
	[LOG_LEVEL_WARN] = { "warn", 4 },
	[LOG_LEVEL_INFO] = { "info", 6 },
	[LOG_LEVEL_DEBUG] = { "debug", 7 },
};

#define LEVELS (sizeof levels / sizeof levels[0])

struct log *
log_new(FILE *stream, enum log_level level, int journal)
{
	struct log *l = mem_alloc(sizeof *l);

	*l = (struct log){ stream, level, journal };
	return l;
}

void
log_free(struct log **pl)
{
	free(*pl);
	*pl = NULL;
}

void
log_write(struct log *l, enum log_level level, const char *module, const char *fmt, ...)
{
	char when[CLOCK_TEXT_MAX], *rough = NULL, *line;
	va_list ap;
	int n;

	if (l == NULL || level > l->level)
		return;
	va_start(ap, fmt);
	n = vasprintf(&rough, fmt, ap);
	va_end(ap);
	if (n < 0)
		return; /* no memory for a line of a log: the line is lost, nothing else */
	line = text_clean(rough, (size_t)n, TEXT_LINE);
	free(rough);
	/* One call a line, so that lines of several threads do not mix. */
	if (l->journal) {
		fprintf(l->stream, "<%d>%s: %s\n", levels[level].priority, module, line);
	} else {
		clock_text(clock_now_ms(), when);
		fprintf(l->stream, "%s %s %s: %s\n", when, levels[level].name, module, line);
	}
	fflush(l->stream);
	free(line);
}

int
log_level_parse(const char *text, enum log_level *out)
{
	size_t i;

	*out = LOG_LEVEL_ERROR;
	for (i = 0; i < LEVELS; i++)
		if (strcmp(text, levels[i].name) == 0) {
			*out = (enum log_level)i;
			return 0;
		}
	return ERR_FORMAT;
}
