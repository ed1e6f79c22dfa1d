#include "ui/command_devices.h"

#include <stdlib.h>
#include <string.h>
#include "base/mem.h"
#include "ui/ask.h"
#include "ui/command_do.h"
#include "ui/i18n.h"
#include "ui/ui.h"

struct removal {
	size_t name; /* where it begins in text, behind the id */
	char text[];
};

/* In place of a list that it makes old. */
static void
change(struct ui *ui, uint32_t flag, const char *id)
{
	struct core_cmd core = core_cmd_new(ui->core, CORE_DEVICES);
	struct view_list_arg arg = { .title = _("devices of this account"), .cmd = &core };

	core.flags = flag;
	core.id = id != NULL ? mem_strdup(id) : NULL;
	ui_remove(ui, &view_list);
	if (!ui_push(ui, &view_list, &arg))
		core_cmd_clear(&core);
}

static void
answer(struct ui *ui, void *ctx, const char *text)
{
	struct removal *r = ctx;

	if (text != NULL && strcmp(text, r->text + r->name) == 0)
		change(ui, CORE_F_REMOVE, r->text);
	else if (text != NULL)
		ui_say(ui, THEME_WARN, "%s", _("Not removed: that is not what it is called."));
}

void
command_devices_remove(struct ui *ui, const char *id, const char *name)
{
	struct ask a = { .title = _("Remove a device"), .label = _("Name"), .answer = answer };
	size_t n = strlen(id) + 1;
	struct removal *r = mem_alloc(sizeof *r + n + strlen(name) + 1);
	char *text = mem_format(
	    _("Type %s to remove this device: it is put out for good and gets no more mail."), name);

	r->name = n;
	memcpy(r->text, id, n);
	memcpy(r->text + n, name, strlen(name) + 1);
	a.text = text;
	a.ctx = r;
	ask_open(ui, &a);
	free(text);
}

void
command_devices_run(struct ui *ui, const struct command *cmd, const char *args)
{
	const char *rest = args;
	char *what = command_word(&rest);

	if (what == NULL)
		command_do_list(ui, cmd, args);
	else if (strcmp(what, "renew") == 0)
		change(ui, CORE_F_RENEW, NULL);
	else if (strcmp(what, "remove") == 0 && rest[0] != '\0')
		command_devices_remove(ui, rest, rest);
	else
		ui_say(ui, THEME_WARN, "%s", _("/devices, /devices remove NAME, or /devices renew"));
	free(what);
}
