#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "core/profile.h"
#include "crypto/kdf.h"

#define PROMISE "promised"
#define REQUEST "requested"

struct profile {
	char *config, *data, *run, *sock;
	char *live, *staged; /* folders */
	char *store, *keys;  /* in whichever of the two is in use */
	bool staging;
	int run_fd, lock_fd;
};

/* ------------------------------------------------------------------------------ folders */

/* mkdir -p with 0700; the last one is tightened when it is ours. */
static int
folder_make(const char *path, struct fault *f)
{
	char *copy = mem_strdup(path), *p;
	struct stat st;
	int r = 0;

	for (p = copy + 1; (p = strchr(p, '/')) != NULL; *p++ = '/') {
		*p = '\0';
		if (mkdir(copy, 0700) != 0 && errno != EEXIST)
			break;
	}
	free(copy);
	if (mkdir(path, 0700) != 0 && errno != EEXIST)
		r = err_from_errno(errno);
	else if (stat(path, &st) != 0 || !S_ISDIR(st.st_mode))
		r = ERR_IO;
	else if (st.st_uid == getuid() && (st.st_mode & 077) != 0 && chmod(path, 0700) != 0)
		r = err_from_errno(errno);
	if (r != 0)
		return fault_set(f, r, path, "the folder cannot be made or used");
	return 0;
}

static int
folder_sync(const char *path)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC), r;

	if (fd < 0)
		return err_from_errno(errno);
	r = fsync(fd) == 0 ? 0 : err_from_errno(errno);
	close(fd);
	return r;
}

static char *
path_xdg(const char *variable, const char *below_home)
{
	const char *v = getenv(variable), *home = getenv("HOME");

	if (v != NULL && v[0] == '/')
		return mem_format("%s/recado", v);
	if (below_home == NULL)
		return NULL;
	return mem_format("%s/%s/recado", home != NULL && home[0] == '/' ? home : "/", below_home);
}

static void
paths_fill(struct profile *p, const char *home)
{
	char *conf = home != NULL ? mem_strdup(home) : path_xdg("XDG_CONFIG_HOME", ".config");

	p->data = home != NULL ? mem_strdup(home) : path_xdg("XDG_DATA_HOME", ".local/share");
	p->config = mem_format("%s/recado.conf", conf);
	p->live = mem_format("%s/profile", p->data);
	p->staged = mem_format("%s/profile.new", p->data);
	free(conf);
}

/* The runtime folder is the user's, and a user may have several profiles: each has its part of it,
 * named after where the data lie. */
static int
paths_run(struct profile *p, const char *home)
{
	char *run = home == NULL ? path_xdg("XDG_RUNTIME_DIR", NULL) : NULL, *data = NULL;
	uint8_t hash[32];
	char name[17];
	int r = 0;

	if (run == NULL) {
		p->run = mem_format("%s/run", p->data);
	} else if ((data = realpath(p->data, NULL)) == NULL) {
		r = err_from_errno(errno);
	} else if ((r = kdf_sha256((struct bytes){ (uint8_t *)data, strlen(data) }, hash)) == 0) {
		hex_encode(hash, 8, name);
		p->run = mem_format("%s/%s", run, name);
	}
	if (r == 0)
		p->sock = mem_format("%s/sock", p->run);
	free(run);
	free(data);
	return r;
}

static void
paths_use(struct profile *p, bool staged)
{
	const char *dir = staged ? p->staged : p->live;

	free(p->store);
	free(p->keys);
	p->staging = staged;
	p->store = mem_format("%s/store", dir);
	p->keys = mem_format("%s/keys", dir);
}

int
profile_open(const char *home, struct profile **out, struct fault *f)
{
	struct profile *p = mem_alloc(sizeof(*p));
	int r;

	*out = NULL;
	p->run_fd = p->lock_fd = -1;
	paths_fill(p, home);
	paths_use(p, false);
	if ((r = folder_make(p->data, f)) != 0)
		goto out;
	if ((r = paths_run(p, home)) != 0) {
		fault_set(f, r, p->data, "the folder cannot be used");
		goto out;
	}
	if ((r = folder_make(p->run, f)) != 0)
		goto out;
	p->run_fd = open(p->run, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (p->run_fd < 0) {
		r = fault_set(f, err_from_errno(errno), p->run, "the folder cannot be opened");
		goto out;
	}
	*out = p;
	p = NULL;
out:
	profile_free(&p);
	return r;
}

void
profile_free(struct profile **pp)
{
	struct profile *p = *pp;

	if (p == NULL)
		return;
	*pp = NULL;
	if (p->lock_fd >= 0)
		close(p->lock_fd);
	if (p->run_fd >= 0)
		close(p->run_fd);
	free(p->config);
	free(p->data);
	free(p->run);
	free(p->sock);
	free(p->live);
	free(p->staged);
	free(p->store);
	free(p->keys);
	free(p);
}

/* Beside what it guards: not every process of a user has the same runtime folder, or any. */
int
profile_lock(struct profile *p, struct fault *f)
{
	char *path = mem_format("%s/lock", p->data);

	p->lock_fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	free(path);
	if (p->lock_fd < 0)
		return fault_set(f, err_from_errno(errno), p->data, "the lock cannot be made");
	if (flock(p->lock_fd, LOCK_EX | LOCK_NB) == 0)
		return 0;
	close(p->lock_fd);
	p->lock_fd = -1;
	return fault_set(f, ERR_LOCKED, p->data, "another recado owns this profile");
}

bool
profile_exists(const struct profile *p)
{
	char *keys = mem_format("%s/keys", p->live);
	bool there = access(keys, F_OK) == 0;

	free(keys);
	return there;
}

const char *
profile_config(const struct profile *p)
{
	return p->config;
}

const char *
profile_store(const struct profile *p)
{
	return p->store;
}

const char *
profile_socket(const struct profile *p)
{
	return p->sock;
}

const char *
profile_data(const struct profile *p)
{
	return p->data;
}

int
profile_run_fd(const struct profile *p)
{
	return p->run_fd;
}

FILE *
profile_log(const struct profile *p)
{
	int fd = openat(p->run_fd, "log", O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600);

	return fd >= 0 ? fdopen(fd, "a") : NULL;
}

/* ------------------------------------------------------------------------------ files */

static int
file_write_all(int fd, struct bytes v)
{
	while (v.n > 0) {
		ssize_t w = write(fd, v.p, v.n);

		if (w < 0 && errno == EINTR)
			continue;
		if (w < 0)
			return err_from_errno(errno);
		v.p += w;
		v.n -= (size_t)w;
	}
	return fsync(fd) == 0 ? 0 : err_from_errno(errno);
}

/* Write beside, then rename over: a crash leaves the old file or the new one. */
static int
file_replace(const char *path, struct bytes v)
{
	char *tmp = mem_format("%s.new", path), *dir = mem_strdup(path);
	int fd, r;

	*strrchr(dir, '/') = '\0';
	fd = open(tmp, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0) {
		r = err_from_errno(errno);
	} else {
		r = file_write_all(fd, v);
		close(fd);
		if (r == 0 && rename(tmp, path) != 0)
			r = err_from_errno(errno);
		if (r == 0)
			r = folder_sync(dir);
		else
			unlink(tmp);
	}
	free(tmp);
	free(dir);
	return r;
}

/* All of a file into out, which sets the limit. */
static int
file_read(const char *path, struct buf *out)
{
	uint8_t chunk[512];
	int fd = open(path, O_RDONLY | O_CLOEXEC), r = 0;
	struct stat st;
	ssize_t n = 0;

	if (fd < 0)
		return errno == ENOENT ? ERR_NOT_FOUND : err_from_errno(errno);
	if (fstat(fd, &st) == 0 && st.st_uid == getuid() && (st.st_mode & 077) != 0)
		r = fchmod(fd, 0600) == 0 ? 0 : err_from_errno(errno);
	while (r == 0 && (n = read(fd, chunk, sizeof(chunk))) > 0)
		r = buf_put(out, chunk, (size_t)n);
	if (r == 0 && n < 0)
		r = err_from_errno(errno);
	mem_wipe(chunk, sizeof(chunk));
	close(fd);
	return r;
}

int
profile_keys_read(const struct profile *p, struct buf *out, struct fault *f)
{
	int r = file_read(p->keys, out);

	if (r == ERR_NOT_FOUND) {
		r = fault_set(f, ERR_NO_PROFILE, p->data, "there is no profile here");
		fault_hint(f, "Make one with `recado create`.");
		return r;
	}
	if (r != 0)
		return fault_set(f, r, p->keys, "the key file cannot be read");
	return 0;
}

int
profile_keys_write(const struct profile *p, struct bytes file, struct fault *f)
{
	int r = file_replace(p->keys, file);

	return r == 0 ? 0 : fault_set(f, r, p->keys, "the key file cannot be written");
}

int
profile_note_read(const struct profile *p, const char *name, char *out, size_t outlen)
{
	char *path = mem_format("%s/%s", p->data, name);
	struct buf *b = buf_new(outlen - 1);
	int r = file_read(path, b);

	memset(out, 0, outlen);
	if (r == 0)
		memcpy(out, buf_ptr(b), buf_len(b));
	buf_free(&b);
	free(path);
	return r;
}

int
profile_note_write(const struct profile *p, const char *name, const char *text)
{
	char *path = mem_format("%s/%s", p->data, name);
	int r = file_replace(path, (struct bytes){ (const uint8_t *)text, strlen(text) });

	free(path);
	return r;
}

void
profile_note_remove(const struct profile *p, const char *name)
{
	char *path = mem_format("%s/%s", p->data, name);

	unlink(path);
	free(path);
}

/* ------------------------------------------------------------------------------ a new one */

static void
staged_remove(struct profile *p)
{
	static const char *const names[] = { "keys", "keys.new", "store", "store-journal" };
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		char *path = mem_format("%s/%s", p->staged, names[i]);

		unlink(path);
		free(path);
	}
	rmdir(p->staged);
}

static void
notes_remove(struct profile *p)
{
	profile_note_remove(p, PROMISE);
	profile_note_remove(p, REQUEST);
}

int
profile_stage(struct profile *p, struct fault *f)
{
	notes_remove(p);
	staged_remove(p);
	if (mkdir(p->staged, 0700) != 0)
		return fault_set(f, err_from_errno(errno), p->staged, "the folder cannot be made");
	paths_use(p, true);
	return 0;
}

int
profile_commit(struct profile *p, struct fault *f)
{
	int r = 0;

	if (!p->staging)
		return ERR_BUG;
	rmdir(p->live); /* an empty leftover; anything in it stays and fails the rename */
	if (folder_sync(p->staged) != 0 || rename(p->staged, p->live) != 0)
		r = err_from_errno(errno);
	else
		r = folder_sync(p->data);
	if (r != 0)
		return fault_set(f, r, p->live, "the new profile cannot be put in place");
	notes_remove(p);
	paths_use(p, false);
	return 0;
}

void
profile_abort(struct profile *p)
{
	if (!p->staging)
		return;
	staged_remove(p);
	notes_remove(p);
	paths_use(p, false);
}

int
profile_promise(struct profile *p, const char *name)
{
	return profile_note_write(p, PROMISE, name);
}

void
profile_unpromise(struct profile *p)
{
	profile_note_remove(p, PROMISE);
}

static bool
staged_exists(const struct profile *p)
{
	char *keys = mem_format("%s/keys", p->staged);
	bool there = access(keys, F_OK) == 0;

	free(keys);
	return there;
}

int
profile_promised(const struct profile *p, char *name, size_t len)
{
	return staged_exists(p) ? profile_note_read(p, PROMISE, name, len) : ERR_NOT_FOUND;
}

int
profile_request(struct profile *p)
{
	return profile_note_write(p, REQUEST, "");
}

bool
profile_requested(const struct profile *p)
{
	char none[2];

	return staged_exists(p) && profile_note_read(p, REQUEST, none, sizeof(none)) != ERR_NOT_FOUND;
}

void
profile_resume(struct profile *p)
{
	paths_use(p, true);
}

void
profile_leave(struct profile *p)
{
	paths_use(p, false);
}
