#include "base/err.h"

#include <errno.h>
#include <stddef.h>

struct entry {
	const char *name;
	const char *text;
	int exit;
};

/* Indexed by code - ERR_BASE_ - 1: the codes follow ERR_BASE_ one by one. */
static const struct entry table[] = {
#define X(name, exit, text) { #name, text, exit },
	ERR_LIST(X)
#undef X
};

static const struct entry success = { "ERR_OK", "success", 0 };
static const struct entry unknown = { "ERR_BUG", "unknown error", 70 };

static const struct entry *
lookup(int err)
{
	if (err == ERR_OK)
		return &success;
	if (err <= ERR_BASE_ || err >= ERR_LAST_)
		return &unknown;
	return &table[err - ERR_BASE_ - 1];
}

const char *
err_text(int err)
{
	return lookup(err)->text;
}

const char *
err_name(int err)
{
	return lookup(err)->name;
}

int
err_exit(int err)
{
	return lookup(err)->exit;
}

bool
err_is_local(int err)
{
	return err == ERR_IO || err == ERR_DISK_FULL || err == ERR_DAMAGED || err == ERR_NOMEM ||
	    err == ERR_BUG || err == ERR_LOCKED;
}

int
err_from_errno(int errnum)
{
	static const struct {
		int errnum;
		int err;
	} map[] = {
		{ ENOSPC, ERR_DISK_FULL },
		{ EDQUOT, ERR_DISK_FULL },
		{ ENOMEM, ERR_NOMEM },
		{ ENOENT, ERR_NOT_FOUND },
		{ ENOTDIR, ERR_NOT_FOUND },
		{ EAGAIN, ERR_AGAIN },
		{ EINTR, ERR_AGAIN },
		{ ETIMEDOUT, ERR_TIMEOUT },
		{ ECONNREFUSED, ERR_UNREACHABLE },
		{ ENETUNREACH, ERR_UNREACHABLE },
		{ EHOSTUNREACH, ERR_UNREACHABLE },
		{ ENETDOWN, ERR_UNREACHABLE },
		{ EHOSTDOWN, ERR_UNREACHABLE },
		{ EADDRNOTAVAIL, ERR_UNREACHABLE },
		{ EPIPE, ERR_CLOSED },
		{ ECONNRESET, ERR_CLOSED },
		{ ECONNABORTED, ERR_CLOSED },
		{ EFBIG, ERR_LIMIT },
		{ EMSGSIZE, ERR_LIMIT },
	};
	size_t i;

	for (i = 0; i < sizeof map / sizeof map[0]; i++)
		if (map[i].errnum == errnum)
			return map[i].err;
	return ERR_IO;
}
