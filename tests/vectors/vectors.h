/*
 * vectors: conformance data from RECADO_VECTORS, for the runners beside this file.
 */
#ifndef RECADO_TESTS_VECTORS_H
#define RECADO_TESTS_VECTORS_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/mem.h"
#include "tests/unit/unit.h"

/* Path of a file or folder of the data; the caller frees. */
static inline char *
vectors_path(const char *name)
{
	const char *dir = getenv("RECADO_VECTORS");

	return mem_format("%s/%s", dir != NULL ? dir : "../shared/vectors", name);
}

/* Leave with "skipped" unless the data is there. Call first in main. */
static inline void
vectors_need(const char *name)
{
	char *path = vectors_path(name);

	if (access(path, R_OK) != 0) {
		printf("skipped: no conformance data at %s (set RECADO_VECTORS)\n", path);
		exit(UNIT_SKIP);
	}
	free(path);
}

/* The next line that is neither empty nor begins with '#', without its newline; NULL at the end.
 * *line is grown by getline and freed by the caller. */
static inline char *
vectors_line(FILE *f, char **line, size_t *size)
{
	ssize_t n;

	while ((n = getline(line, size, f)) > 0) {
		while (n > 0 && ((*line)[n - 1] == '\n' || (*line)[n - 1] == '\r'))
			(*line)[--n] = '\0';
		if (n > 0 && (*line)[0] != '#')
			return *line;
	}
	return NULL;
}

/* A hexadecimal field as octets; the caller frees. */
static inline uint8_t *
vectors_hex(const char *hex, size_t *n)
{
	size_t len = strlen(hex);
	uint8_t *out = mem_alloc(len / 2 + 1);

	*n = len / 2;
	if (hex_decode(hex, len, out, *n) != 0) {
		fprintf(stderr, "not hexadecimal: %.40s\n", hex);
		exit(2);
	}
	return out;
}

#endif
