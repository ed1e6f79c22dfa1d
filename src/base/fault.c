#include "base/err.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"

/* Strings are made with printf first, then cleaned into place. */
#define ROUGH_MAX 1024

static void print_clean(char *out, size_t outlen, const char *fmt, va_list ap) PRINTF_LIKE(3, 0);

static void
print_clean(char *out, size_t outlen, const char *fmt, va_list ap)
{
	char rough[ROUGH_MAX];
	int n = vsnprintf(rough, sizeof rough, fmt, ap);

	if (n < 0)
		n = 0;
	if ((size_t)n >= sizeof rough)
		n = sizeof rough - 1;
	text_clean_to(out, outlen, rough, (size_t)n, TEXT_LINE);
}

int
fault_set(struct fault *f, int code, const char *about, const char *what, ...)
{
	va_list ap;

	if (f == NULL)
		return code;
	memset(f, 0, sizeof *f);
	f->code = code;
	if (about != NULL)
		text_clean_to(f->about, sizeof f->about, about, strlen(about), TEXT_LINE);
	va_start(ap, what);
	print_clean(f->what, sizeof f->what, what, ap);
	va_end(ap);
	return code;
}

int
fault_hint(struct fault *f, const char *hint, ...)
{
	va_list ap;

	if (f == NULL)
		return ERR_BUG;
	va_start(ap, hint);
	print_clean(f->hint, sizeof f->hint, hint, ap);
	va_end(ap);
	return f->code;
}

void
fault_line(const struct fault *f, char *out, size_t outlen)
{
	const char *what = f->what[0] != '\0' ? f->what : err_text(f->code);
	char rough[ROUGH_MAX];
	int n;

	n = snprintf(rough, sizeof rough, "%s%s%s%s%s", what, f->about[0] != '\0' ? ": " : "",
	    f->about, f->hint[0] != '\0' ? ". " : "", f->hint);
	text_clean_to(out, outlen, rough, n < 0 ? 0 : (size_t)n, TEXT_LINE);
}
