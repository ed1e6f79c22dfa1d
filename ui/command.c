#include "ui/command.h"

#include <stdlib.h>
#include <string.h>
#include "base/mem.h"
#include "ui/ask.h"
#include "ui/command_devices.h"
#include "ui/command_do.h"
#include "ui/i18n.h"
#include "ui/keys.h"
#include "ui/ui.h"

#define PERSON COMMAND_PERSON
#define NEEDS COMMAND_NEEDS
#define EVERYWHERE COMMAND_EVERYWHERE
#define MESSAGE COMMAND_MESSAGE
#define UNLOCKED COMMAND_UNLOCKED

/* In the order of the help: getting about, then people, messages, this device, the program. */
static const struct command table[] = {
	{ "unread", "", N_("next unread conversation"), { K_A('a') }, 0, command_do_unread, 0 },
	{ "go", "N", N_("conversation number N (Alt-1..9)"), { K_A('1') }, NEEDS, command_do_to,
	    0 },
	{ "last", "", N_("the conversation before this one"), { K_A('/') }, 0, command_do_last, 0 },
	{ "next", "", N_("next conversation"), { K_C('n'), K_ALT | K_DOWN }, 0, command_do_next,
	    0 },
	{ "previous", "", N_("previous conversation"), { K_C('p'), K_ALT | K_UP }, 0,
	    command_do_previous, 0 },
	{ "pageup", "", N_("scroll back, load what is older"), { K_PGUP, K_A('v') }, 0,
	    command_do_page_up, 0 },
	{ "pagedown", "", N_("scroll forward"), { K_PGDN, K_C('v') }, 0, command_do_page_down, 0 },
	{ "top", "", N_("oldest message loaded"), { K_ALT | K_HOME, K_A('<') }, 0, command_do_top,
	    0 },
	{ "bottom", "", N_("newest message"), { K_ALT | K_END, K_A('>') }, 0, command_do_bottom,
	    0 },
	{ "contacts", "", N_("show or hide the contacts"), { K_F(3) }, 0, command_do_contacts, 0 },
	{ "certificate", "", N_("show or hide the certificate"), { K_F(4) }, 0,
	    command_do_certificate, 0 },
	{ "focus", "", N_("focus the next pane (then j k Enter)"), { K_SHIFT | K_TAB }, 0,
	    command_do_focus, 0 },
	{ "search", N_("[WORDS]"), N_("search this conversation"), { K_C('r') }, 0,
	    command_do_search, 0 },
	{ "history", N_("[NAME]"), N_("history of a conversation"), { K_F(6) }, PERSON | EVERYWHERE,
	    command_do_history, 0 },

	{ "whois", N_("[NAME]"), N_("who somebody is: chain, revocation, safety number"),
	    { K_F(5) }, PERSON | EVERYWHERE, command_do_whois, 0 },
	{ "to", N_("NAME"), N_("write to somebody"), { K_X('t') }, NEEDS, command_do_to, 0 },
	{ "add", N_("NAME"), N_("add a contact"), { K_X('a') }, NEEDS, command_do_op, CORE_ADD },
	{ "accept", N_("[NAME]"), N_("accept somebody's request"), { K_X('y') }, PERSON,
	    command_do_op, CORE_ACCEPT },
	{ "block", N_("[NAME]"), N_("block somebody"), { K_X('b') }, PERSON, command_do_block, 0 },
	{ "verify", N_("[NAME] [GROUPS]"), N_("compare the safety number"), { K_X('v') }, PERSON,
	    command_do_verify, 0 },
	{ "confirm", N_("[NAME]"), N_("safety number compared by other means"), { K_X('m') },
	    PERSON, command_do_confirm, 0 },
	{ "connect", N_("[NAME]"), N_("open a session, show identity and suite"), { K_X('c') },
	    PERSON, command_do_op, CORE_CONNECT },
	{ "disconnect", N_("[NAME]"), N_("end the session, erase its keys"), { K_X('d') }, PERSON,
	    command_do_op, CORE_DISCONNECT },
	{ "list", N_("[FILTER] [--all]"), N_("list contacts, or the relay's directory"),
	    { K_X('l') }, EVERYWHERE, command_do_list, CORE_LIST },

	{ "send", N_("NAME TEXT"), N_("send a message (Enter in the input line)"), { K_X('j') },
	    NEEDS, command_do_send, 0 },
	{ "status", N_("[ID]"), N_("states of a message with their proofs"), { K_X('s') }, MESSAGE,
	    command_do_list, CORE_STATUS },
	{ "receipt", N_("[ID]"), N_("sign a read receipt with the card"), { K_X('n') }, MESSAGE,
	    command_do_receipt, 0 },
	{ "recv", "", N_("fetch and send now"), { K_X('r') }, 0, command_do_op, CORE_SYNC },
	{ "all", "", N_("inbox, unread first, then outbox"), { K_X('i') }, EVERYWHERE,
	    command_do_list, CORE_ALL },
	{ "outbox", "", N_("what is unsent or undelivered"), { K_X('o') }, EVERYWHERE,
	    command_do_list, CORE_OUTBOX },
	{ "editor", "", N_("write this message in your editor"), { K_X(K_C('e')) }, 0,
	    command_do_editor, 0 },
	{ "clear", "", N_("clear the input line"), { K_C('c') }, 0, command_do_clear, 0 },

	{ "card", "", N_("readers, cards and their certificates"), { K_X('k') }, EVERYWHERE,
	    command_do_list, CORE_CARD },
	{ "devices", N_("[remove NAME | renew]"), N_("devices of this account"), { K_X('e') },
	    EVERYWHERE, command_devices_run, CORE_DEVICES },
	{ "passphrase", "", N_("change the passphrase"), { K_X('p') }, 0, command_do_op,
	    CORE_PASSPHRASE },
	{ "create", "", N_("make an account (first run)"), { K_X('w') }, 0, command_do_create, 0 },
	{ "lock", "", N_("lock now"), { K_F(12) }, EVERYWHERE, command_do_lock, 0 },

	{ "help", "", N_("help"), { K_F(1) }, EVERYWHERE, command_do_view, 0 },
	{ "palette", "", N_("command palette"), { K_F(2), K_A('x') }, EVERYWHERE, command_do_view,
	    0 },
	{ "redraw", "", N_("draw the screen anew"), { K_C('l') }, EVERYWHERE | UNLOCKED,
	    command_do_redraw, 0 },
	{ "suspend", "", N_("leave the screen for the shell (fg comes back)"), { K_C('z') },
	    EVERYWHERE | UNLOCKED, command_do_suspend, 0 },
	{ "quit", "", N_("quit; drafts are kept"), { K_C('q') }, EVERYWHERE | UNLOCKED,
	    command_do_quit, 0 },
};

const struct command *
command_table(size_t *count)
{
	*count = sizeof table / sizeof *table;
	return table;
}

const struct command *
command_find(const char *name, size_t n)
{
	for (size_t i = 0; i < sizeof table / sizeof *table; i++)
		if (strlen(table[i].name) == n && memcmp(table[i].name, name, n) == 0)
			return &table[i];
	return NULL;
}

const struct command *
command_by_key(uint32_t key)
{
	if (key >= K_A('2') && key <= K_A('9'))
		key = K_A('1');
	for (size_t i = 0; i < sizeof table / sizeof *table; i++)
		for (size_t k = 0; k < 2; k++)
			if (table[i].keys[k] == key && key != K_NONE)
				return &table[i];
	return NULL;
}

char *
command_word(const char **args)
{
	const char *start = *args + strspn(*args, " \n");
	size_t n = strcspn(start, " \n");

	*args = start + n;
	*args += strspn(*args, " \n");
	return n == 0 ? NULL : mem_strndup(start, n);
}

bool
command_has(const char *args, const char *option)
{
	char *word;
	bool found = false;

	while (!found && (word = command_word(&args)) != NULL) {
		found = strcmp(word, option) == 0;
		free(word);
	}
	return found;
}

static void
asked(struct ui *ui, void *ctx, const char *text)
{
	const struct command *const *cmd = ctx;

	if (text != NULL && text[strspn(text, " ")] != '\0')
		(*cmd)->run(ui, *cmd, text);
}

/* A dialog for the argument. */
static void
ask_argument(struct ui *ui, const struct command *cmd)
{
	const struct command **ctx = mem_alloc(sizeof *ctx);
	struct ask a = {
		.title = _(cmd->title), .label = _(cmd->args), .answer = asked, .ctx = ctx
	};

	*ctx = cmd;
	ask_open(ui, &a);
}

void
command_run(struct ui *ui, const struct command *cmd, const char *args)
{
	const struct core_status *s = model_status(ui->model);

	if (!(cmd->flags & COMMAND_UNLOCKED) && (s->locked || !s->profile) &&
	    cmd->run != command_do_view && cmd->run != command_do_create) {
		ui_say(ui, THEME_WARN, "%s", _("That needs an open profile."));
		return;
	}
	if (cmd->flags & COMMAND_PERSON && args[0] == '\0') {
		if (ui->model->current != NULL)
			args = ui->model->current->name;
		else if (cmd->run != command_do_history) {
			ask_argument(ui, cmd);
			return;
		}
	}
	if (cmd->flags & COMMAND_NEEDS && args[0] == '\0') {
		ask_argument(ui, cmd);
		return;
	}
	cmd->run(ui, cmd, args);
}

bool
command_line(struct ui *ui, const char *line)
{
	const char *name = line + 1, *args;
	size_t n = strcspn(name, " \n");
	const struct command *cmd = command_find(name, n);

	if (cmd == NULL) {
		ui_say(ui, THEME_WARN,
		    _("There is no /%.*s. Nothing was sent. F2 lists the commands."),
		    (int)(n > 40 ? 40 : n), name);
		return false;
	}
	args = name + n;
	args += strspn(args, " \n");
	command_run(ui, cmd, args);
	return true;
}
