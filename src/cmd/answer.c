#include "cmd/answer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "base/i18n.h"
#include "base/mem.h"
#include "cmd/secret.h"

#define SAFETY_GROUP 5 /* digits */

static int
fail(struct run *r, int code, const char *about, const char *what, const char *hint)
{
	struct fault f = { 0 };

	fault_set(&f, code, about, "%s", what);
	fault_hint(&f, "%s", hint);
	r->refused = run_fail(r, &f);
	return code;
}

/* Hand the answer (NULL: none) to the core. It takes the string and wipes it. */
static int
give(struct run *r, const struct core_ask *k, const char *answer)
{
	struct core_cmd cmd = core_cmd_new(r->core, CORE_ANSWER);
	int err;

	cmd.ask = k->number;
	if (answer != NULL)
		cmd.text = mem_strdup(answer);
	else
		cmd.flags = CORE_F_CANCEL;
	err = core_send(r->core, &cmd);
	core_cmd_clear(&cmd);
	return err;
}

static int
prompt(struct run *r, const char *text, bool shown, char **out)
{
	struct secret_prompt p = { text, shown, r->signal_fd };
	struct fault f = { 0 };
	int err = secret_ask(&p, out, &f);

	if (err != 0)
		r->refused = run_signalled(r) ? 128 + r->signal : run_fail(r, &f);
	return err;
}

/* -------------------------------------------------------------------- passphrases and PINs */

static const struct secret_kind {
	enum run_secret secret;
	const char *prompt; /* NULL: prompt_text makes one that names the card */
	const char *missing, *hint;
	int wrong;
} secret_kinds[] = {
	[CORE_ASK_PASSPHRASE] = { RUN_PASSPHRASE, N_("Passphrase of this profile"),
	    "the passphrase is needed",
	    "Give it with --passphrase-fd N, or run this on a terminal.", ERR_PASSPHRASE },
	[CORE_ASK_NEW_PASSPHRASE] = { RUN_NEW_PASSPHRASE, N_("New passphrase"),
	    "a new passphrase is needed",
	    "Give it with --passphrase-fd N, or run this on a terminal.", ERR_PASSPHRASE },
	[CORE_ASK_PIN] = { RUN_PIN, NULL, "the card's PIN is needed",
	    "Give it with --pin-fd N, or run this on a terminal.", ERR_PIN },
	[CORE_ASK_CAN] = { RUN_SECRETS, NULL,
	    "the card access number is needed, the six digits printed on the card",
	    "Run this on a terminal, or lay the card into a reader with contacts.", ERR_PIN },
};

/* The descriptor for a secret; a new passphrase comes down the passphrase's unless it has one of
 * its own. */
static int
descriptor(const struct run *r, enum run_secret s)
{
	if (s == RUN_NEW_PASSPHRASE && r->secret_fds[s] < 0)
		return r->secret_fds[RUN_PASSPHRASE];
	return r->secret_fds[s];
}

static int
from_descriptor(struct run *r, const struct core_ask *k, const struct secret_kind *kind, char **out)
{
	enum run_secret s = kind->secret;
	struct fault f = { 0 };
	int err;

	if (r->answered[s])
		return fail(r, kind->wrong, k->token,
		    k->text != NULL && *k->text != '\0' ? k->text : err_text(kind->wrong),
		    "It was not tried again.");
	r->answered[s] = true;
	if (r->secrets[s] == NULL && s == RUN_NEW_PASSPHRASE && r->secret_fds[s] < 0 &&
	    !r->answered[RUN_PASSPHRASE])
		s = RUN_PASSPHRASE; /* read ahead, perhaps */
	if (r->secrets[s] != NULL) {
		*out = r->secrets[s];
		r->secrets[s] = NULL;
		return 0;
	}
	err = secret_read_fd(descriptor(r, kind->secret), "--passphrase-fd or --pin-fd", out, &f);
	if (err != 0)
		r->refused = run_fail(r, &f);
	return err;
}

static void
prompt_text(const struct core_ask *k, const struct secret_kind *kind, char *out, size_t n)
{
	static const char *const tries[] = {
		[CORE_TRIES_FULL] = "",
		[CORE_TRIES_LOW] = N_(", 2 tries left"),
		[CORE_TRIES_FINAL] = N_(", LAST TRY"),
		[CORE_TRIES_LOCKED] = N_(", locked"),
	};
	const char *of = k->token != NULL ? k->token : "", *left = tries[k->tries];

	if (kind->secret == RUN_PIN)
		snprintf(out, n, _("PIN of %s%s"), of, *left != '\0' ? _(left) : "");
	else if (kind->secret == RUN_SECRETS)
		snprintf(
		    out, n, _("Card access number, the six digits printed on the card, of %s"), of);
	else
		snprintf(out, n, "%s", _(kind->prompt));
}

static int
typed_twice(struct run *r, const char *first)
{
	char *again = NULL;
	int err = prompt(r, _("The same again"), false, &again);

	if (err == 0 && strcmp(first, again) != 0)
		err = fail(r, ERR_PASSPHRASE, NULL, "the two passphrases differ", "Start again.");
	mem_secret_free(&again);
	return err;
}

static int
from_terminal(struct run *r, const struct core_ask *k, const struct secret_kind *kind, char **out)
{
	char text[256];
	int err;

	if (k->text != NULL && *k->text != '\0')
		out_say(&r->out, NULL, k->text);
	prompt_text(k, kind, text, sizeof text);
	err = prompt(r, text, false, out);
	if (err == 0 && kind->secret == RUN_NEW_PASSPHRASE)
		err = typed_twice(r, *out);
	return err;
}

static int
secret_answer(struct run *r, const struct core_ask *k, char **out)
{
	const struct secret_kind *kind = &secret_kinds[k->kind];

	if (kind->secret != RUN_SECRETS && descriptor(r, kind->secret) >= 0)
		return from_descriptor(r, k, kind, out);
	if (secret_terminal())
		return from_terminal(r, k, kind, out);
	return fail(r, ERR_CANCELED, k->token, kind->missing, kind->hint);
}

/* ------------------------------------------------------------------------------ relay's code */

/* Three groups, each asked for by its number, joined by spaces. */
static int
code_groups(struct run *r, const struct core_ask *k, char **out)
{
	char text[64], *group;
	size_t used = 0;
	int i, err;

	*out = mem_secret_alloc(3 * SECRET_MAX);
	for (i = 0; i < 3; i++) {
		snprintf(text, sizeof text, _("Group %d"), k->groups[i]);
		if ((err = prompt(r, text, true, &group)) != 0)
			return err;
		used +=
		    (size_t)snprintf(*out + used, SECRET_MAX + 1, "%s%s", i > 0 ? " " : "", group);
		mem_secret_free(&group);
	}
	return 0;
}

static int
code_answer(struct run *r, const struct core_ask *k, char **out)
{
	if (!secret_terminal())
		return fail(r, ERR_USAGE, k->token, "the relay's code is needed",
		    "Give it with --relay-code, or the relay's recado:// link.");
	if (k->text != NULL && *k->text != '\0')
		out_say(&r->out, NULL, k->text);
	out_note(&r->out,
	    k->groups[0] == 0
		? _("first contact with %s: type the whole of the code that its administrator gave "
		    "you")
		: _("first contact with %s: type these three groups of the code that its "
		    "administrator gave you"),
	    k->token);
	if (k->groups[0] == 0)
		return prompt(r, _("Code"), true, out);
	return code_groups(r, k, out);
}

/* ------------------------------------------------------------------------------ safety number */

static size_t
count_digits(const char *s)
{
	size_t n = 0;

	for (; *s != '\0'; s++)
		n += *s >= '0' && *s <= '9';
	return n;
}

/* Three groups; whoever pastes the whole number at the first question is not asked for more. */
static int
safety_answer(struct run *r, const struct core_ask *k, char **out)
{
	char text[64], *group;
	size_t used = 0;
	int i, err;

	out_note(&r->out, _("have %s read their safety number to you, and type what you hear"),
	    k->token);
	*out = mem_secret_alloc(3 * SECRET_MAX);
	for (i = 0; i < 3; i++) {
		snprintf(text, sizeof text, i == 0 ? _("Group %d (or all 12)") : _("Group %d"),
		    k->groups[i]);
		if ((err = prompt(r, text, true, &group)) != 0)
			return err;
		used +=
		    (size_t)snprintf(*out + used, SECRET_MAX + 1, "%s%s", i > 0 ? " " : "", group);
		err = count_digits(group) > SAFETY_GROUP ? 1 : 0;
		mem_secret_free(&group);
		if (err != 0)
			break;
	}
	return 0;
}

/* ----------------------------------------------------------------- software that asks by itself */

/* It asks in a window or, without a display, on the terminal: there it must find a person, and not
 * the text that somebody pipes in. */
static int
make_way(struct run *r, const struct core_ask *k)
{
	bool display = getenv("DISPLAY") != NULL || getenv("WAYLAND_DISPLAY") != NULL;

	if (!display && !isatty(STDIN_FILENO)) {
		(void)fail(r, ERR_CANCELED, k->token,
		    "this card's own software asks for the PIN, and there is no terminal",
		    "Run this on a terminal; --pin-fd is not for such cards.");
		return give(r, k, NULL);
	}
	out_note(&r->out, "%s", _("the card's own software asks for the PIN now"));
	tty_hush(&r->tty);
	return give(r, k, "");
}

/* ------------------------------------------------------------------------------------ by kind */

int
answer_ask(struct run *r, const struct core_ask *k)
{
	char *answer = NULL;
	int err = 0;

	switch (k->kind) {
	case CORE_ASK_PASSPHRASE:
	case CORE_ASK_NEW_PASSPHRASE:
	case CORE_ASK_PIN:
	case CORE_ASK_CAN:
		err = secret_answer(r, k, &answer);
		break;
	case CORE_ASK_CODE:
		err = code_answer(r, k, &answer);
		break;
	case CORE_ASK_SAFETY:
		err = safety_answer(r, k, &answer);
		break;
	case CORE_ASK_PINPAD:
		out_note(&r->out, "%s", _("enter the PIN on the reader's keypad"));
		return 0;
	case CORE_ASK_SUSPEND:
		return make_way(r, k);
	case CORE_ASK_RESUME:
		tty_restore(&r->tty);
		return 0;
	}
	err = give(r, k, err == 0 ? answer : NULL);
	mem_secret_free(&answer);
	return err;
}
