#include "ui/wrap.h"

#include "base/text.h"

void
wrap_start(struct wrap *w, const char *s, size_t n, int columns)
{
	*w = (struct wrap){ .s = s, .n = n, .columns = columns < 2 ? 2 : columns };
}

bool
wrap_next(struct wrap *w, struct wrap_line *out)
{
	size_t i = w->at, space = 0,
	       after = 0; /* the last space on this line, and what follows it */
	int used = 0;
	struct text_cluster cl;

	*out = (struct wrap_line){ w->at, 0 };
	if (w->ended)
		return false;
	while (i < w->n && w->s[i] != '\n' && text_next(w->s + i, w->n - i, &cl)) {
		if (w->s[i] == ' ' && i > out->at) {
			space = i;
			after = i + 1;
		}
		if (used + cl.columns > w->columns && i > out->at)
			break;
		used += cl.columns;
		i += cl.bytes;
	}
	if (i >= w->n || (i == out->at && w->s[i] != '\n')) {
		w->ended = true;
		w->at = i;
	} else if (w->s[i] == '\n') {
		w->at = i + 1;
	} else if (after != 0) {
		i = space;
		w->at = after;
	} else {
		w->at = i;
	}
	out->bytes = i - out->at;
	return true;
}

int
wrap_count(const char *s, size_t n, int columns)
{
	struct wrap w;
	struct wrap_line line;
	int count = 0;

	wrap_start(&w, s, n, columns);
	while (wrap_next(&w, &line))
		count++;
	return count;
}
