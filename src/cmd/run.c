#include "cmd/run.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>
#include "base/i18n.h"
#include "base/mem.h"
#include "cmd/answer.h"
#include "cmd/secret.h"

const struct opt_spec run_options[] = {
	{ "home", N_("DIR"), N_("everything of this profile lies under DIR (also RECADO_HOME)") },
	{ "config", N_("FILE"), N_("read FILE in place of recado.conf") },
	{ "suites", N_("[A,B,...]"), N_("offer these suites, in this order; alone: list them") },
	{ "json", NULL, N_("print JSON lines") },
	{ "passphrase-fd", N_("N"), N_("read the passphrase from descriptor N, one line") },
	{ "pin-fd", N_("N"), N_("read the card's PIN from descriptor N, one line") },
	{ "help", NULL, N_("print this") },
	{ NULL, NULL, NULL },
};

static const char *const secret_options[RUN_SECRETS] = {
	[RUN_PASSPHRASE] = "passphrase-fd",
	[RUN_NEW_PASSPHRASE] = "new-passphrase-fd",
	[RUN_PIN] = "pin-fd",
};

/* ------------------------------------------------------------------------------------- set up */

int
run_signals(bool block)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGHUP);
	if (sigprocmask(block ? SIG_BLOCK : SIG_UNBLOCK, &set, NULL) != 0 || !block)
		return -1;
	return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

int
run_init(struct run *r, const struct opt_args *args, struct fault *f)
{
	const char *home = opt_value(args, "home"), *text;
	long fd;
	int i, err;

	memset(r, 0, sizeof *r);
	r->where.home = home != NULL ? home : getenv("RECADO_HOME");
	if (r->where.home != NULL && *r->where.home == '\0')
		r->where.home = NULL;
	r->where.config = opt_value(args, "config");
	r->where.suites = opt_value(args, "suites");
	r->where.one_shot = true;
	r->out.stream = stdout;
	r->out.errors = stderr;
	r->out.json = opt_given(args, "json");
	r->signal_fd = -1;
	for (i = 0; i < RUN_SECRETS; i++) {
		r->secret_fds[i] = -1;
		text = opt_value(args, secret_options[i]);
		if (text == NULL)
			continue;
		if ((err = opt_number(text, secret_options[i], 1 << 20, &fd, f)) != 0)
			return err;
		r->secret_fds[i] = (int)fd;
	}
	signal(SIGPIPE, SIG_IGN);
	r->signal_fd = run_signals(true);
	return 0;
}

void
run_free(struct run *r)
{
	int i;

	core_close(&r->core);
	tty_restore(&r->tty);
	for (i = 0; i < RUN_SECRETS; i++)
		mem_secret_free(&r->secrets[i]);
	if (r->signal_fd >= 0)
		close(r->signal_fd);
	r->signal_fd = -1;
}

const char *
run_words(const struct run *r, const char *english)
{
	return r->out.json || *english == '\0' ? english : _(english);
}

int
run_fail(struct run *r, const struct fault *f)
{
	return out_fault(&r->out, f);
}

int
run_open(struct run *r)
{
	struct fault f = { 0 };

	if (r->core != NULL)
		return 0;
	return core_open(&r->where, &r->core, &f) == 0 ? 0 : run_fail(r, &f);
}

int
run_unlock(struct run *r)
{
	int status = run_open(r);

	return status != 0 ? status : run_op(r, CORE_UNLOCK, NULL);
}

int
run_read_ahead(struct run *r, int fd)
{
	struct fault f = { 0 };
	int i;

	for (i = 0; i < RUN_SECRETS; i++) {
		if (r->secret_fds[i] != fd || r->secrets[i] != NULL)
			continue;
		if (secret_read_fd(fd, secret_options[i], &r->secrets[i], &f) != 0)
			return run_fail(r, &f);
	}
	return 0;
}

/* -------------------------------------------------------------------------------------- calls */

int
run_print(struct run *r, const struct core_event *ev, void *arg)
{
	return out_event(&r->out, ev);
}

bool
run_signalled(struct run *r)
{
	struct signalfd_siginfo si;

	if (r->signal == 0 && r->signal_fd >= 0 && read(r->signal_fd, &si, sizeof si) == sizeof si)
		r->signal = (int)si.ssi_signo;
	return r->signal != 0;
}

/* Wait for events or the end: a signal, or nobody reading stdout any more. */
static int
wait_event(struct run *r)
{
	struct pollfd p[3] = { { .fd = core_fd(r->core), .events = POLLIN },
		{ .fd = r->signal_fd, .events = POLLIN }, { .fd = fileno(r->out.stream) } };

	if (poll(p, 3, -1) < 0)
		return errno == EINTR ? 0 : err_from_errno(errno);
	if (p[1].revents != 0 && run_signalled(r))
		return ERR_CANCELED;
	if ((p[2].revents & POLLERR) != 0) {
		r->out.broken = true;
		return ERR_IO;
	}
	return 0;
}

static int
next_event(struct run *r, struct core_event *ev)
{
	int err;

	while ((err = core_next(r->core, ev, 0)) == ERR_TIMEOUT)
		if ((err = wait_event(r)) != 0)
			return err;
	return err;
}

struct call {
	uint64_t seq;
	bool quiet; /* an unreachable relay is not told, but kept: */
	struct fault away;
	run_event_fn fn;
	void *arg;
	int status;
	bool done;
};

static int
take_event(struct run *r, struct call *c, const struct core_event *ev)
{
	if (ev->kind == CORE_EV_NOTICE)
		out_say(&r->out, ev->note.name, ev->note.text);
	if (ev->seq != c->seq)
		return 0;
	switch (ev->kind) {
	case CORE_EV_DONE:
		c->status = r->refused != 0 ? r->refused : ev->exit;
		c->done = true;
		return 0;
	case CORE_EV_ERROR:
		if (c->quiet && err_exit(ev->fault->code) == 69)
			c->away = *ev->fault;
		else if (r->refused == 0)
			run_fail(r, ev->fault);
		return 0;
	case CORE_EV_ASK:
		return answer_ask(r, ev->ask);
	case CORE_EV_PROGRESS:
		if (isatty(STDERR_FILENO))
			out_say(&r->out, NULL, ev->note.text);
		return 0;
	default:
		return (c->fn != NULL ? c->fn : run_print)(r, ev, c->arg);
	}
}

/* Why the pump stopped early, as an exit status. */
static int
stopped(struct run *r, int err)
{
	struct fault f = { 0 };

	if (r->signal != 0)
		return 128 + r->signal;
	if (r->out.broken)
		return err_exit(ERR_IO);
	if (err == ERR_CLOSED) {
		fault_set(&f, ERR_CLOSED, r->where.home, "the recado that owns this home ended");
		fault_hint(&f, "Run the command again.");
	} else {
		fault_set(&f, err, NULL, "%s", err_text(err));
	}
	return run_fail(r, &f);
}

static int
pump(struct run *r, struct core_cmd *cmd, struct call *c)
{
	struct core_event ev;
	int err;

	if (run_signalled(r))
		return 128 + r->signal;
	r->refused = 0;
	c->seq = cmd->seq;
	err = core_send(r->core, cmd);
	core_cmd_clear(cmd);
	while (err == 0 && !c->done) {
		memset(&ev, 0, sizeof ev);
		err = next_event(r, &ev);
		if (err == 0) {
			err = take_event(r, c, &ev);
			core_event_clear(&ev);
		}
	}
	return err == 0 && !run_signalled(r) ? c->status : stopped(r, err);
}

int
run_call(struct run *r, struct core_cmd *cmd, run_event_fn fn, void *arg)
{
	struct call c = { .fn = fn, .arg = arg };

	return pump(r, cmd, &c);
}

int
run_op(struct run *r, enum core_op op, const char *name)
{
	struct core_cmd cmd = core_cmd_new(r->core, op);

	if (name != NULL)
		cmd.name = mem_strdup(name);
	return run_call(r, &cmd, NULL, NULL);
}

/* --------------------------------------------------------------------------------------- sync */

static int
sync_quietly(struct run *r, struct fault *away)
{
	struct core_cmd cmd = core_cmd_new(r->core, CORE_SYNC);
	struct call c = { .quiet = true };
	int status = pump(r, &cmd, &c);

	*away = c.away;
	return status;
}

int
run_sync(struct run *r)
{
	struct fault away;

	return sync_quietly(r, &away);
}

int
run_sync_note(struct run *r)
{
	struct fault away;
	int status = sync_quietly(r, &away);

	if (status != err_exit(ERR_UNREACHABLE))
		return status;
	out_say(&r->out, NULL, "no relay: this is what is known here");
	if (away.hint[0] != '\0') { /* there is something to do about it */
		out_say(&r->out, NULL, away.what);
		out_say(&r->out, NULL, away.hint);
	}
	return status;
}

static int
count_queued(struct run *r, const struct core_event *ev, void *arg)
{
	if (ev->kind == CORE_EV_MESSAGE && ev->message->state == CORE_ST_QUEUED)
		++*(size_t *)arg;
	return 0;
}

void
run_flush(struct run *r)
{
	struct core_cmd cmd;
	size_t queued = 0;
	int status;

	if (!core_is_owner(r->core) || r->out.broken)
		return;
	cmd = core_cmd_new(r->core, CORE_OUTBOX);
	status = run_call(r, &cmd, count_queued, &queued);
	if (status == 0 && queued > 0)
		status = run_sync(r);
	(void)status;
}
