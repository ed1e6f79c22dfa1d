/* recadod backup FILE and restore FILE: the store and the key, in one file. */
#include <stdio.h>
#include <unistd.h>

#include "server/cmd.h"
#include "server/datadir.h"
#include "server/relaykey.h"
#include "server/store.h"

#define IDENTITY_MAX 65536

static int
backup(const struct cmd_context *x, struct fault *f)
{
	struct buf *identity = buf_new_secret(IDENTITY_MAX);
	struct store *s = NULL;
	int r;

	if ((r = relaykey_export(x->config->data, identity, f)) == 0 &&
	    (r = store_sqlite.open(x->config->data, true, &s, f)) == 0)
		r = store_sqlite.backup(s, x->args[0], buf_view(identity), f);
	store_sqlite.close(&s);
	buf_free(&identity);
	return r;
}

const struct cmd cmd_backup = {
	.name = "backup",
	.usage = "FILE",
	.summary =
	    "Writes the accounts, the mail and the relay's key into FILE; also while it runs.",
	.args_min = 1,
	.args_max = 1,
	.run = backup,
};

static int
restore(const struct cmd_context *x, struct fault *f)
{
	struct buf *identity = buf_new_secret(IDENTITY_MAX);
	const char *dir = x->config->data;
	bool tightened;
	int lock = -1, r;

	if ((r = datadir_open(dir, &tightened, f)) == 0 && (r = datadir_lock(dir, &lock, f)) == 0 &&
	    (r = store_sqlite.restore(x->args[0], dir, identity, f)) == 0)
		r = relaykey_import(dir, buf_view(identity), f);
	if (lock >= 0)
		close(lock);
	buf_free(&identity);
	return r;
}

const struct cmd cmd_restore = {
	.name = "restore",
	.usage = "FILE",
	.summary = "Puts a backup into an empty data folder.",
	.args_min = 1,
	.args_max = 1,
	.run = restore,
};
