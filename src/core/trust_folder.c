/*
 * The folder of revocation lists that the configuration names. Others fill it, at their times: it is
 * looked at with the clock, and read again when a file came, went or became another. One that is being
 * written is read once more when it is whole.
 */
#include <dirent.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "core/trust_state.h"

/* FNV-1a: to notice a change, not to withstand anybody who may write there anyway. */
static uint64_t
mix(uint64_t h, const void *p, size_t n)
{
	const uint8_t *at = p;

	while (n-- > 0)
		h = (h ^ *at++) * 0x100000001b3;
	return h;
}

static uint64_t
print_of(const char *name, const struct stat *st)
{
	const int64_t is[] = { st->st_size, st->st_mtim.tv_sec, st->st_mtim.tv_nsec, st->st_ctim.tv_sec,
		st->st_ctim.tv_nsec, (int64_t)st->st_ino };

	return mix(mix(0xcbf29ce484222325, name, strlen(name)), is, sizeof(is));
}

/* What the folder, or file, looks like from outside; in whatever order its entries come. */
static uint64_t
print_all(const char *path)
{
	const struct dirent *e;
	DIR *d = opendir(path);
	struct stat st;
	uint64_t all = 0;

	if (d == NULL)
		return stat(path, &st) == 0 ? print_of("", &st) : 0;
	while ((e = readdir(d)) != NULL)
		if (e->d_name[0] != '.' && fstatat(dirfd(d), e->d_name, &st, 0) == 0)
			all += print_of(e->d_name, &st);
	closedir(d);
	return all;
}

int
trust_folder_load(struct trust *t, struct fault *f)
{
	const char *path = t->engine->config->trust_crls;

	if (path == NULL)
		return 0;
	t->folder = print_all(path); /* before it is read: what comes meanwhile is noticed */
	return cert_store_load(t->store, CERT_CRLS, path, NULL, f);
}

void
trust_folder_look(struct trust *t)
{
	const char *path = t->engine->config->trust_crls;
	uint64_t now = path != NULL ? print_all(path) : 0;
	struct fault f = { 0 };
	char line[sizeof(struct fault)];

	if (path == NULL || now == t->folder)
		return;
	t->folder = now;
	if (cert_store_reload_crls(t->store, path, NULL, &f) == 0) {
		log_info(t->engine->log, "trust", "revocation lists read again");
		return;
	}
	fault_line(&f, line, sizeof(line));
	log_warn(t->engine->log, "trust", "revocation lists stay as they were: %s", line);
}
