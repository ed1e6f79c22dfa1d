/*
 * replay: a main for fuzz targets where there is no libFuzzer, so that `make check` runs them too.
 *
 *     fuzz_NAME [FILE|DIR ...]
 *
 * Every file is fed whole, cut short at each power of two, and then mutated, from a fixed seed, so
 * that a failure comes again. Without arguments the seeds are those in tests/fuzz/seeds/NAME, if
 * there are any, and the empty input. RECADO_FUZZ_ROUNDS: mutations in all (default 20000).
 */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define REPLAY_FILES 8192
#define REPLAY_BYTES (1u << 20)
#define REPLAY_MUTANT 65536

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct replay {
	uint8_t *data[REPLAY_FILES];
	size_t size[REPLAY_FILES];
	size_t count;
	uint64_t random;
};

/* splitmix64 */
static uint64_t
replay_random(struct replay *r)
{
	uint64_t z = r->random += 0x9e3779b97f4a7c15u;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
	return z ^ (z >> 31);
}

/* A copy of its own size, so that the sanitizers see every octet too far. */
static void
replay_one(const uint8_t *data, size_t size)
{
	uint8_t *copy = malloc(size ? size : 1);

	if (copy == NULL)
		abort();
	memcpy(copy, data, size);
	LLVMFuzzerTestOneInput(copy, size);
	free(copy);
}

static void
replay_add(struct replay *r, const char *path)
{
	FILE *f = fopen(path, "rb");
	uint8_t *data;

	if (f == NULL || r->count == REPLAY_FILES || (data = malloc(REPLAY_BYTES)) == NULL) {
		fprintf(stderr, "cannot read %s\n", path);
		exit(2);
	}
	r->size[r->count] = fread(data, 1, REPLAY_BYTES, f);
	r->data[r->count++] = data;
	fclose(f);
}

static void
replay_path(struct replay *r, const char *path)
{
	struct dirent **names;
	struct stat st;
	int n;

	if (stat(path, &st) != 0 || !S_ISDIR(st.st_mode)) {
		replay_add(r, path);
		return;
	}
	n = scandir(path, &names, NULL, alphasort);
	for (int i = 0; i < n; i++) {
		char file[4096];

		snprintf(file, sizeof(file), "%s/%s", path, names[i]->d_name);
		if (names[i]->d_name[0] != '.')
			replay_path(r, file);
		free(names[i]);
	}
	free(names);
}

/* One to eight changes to one of the inputs: flip, overwrite, insert, delete, cut, splice. */
static size_t
replay_mutate(struct replay *r, uint8_t *out)
{
	size_t pick = replay_random(r) % r->count, n = r->size[pick];
	uint64_t changes = 1 + replay_random(r) % 8;

	n = n > REPLAY_MUTANT ? REPLAY_MUTANT : n;
	memcpy(out, r->data[pick], n);
	while (changes-- > 0) {
		uint64_t v = replay_random(r);
		size_t at = n ? (v >> 8) % n : 0;

		switch (v % 6) {
		case 0:
			if (n > 0)
				out[at] ^= (uint8_t)(1 << (v >> 60 & 7));
			break;
		case 1:
			if (n > 0)
				out[at] = (uint8_t)(v >> 48);
			break;
		case 2:
			if (n < REPLAY_MUTANT) {
				memmove(out + at + 1, out + at, n - at);
				out[at] = (uint8_t)(v >> 48);
				n++;
			}
			break;
		case 3:
			if (n > 0) {
				memmove(out + at, out + at + 1, n - at - 1);
				n--;
			}
			break;
		case 4:
			if (v >> 61 == 0)
				n = at;
			break;
		default:
			for (size_t i = at; i < n && i < at + 4; i++)
				out[i] = (uint8_t)(v >> 32) & 1 ? 0xff : 0;
		}
	}
	return n;
}

int
main(int argc, char **argv)
{
	static struct replay r = { .random = 20261121 };
	static uint8_t mutant[REPLAY_MUTANT + 1];
	const char *rounds_text = getenv("RECADO_FUZZ_ROUNDS"), *src = getenv("RECADO_SRC");
	unsigned long rounds = rounds_text ? strtoul(rounds_text, NULL, 10) : 20000;
	const char *name = strstr(argv[0], "fuzz_");
	char seeds[4096];
	struct stat st;

	for (int i = 1; i < argc; i++)
		replay_path(&r, argv[i]);
	snprintf(seeds, sizeof(seeds), "%s/tests/fuzz/seeds/%s", src ? src : ".",
	    name ? name + strlen("fuzz_") : "");
	if (argc < 2 && name != NULL && stat(seeds, &st) == 0)
		replay_path(&r, seeds);
	if (r.count == 0) {
		r.data[0] = calloc(1, 64);
		r.size[0] = 64;
		r.count = 1;
	}
	replay_one((const uint8_t *)"", 0);
	for (size_t i = 0; i < r.count; i++) {
		for (size_t n = 1; n < r.size[i]; n *= 2)
			replay_one(r.data[i], n);
		replay_one(r.data[i], r.size[i]);
	}
	for (unsigned long i = 0; i < rounds; i++) {
		size_t n = replay_mutate(&r, mutant);

		replay_one(mutant, n);
	}
	printf("%s: %zu seeds, %lu mutations\n", name ? name : argv[0], r.count, rounds);
	for (size_t i = 0; i < r.count; i++)
		free(r.data[i]);
	return 0;
}
