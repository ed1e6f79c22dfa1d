#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "base/i18n.h"
#include "base/mem.h"
#include "base/text.h"
#include "cmd/cmd.h"

#define TEXT_MAX (16 * 1024) /* octets of a message, DESIGN section 3 */

static const struct opt_spec options[] = {
	{ "wait", N_("STATE"), N_("until it is queued (default), sent, delivered or read") },
	{ "timeout", N_("S"), N_("wait at most S seconds, then exit 75") },
	{ NULL, NULL, NULL },
};

struct send {
	enum core_state wait;
	long timeout_ms; /* -1: none */
	char *text;
};

/* stdin up to its end. One octet more than the limit is enough to see that it is too long. */
static int
read_text(char **out, struct fault *f)
{
	char *text = mem_alloc(TEXT_MAX + 2);
	size_t used = 0;
	ssize_t n;

	*out = NULL;
	do {
		n = read(STDIN_FILENO, text + used, TEXT_MAX + 1 - used);
		if (n > 0)
			used += (size_t)n;
	} while (n > 0 || (n < 0 && errno == EINTR));
	if (n < 0 || memchr(text, '\0', used) != NULL) {
		free(text);
		return n < 0 ? fault_set(f, ERR_IO, "standard input", "the text cannot be read")
			     : fault_set(f, ERR_USAGE, "standard input", "this is no text");
	}
	if (used > 0 && text[used - 1] == '\n')
		text[used - 1] = '\0';
	*out = text;
	return 0;
}

static int
check_text(const char *text, struct fault *f)
{
	size_t n = strlen(text);

	if (n == 0)
		return fault_set(f, ERR_USAGE, "send", "there is no text to send");
	if (n > TEXT_MAX)
		return fault_set(f, ERR_USAGE, "send", "a message has at most %d octets", TEXT_MAX);
	if (!text_is_utf8(text, n))
		return fault_set(f, ERR_USAGE, "send", "the text is not UTF-8");
	return 0;
}

static int
take_options(struct send *s, const struct opt_args *args, struct fault *f)
{
	const char *wait = opt_value(args, "wait"), *timeout = opt_value(args, "timeout");

	s->wait = CORE_ST_QUEUED;
	s->timeout_ms = -1;
	if (wait != NULL &&
	    (core_state_parse(wait, &s->wait) != 0 || s->wait < CORE_ST_QUEUED ||
		s->wait > CORE_ST_READ)) {
		fault_set(f, ERR_USAGE, wait, "there is no such state to wait for");
		return fault_hint(f, "One of queued, sent, delivered, read.");
	}
	return timeout == NULL ? 0 : opt_seconds(timeout, "--timeout", &s->timeout_ms, f);
}

static int
take_text(struct run *r, struct send *s, const char *arg)
{
	struct fault f = { 0 };
	int status, err = 0;

	if (arg != NULL && strcmp(arg, "-") != 0) {
		s->text = mem_strdup(arg);
	} else {
		if ((status = run_read_ahead(r, STDIN_FILENO)) != 0)
			return status;
		err = read_text(&s->text, &f);
	}
	if (err == 0)
		err = check_text(s->text, &f);
	return err == 0 ? 0 : run_fail(r, &f);
}

/* The id is all that text mode prints; JSON has the message and its states. */
static int
print(struct run *r, const struct core_event *ev, void *arg)
{
	if (r->out.json)
		return out_event(&r->out, ev);
	return ev->kind == CORE_EV_MESSAGE ? out_line(&r->out, ev->message->id) : 0;
}

static int
deliver(struct run *r, const char *name, struct send *s)
{
	struct core_cmd cmd;
	struct fault f = { 0 };
	int status, relay = 0;

	if ((status = run_unlock(r)) != 0)
		return status;
	if (s->wait > CORE_ST_QUEUED)
		relay = run_sync(r);
	if (relay == err_exit(ERR_REMOVED))
		return relay; /* nothing leaves this device any more, and it said so */
	cmd = core_cmd_new(r->core, CORE_SEND);
	cmd.name = mem_strdup(name);
	cmd.text = s->text;
	s->text = NULL;
	cmd.wait = relay == 0 ? s->wait : CORE_ST_QUEUED;
	cmd.timeout_ms = s->timeout_ms;
	if ((status = run_call(r, &cmd, print, NULL)) != 0)
		return status;
	if (relay == err_exit(ERR_UNREACHABLE)) {
		fault_set(&f, ERR_UNREACHABLE, NULL, "no relay: the message is queued");
		fault_hint(&f, "It leaves with the next recado of this home that has a relay.");
		return run_fail(r, &f);
	}
	if (relay != 0)
		return relay;
	status = run_sync(r);
	return status == err_exit(ERR_REMOVED) ? status : 0;
}

static int
run(struct run *r, const struct cmd_entry *self, const struct opt_args *args)
{
	struct send s = { 0 };
	struct fault f = { 0 };
	int status;

	if (take_options(&s, args, &f) != 0)
		return run_fail(r, &f);
	status = take_text(r, &s, cmd_arg(args, 1));
	if (status == 0)
		status = deliver(r, cmd_arg(args, 0), &s);
	if (s.text != NULL)
		mem_wipe(s.text, strlen(s.text));
	free(s.text);
	return status;
}

const struct cmd_entry cmd_send_entry = {
	.name = "send",
	.usage = N_("NAME [TEXT|-]"),
	.summary = N_("send a message, print its id"),
	.help = N_("Without TEXT, or with -, the text is read from standard input. Writing to "
		   "somebody\n"
		   "makes a contact of them. Without --wait the message is safe in the outbox when "
		   "the\n"
		   "command ends; no relay: it leaves with the next recado of this home.\n"),
	.options = options,
	.min_args = 1,
	.max_args = 2,
	.op = CORE_SEND,
	.run = run,
};
