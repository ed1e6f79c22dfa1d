/* recadod without a command: the relay. */
#include <config.h>

#include <stdio.h>
#include <stdlib.h>
#ifdef HAVE_SYSTEMD
#include <systemd/sd-daemon.h>
#endif

#include "server/cmd.h"
#include "server/server.h"

#define SOCKETS_MAX 16

/* Sockets that the service manager listens on for us. */
static size_t
handed_over(int fds[SOCKETS_MAX])
{
	size_t n = 0;
#ifdef HAVE_SYSTEMD
	int count = sd_listen_fds(1);

	for (int i = 0; i < count && n < SOCKETS_MAX; i++)
		if (sd_is_socket(SD_LISTEN_FDS_START + i, 0, 1, 1) > 0)
			fds[n++] = SD_LISTEN_FDS_START + i;
#else
	(void)fds;
#endif
	return n;
}

static int
serve(const struct cmd_context *x, struct fault *f)
{
	static const enum log_level levels[] = { [CONFIG_LOG_ERROR] = LOG_LEVEL_ERROR,
		[CONFIG_LOG_WARN] = LOG_LEVEL_WARN,
		[CONFIG_LOG_INFO] = LOG_LEVEL_INFO,
		[CONFIG_LOG_DEBUG] = LOG_LEVEL_DEBUG };
	struct log *log = log_new(stderr, levels[x->config->log], getenv("JOURNAL_STREAM") != NULL);
	struct server *s = NULL;
	int fds[SOCKETS_MAX];
	size_t n = handed_over(fds);
	int r;

	if ((r = server_start(x->config, log, fds, n, &s, f)) == 0)
		r = server_run(s);
	server_free(&s);
	log_free(&log);
	return r;
}

const struct cmd cmd_serve = {
	.name = "",
	.usage = "",
	.summary = "Runs the relay in the foreground.",
	.run = serve,
};
