#include "tests/unit/portuguese.h"

#include <libintl.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "tests/unit/unit.h"

#define SOURCE_MAX (4 << 20)

void
portuguese_begin(void)
{
	const char *build = getenv("RECADO_BUILD");
	char *dir;

	ck_assert_ptr_nonnull(setlocale(LC_ALL, "C.UTF-8"));
	setenv("LANGUAGE", "pt", 1);
	dir = mem_format("%s/po/locale", build == NULL ? "." : build);
	bindtextdomain("recado", dir);
	free(dir);
	textdomain("recado");
}

char *
portuguese_source(const char *folder)
{
	const char *src = getenv("RECADO_SRC");
	char *command = mem_format("cat '%s'/%s/*.[ch]", src == NULL ? "." : src, folder);
	char *text = mem_alloc(SOURCE_MAX), *out = text, *in = text;
	FILE *f = popen(command, "r");
	size_t n;

	ck_assert_ptr_nonnull(f);
	n = fread(text, 1, SOURCE_MAX - 1, f);
	ck_assert_int_eq(pclose(f), 0);
	text[n] = '\0';
	while (*in != '\0') {
		size_t gap = *in == '"' ? strspn(in + 1, " \t\n") : 0;

		if (gap > 0 && in[1 + gap] == '"')
			in += gap + 2;
		else if (*in == '\\' && (in[1] == '\\' || in[1] == '"')) {
			*out++ = in[1];
			in += 2;
		} else
			*out++ = *in++;
	}
	*out = '\0';
	free(command);
	return text;
}
