/* recadod rotate: a new relay key, signed by the old one. The relay uses it from its next start. */
#include <stdio.h>
#include <unistd.h>

#include "base/clock.h"
#include "server/cmd.h"
#include "server/datadir.h"
#include "server/relaykey.h"

static int
rotate(const struct cmd_context *x, struct fault *f)
{
	bool tightened;
	int lock, r;

	if ((r = datadir_open(x->config->data, &tightened, f)) != 0 ||
	    (r = datadir_lock(x->config->data, &lock, f)) != 0)
		return r;
	if ((r = relaykey_rotate(x->config->data, clock_now_ms(), f)) == 0)
		printf("the relay has a new key; its code stays the same\n");
	close(lock);
	return r;
}

const struct cmd cmd_rotate = {
	.name = "rotate",
	.usage = "",
	.summary = "Makes a new relay key, signed by the old one (while the relay is stopped).",
	.run = rotate,
};
