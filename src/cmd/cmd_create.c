#include <string.h>
#include "base/i18n.h"
#include "base/mem.h"
#include "cmd/cmd.h"
#include "cmd/secret.h"

static const struct opt_spec options[] = {
	{ "relay", N_("HOST:PORT|LINK"),
	    N_("the relay, or its recado:// link (which carries the code)") },
	{ "relay-code", N_("CODE"), N_("the relay's 16 groups, as its administrator gave them") },
	{ "card", NULL, N_("prove who you are with a card") },
	{ "token", N_("LABEL|SERIAL"), N_("which card, where there is more than one") },
	{ "enrol", NULL, N_("no card: have the relay's own CA certify you") },
	{ "invite", N_("CODE"), N_("the invitation that the relay asks for") },
	{ "subject", N_("DN"), N_("the name in the certificate: C=PT,ST=...,L=...,O=...,CN=...") },
	{ "device", N_("NAME"), N_("what to call this device") },
	{ NULL, NULL, NULL },
};

static int
check_usage(const struct opt_args *args, struct fault *f)
{
	bool card = opt_given(args, "card"), enrol = opt_given(args, "enrol");

	if (!opt_given(args, "relay")) {
		fault_set(f, ERR_USAGE, "--relay", "which relay is missing");
		return fault_hint(f, "Give --relay HOST:PORT, or the link you were sent.");
	}
	if (card == enrol) {
		fault_set(f, ERR_USAGE, "create", "one of --card and --enrol is needed");
		return fault_hint(
		    f, "--card proves you with a card in the reader, --enrol without.");
	}
	if (enrol && opt_given(args, "token"))
		return fault_set(f, ERR_USAGE, "--token", "an enrolment has no card");
	if (card && opt_given(args, "subject"))
		return fault_set(f, ERR_USAGE, "--subject", "a card's name is on the card");
	return 0;
}

/* Without the code only a person can vouch for the relay. */
static int
check_code(const struct opt_args *args, struct fault *f)
{
	const char *relay = opt_value(args, "relay");

	if (opt_given(args, "relay-code") || strncmp(relay, "recado://", 9) == 0 ||
	    secret_terminal())
		return 0;
	fault_set(f, ERR_USAGE, relay, "the relay's code is needed");
	return fault_hint(f, "Give it with --relay-code, or the relay's recado:// link.");
}

static char *
copy(const struct opt_args *args, const char *name)
{
	const char *v = opt_value(args, name);

	return v != NULL ? mem_strdup(v) : NULL;
}

static int
run(struct run *r, const struct cmd_entry *self, const struct opt_args *args)
{
	struct core_cmd cmd;
	struct fault f = { 0 };
	int status;

	if (check_usage(args, &f) != 0)
		return run_fail(r, &f);
	if (!core_profile_exists(&r->where) && check_code(args, &f) != 0)
		return run_fail(r, &f);
	if ((status = run_open(r)) != 0)
		return status;
	cmd = core_cmd_new(r->core, CORE_CREATE);
	cmd.name = mem_strdup(cmd_arg(args, 0));
	cmd.flags = opt_given(args, "card") ? CORE_F_CARD : CORE_F_ENROL;
	cmd.relay = copy(args, "relay");
	cmd.code = copy(args, "relay-code");
	cmd.token = copy(args, "token");
	cmd.device_name = copy(args, "device");
	cmd.invite = copy(args, "invite");
	cmd.subject = copy(args, "subject");
	return run_call(r, &cmd, NULL, NULL);
}

const struct cmd_entry cmd_create_entry = {
	.name = "create",
	.usage = N_("NAME --relay HOST:PORT|LINK (--card | --enrol)"),
	.summary = N_("make your keys and your account on a relay"),
	.help = N_("The relay's code is compared before anything about you leaves: with "
		   "--relay-code, with\n"
		   "the code inside a recado:// link, or by typing three of its groups when asked. "
		   "The new\n"
		   "passphrase is read once from --passphrase-fd; the PIN last, when the card "
		   "signs.\n"
		   "--enrol needs a relay that gives out certificates.\n"),
	.options = options,
	.min_args = 1,
	.max_args = 1,
	.op = CORE_CREATE,
	.run = run,
};
