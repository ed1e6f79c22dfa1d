#include "server/lists.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"

#define FOLDER "revocation"
#define ISSUERS "issuers"
#define NAME_LEN (2 * CERT_HASH_LEN) /* hex digits of a file's name */

char *
lists_path(const char *data)
{
	return mem_format("%s/" FOLDER, data);
}

static int
make_folder(const char *path, struct fault *f)
{
	struct stat st;

	if ((mkdir(path, 0700) != 0 && errno != EEXIST) || lstat(path, &st) != 0)
		return fault_set(f, err_from_errno(errno), path,
		    "the folder of revocation lists cannot be made");
	if (!S_ISDIR(st.st_mode) || st.st_uid != geteuid())
		return fault_set(f, ERR_IO, path, "not a folder of ours");
	if ((st.st_mode & 077) != 0 && chmod(path, 0700) != 0)
		return fault_set(f, ERR_IO, path, "others may use the folder of revocation lists");
	return 0;
}

int
lists_open(const char *data, char **dir, struct fault *f)
{
	char *issuers;
	int r;

	*dir = lists_path(data);
	issuers = mem_format("%s/" ISSUERS, *dir);
	if ((r = make_folder(*dir, f)) != 0 || (r = make_folder(issuers, f)) != 0) {
		free(*dir);
		*dir = NULL;
	}
	free(issuers);
	return r;
}

/* ---------------------------------------------------------------------------- writing */

static int
write_all(int fd, struct bytes v)
{
	ssize_t n;

	while (v.n != 0) {
		n = write(fd, v.p, v.n);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return err_from_errno(errno);
		v.p += n;
		v.n -= (size_t)n;
	}
	return fsync(fd) == 0 ? 0 : err_from_errno(errno);
}

static void
sync_folder(const char *dir)
{
	int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return;
	(void)!fsync(fd); /* the file is whole in any case */
	close(fd);
}

int
lists_write(const char *dir, const char *name, struct bytes content, struct fault *f)
{
	char *path = mem_format("%s/%s", dir, name), *beside = mem_format("%s/%s.new", dir, name);
	int fd = open(beside, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
	int r = fd < 0 ? err_from_errno(errno) : write_all(fd, content);

	if (fd >= 0 && close(fd) != 0 && r == 0)
		r = err_from_errno(errno);
	if (r == 0 && rename(beside, path) != 0)
		r = err_from_errno(errno);
	if (r == 0)
		sync_folder(dir);
	else {
		unlink(beside);
		fault_set(f, r, path, "it cannot be written");
	}
	free(beside);
	free(path);
	return r;
}

static void
name_of(struct bytes of, const char *end, char out[NAME_LEN + 8])
{
	uint8_t hash[CERT_HASH_LEN];

	cert_sha256(of, hash);
	hex_encode(hash, sizeof(hash), out);
	snprintf(out + NAME_LEN, 8, "%s", end);
}

int
lists_keep(const char *dir, const char *url, struct bytes der, struct fault *f)
{
	struct bytes of = url != NULL ? (struct bytes){ (const uint8_t *)url, strlen(url) } : der;
	char name[NAME_LEN + 8];

	name_of(of, ".crl", name);
	return lists_write(dir, name, der, f);
}

void
lists_drop(const char *dir, const char *url)
{
	char name[NAME_LEN + 8], *path;

	name_of((struct bytes){ (const uint8_t *)url, strlen(url) }, ".crl", name);
	path = mem_format("%s/%s", dir, name);
	unlink(path);
	free(path);
}

static size_t
count_files(const char *dir)
{
	DIR *d = opendir(dir);
	size_t n = 0;

	while (d != NULL && readdir(d) != NULL)
		n++;
	if (d != NULL)
		closedir(d);
	return n;
}

int
lists_keep_issuer(const char *dir, struct bytes der)
{
	char *issuers = mem_format("%s/" ISSUERS, dir), name[NAME_LEN + 8], *path;
	int r = 0;

	name_of(der, ".der", name);
	path = mem_format("%s/%s", issuers, name);
	if (access(path, F_OK) != 0)
		r = count_files(issuers) < LISTS_ISSUERS_MAX ? lists_write(issuers, name, der, NULL)
							     : ERR_LIMIT;
	free(path);
	free(issuers);
	return r;
}

/* ---------------------------------------------------------------------------- reading */

static int
read_file(int at, const char *name, struct buf *out)
{
	int fd = openat(at, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	uint8_t part[65536];
	ssize_t n = 0;
	int r = fd < 0 ? err_from_errno(errno) : 0;

	buf_reset(out);
	while (r == 0 && (n = read(fd, part, sizeof(part))) > 0)
		r = buf_put(out, part, (size_t)n);
	if (fd >= 0)
		close(fd);
	return n < 0 ? err_from_errno(errno) : r;
}

static bool
is_list(const char *name)
{
	return strlen(name) == NAME_LEN + 4 && strcmp(name + NAME_LEN, ".crl") == 0;
}

static bool
can_never_count(int r)
{
	return r == ERR_REPLAY || r == ERR_FORMAT || r == ERR_SHORT || r == ERR_TRAILING;
}

/* Of lists that cannot be checked the issuer may still come; what can never count goes. */
static void
load_one(int at, const char *name, struct cert_store *s, bool tidy, struct log *log)
{
	struct buf *der = buf_new(REVOCATION_LIST_MAX);
	struct fault f = { 0 };
	char line[400];
	int r = read_file(at, name, der);

	if (r == 0 && (r = cert_store_update_crl(s, buf_view(der), NULL, &f)) != 0) {
		fault_line(&f, line, sizeof(line));
		log_warn(log, "trust", "a kept revocation list is not used: %s", line);
		if (tidy && can_never_count(r))
			unlinkat(at, name, 0);
	} else if (r != 0)
		log_warn(log, "trust", "%s cannot be read", name);
	buf_free(&der);
}

void
lists_load(const char *dir, struct cert_store *s, bool tidy, struct log *log)
{
	char *issuers = mem_format("%s/" ISSUERS, dir);
	DIR *d = opendir(dir);
	struct fault f = { 0 };
	struct dirent *e;
	size_t left = REVOCATION_SET_MAX;

	if (d != NULL && cert_store_load(s, CERT_INTERMEDIATES, issuers, NULL, &f) != 0)
		log_warn(log, "trust", "authorities kept in %s are not used: %s", issuers, f.what);
	while (d != NULL && left > 0 && (e = readdir(d)) != NULL) {
		if (!is_list(e->d_name))
			continue;
		left--;
		load_one(dirfd(d), e->d_name, s, tidy, log);
	}
	if (d != NULL)
		closedir(d);
	free(issuers);
}
