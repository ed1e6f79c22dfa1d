#include "server/datadir.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"

static int
make_path(const char *dir)
{
	char *path = mem_strdup(dir);
	int r = 0;

	for (char *p = path + 1; r == 0 && *p != '\0'; p++) {
		if (*p != '/')
			continue;
		*p = '\0';
		if (mkdir(path, 0755) != 0 && errno != EEXIST)
			r = err_from_errno(errno);
		*p = '/';
	}
	if (r == 0 && mkdir(path, 0700) != 0 && errno != EEXIST)
		r = err_from_errno(errno);
	free(path);
	return r;
}

int
datadir_open(const char *dir, bool *tightened, struct fault *f)
{
	struct stat st;

	*tightened = false;
	if (make_path(dir) != 0 || stat(dir, &st) != 0) {
		fault_set(f, ERR_IO, dir, "the data folder cannot be made (%s)", strerror(errno));
		return fault_hint(f, "Give another with --data, or make it for this user.");
	}
	if (!S_ISDIR(st.st_mode))
		return fault_set(f, ERR_IO, dir, "the data folder is not a folder");
	if (st.st_uid != geteuid()) {
		fault_set(f, ERR_IO, dir, "the data folder belongs to another user");
		return fault_hint(f, "Run recadod as its owner, or change the owner.");
	}
	if ((st.st_mode & 077) == 0)
		return 0;
	if (chmod(dir, 0700) != 0)
		return fault_set(f, ERR_IO, dir, "others may read the data folder");
	*tightened = true;
	return 0;
}

void
datadir_tighten(const char *dir, bool *tightened)
{
	DIR *d = opendir(dir);
	struct dirent *e;
	struct stat st;

	while (d != NULL && (e = readdir(d)) != NULL) {
		if (fstatat(dirfd(d), e->d_name, &st, AT_SYMLINK_NOFOLLOW) != 0 ||
		    !S_ISREG(st.st_mode) || (st.st_mode & 077) == 0)
			continue;
		if (fchmodat(dirfd(d), e->d_name, 0600, 0) == 0)
			*tightened = true;
	}
	if (d != NULL)
		closedir(d);
}

static int
open_in(const char *dir, const char *name, int flags)
{
	char *path = mem_format("%s/%s", dir, name);
	int fd = open(path, flags | O_CLOEXEC | O_NOFOLLOW, 0600);

	free(path);
	return fd;
}

int
datadir_lock(const char *dir, int *fd, struct fault *f)
{
	*fd = open_in(dir, "lock", O_RDWR | O_CREAT);
	if (*fd >= 0 && flock(*fd, LOCK_EX | LOCK_NB) == 0)
		return 0;
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
	fault_set(f, ERR_LOCKED, dir, "another recadod uses this data folder");
	return fault_hint(f, "Stop it, or give another folder with --data.");
}

int
datadir_write_address(const char *dir, const char *address)
{
	int fd = open_in(dir, "address", O_WRONLY | O_CREAT | O_TRUNC), r = 0;

	if (fd < 0 || dprintf(fd, "%s\n", address) < 0)
		r = err_from_errno(errno);
	if (fd >= 0)
		close(fd);
	return r;
}

/* Does a relay hold the lock? */
static bool
is_running(const char *dir)
{
	int fd = open_in(dir, "lock", O_RDWR);
	bool held = fd >= 0 && flock(fd, LOCK_SH | LOCK_NB) != 0;

	if (fd >= 0)
		close(fd);
	return held;
}

int
datadir_read_address(const char *dir, char *out, size_t outlen)
{
	int fd = is_running(dir) ? open_in(dir, "address", O_RDONLY) : -1;
	ssize_t n = fd >= 0 ? read(fd, out, outlen - 1) : -1;

	if (fd >= 0)
		close(fd);
	out[n > 0 ? n : 0] = '\0';
	out[strcspn(out, "\n")] = '\0';
	return out[0] != '\0' ? 0 : ERR_NOT_FOUND;
}

void
datadir_remove_address(const char *dir)
{
	char *path = mem_format("%s/address", dir);

	unlink(path);
	free(path);
}
