/* recadod status: how the running relay is; without one, what its store holds. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "server/cmd.h"
#include "server/control.h"
#include "server/datadir.h"
#include "server/store.h"

struct counts {
	uint64_t users, devices, waiting, bytes;
};

static int
count_user(const struct store_user *u, void *arg)
{
	struct counts *c = arg;
	(void)u;

	c->users++;
	return 0;
}

static int
count_device(const struct store_device *d, void *arg)
{
	struct counts *c = arg;

	c->devices += d->live;
	return 0;
}

static int
count_entry(const struct store_entry *e, void *arg)
{
	struct counts *c = arg;

	c->waiting += e->body;
	c->bytes += e->body ? e->size : 0;
	return 0;
}

static int
status_of_store(const char *dir, struct fault *f)
{
	struct counts c = { 0 };
	struct store *s = NULL;
	int r;

	if ((r = store_sqlite.open(dir, true, &s, f)) != 0)
		return r;
	if ((r = store_sqlite.each_user(s, count_user, &c)) == 0 &&
	    (r = store_sqlite.each_device(s, count_device, &c)) == 0 &&
	    (r = store_sqlite.each_entry(s, count_entry, &c)) == 0)
		printf("%-22s no\n%-22s %" PRIu64 "\n%-22s %" PRIu64 "\n%-22s %" PRIu64
		       "\n%-22s %" PRIu64 "\n",
		    "running", "accounts", c.users, "devices", c.devices, "waiting", c.waiting,
		    "waiting_bytes", c.bytes);
	store_sqlite.close(&s);
	return r == 0 ? 0 : fault_set(f, r, dir, "the store cannot be read (%s)", err_text(r));
}

static int
status(const struct cmd_context *x, struct fault *f)
{
	struct buf *text = buf_new(0);
	char address[300];
	int r = 0;

	if (control_ask(x->config->data, "status", text) == 0) {
		if (datadir_read_address(x->config->data, address, sizeof(address)) != 0)
			snprintf(address, sizeof(address), "?");
		printf("%-22s yes\n%-22s %s\n", "running", "address", address);
		fwrite(buf_ptr(text), 1, buf_len(text), stdout);
	} else
		r = status_of_store(x->config->data, f);
	buf_free(&text);
	return r;
}

const struct cmd cmd_status = {
	.name = "status",
	.usage = "",
	.summary = "Prints how the relay is, or what its store holds while it is stopped.",
	.run = status,
};
