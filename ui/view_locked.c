#include <stdlib.h>
#include "base/mem.h"
#include "ui/i18n.h"
#include "ui/keys.h"
#include "ui/pane.h"
#include "ui/ui.h"
#include "ui/view.h"

static const struct view_hint hints[] = {
	{ N_("Enter"), N_("Unlock") },
	{ NULL, NULL },
};

static void *
init(struct ui *ui, const void *arg)
{
	(void)ui;
	(void)arg;
	return NULL;
}

static void
release(struct ui *ui, void *self)
{
	(void)ui;
	(void)self;
}

static bool
key(struct ui *ui, void *self, uint32_t key)
{
	(void)self;
	if (key == K_C('q') || key == K_C('l') || key == K_C('z'))
		return false;
	for (size_t i = 0; i < ui->pending_count; i++)
		if (ui->pending[i].op == CORE_UNLOCK)
			return true;
	(void)ui_op(ui, CORE_UNLOCK, NULL);
	return true;
}

static void
draw(struct ui *ui, void *self, const struct canvas *c)
{
	const char *text = _("The profile is locked.");

	(void)self;
	view_title(c, "recado", _("locked"));
	(void)canvas_text(c, c->rows / 2 - 5 > 2 ? c->rows / 2 - 5 : 2, 4, THEME_HEADING, text);
	pane_status_line(ui, c, c->rows - 2, "");
	view_hints(c, c->rows - 1, hints, _("Ctrl-Q Quit"));
}

const struct view view_locked = {
	.name = "locked",
	.modal = true,
	.init = init,
	.free = release,
	.key = key,
	.draw = draw,
};
