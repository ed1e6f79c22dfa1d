#include "ui/i18n.h"
#include "ui/pane.h"
#include "ui/ui.h"
#include "ui/view.h"

static const struct view_hint wide[] = {
	{ "F1", N_("Help") },
	{ "F2", N_("Commands") },
	{ "F3", N_("Contacts") },
	{ "F4", N_("Certificate") },
	{ "F5", N_("Whois") },
	{ "F6", N_("History") },
	{ "Alt-A", N_("Next unread") },
	{ NULL, NULL },
};

static const struct view_hint narrow[] = {
	{ "F1", N_("Help") },
	{ "F2", N_("Cmds") },
	{ "F3", N_("Contacts") },
	{ "F4", N_("Cert") },
	{ "F5", N_("Whois") },
	{ "F6", N_("History") },
	{ NULL, NULL },
};

static void
draw(struct ui *ui, const struct layout *l, const struct canvas *c)
{
	(void)ui;
	view_hints(c, 0, l->wide ? wide : narrow, _("Ctrl-Q Quit"));
}

const struct pane pane_hints = { NULL, draw };
