#include "cmd/out.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include "base/i18n.h"
#include "base/words.h"
#include "cmd/show.h"

static int
flush(struct out *o)
{
	if (fflush(o->stream) != 0 || ferror(o->stream)) {
		if (!o->broken && errno != EPIPE)
			fprintf(o->errors, "recado: %s\n", _("standard output cannot be written"));
		o->broken = true;
	}
	return o->broken ? ERR_IO : 0;
}

static void
print_json(FILE *f, const struct core_event *ev)
{
	char *line = core_event_json(ev);

	if (line != NULL)
		fprintf(f, "%s\n", line);
	free(line);
}

int
out_event(struct out *o, const struct core_event *ev)
{
	if (o->broken)
		return ERR_IO;
	if (o->json)
		print_json(o->stream, ev);
	else
		show_event(o->stream, ev, o->pem);
	return flush(o);
}

int
out_line(struct out *o, const char *text)
{
	if (o->broken)
		return ERR_IO;
	fprintf(o->stream, "%s\n", text);
	return flush(o);
}

int
out_fault(struct out *o, const struct fault *f)
{
	struct core_event ev = { .kind = CORE_EV_ERROR };
	struct fault copy = *f;
	char line[2 * sizeof *f];

	if (o->json) {
		ev.fault = &copy;
		print_json(o->errors, &ev);
	} else {
		words_fault_line(f, line, sizeof line);
		fprintf(o->errors, "recado: %s\n", line);
	}
	fflush(o->errors);
	return err_exit(f->code);
}

void
out_note(struct out *o, const char *fmt, ...)
{
	va_list ap;

	if (o->json)
		return;
	fputs("recado: ", o->errors);
	va_start(ap, fmt);
	vfprintf(o->errors, fmt, ap);
	va_end(ap);
	fputc('\n', o->errors);
	fflush(o->errors);
}

void
out_say(struct out *o, const char *about, const char *english)
{
	char *local = words_local(english);

	out_note(o, "%s%s%s", about != NULL ? about : "", about != NULL ? ": " : "", local);
	free(local);
}
