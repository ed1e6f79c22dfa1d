/*
 * Sentences of the core, with whatever a relay or a certificate put into their places, and names in
 * parts: what is found lies within the text, comparing ends, and what is shown is clean.
 */
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/dn.h"
#include "base/mem.h"
#include "base/text.h"
#include "base/words.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void
need(bool held)
{
	if (!held)
		abort();
}

/* A format of the input itself, against the rest. */
static void
match(const char *format, const char *text)
{
	struct words_place places[WORDS_PLACES];
	size_t count, i;

	if (words_match(format, text, places, &count) != 0)
		return;
	need(count <= WORDS_PLACES);
	for (i = 0; i < count; i++)
		need(places[i].len > 0 && places[i].at + places[i].len <= strlen(text));
}

static void
name(const char *text)
{
	struct dn_part part;

	while (dn_next(&text, &part)) {
		need(strlen(part.name) < DN_NAME_MAX);
		need(text_is_clean(part.value, strlen(part.value), TEXT_NAME));
		free(part.value);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	char *format = mem_strndup((const char *)data, n), *local;

	if (strlen(format) < n) {
		local = mem_strndup((const char *)data + strlen(format) + 1, n - strlen(format) - 1);
		match(format, local);
		name(local);
		free(local);
	}
	name(format);
	local = words_local(format);
	free(local);
	free(format);
	return 0;
}
