#include "ui/wizard.h"

#include <stdlib.h>
#include <string.h>
#include "base/mem.h"
#include "ui/ask.h"
#include "ui/ui.h"

void
wizard_forget_cards(struct wizard *w)
{
	for (size_t i = 0; i < w->card_count; i++)
		core_event_clear(&w->cards[i]);
	free(w->cards);
	w->cards = NULL;
	w->card_count = 0;
}

void
wizard_drop_ask(struct wizard *w)
{
	if (w->ask.ask != NULL)
		core_event_clear(&w->ask);
	memset(&w->ask, 0, sizeof w->ask);
}

void
wizard_fail(struct wizard *w, const char *text)
{
	free(w->error);
	w->error = text == NULL ? NULL : mem_strdup(text);
}

bool
wizard_by_card(const struct wizard *w)
{
	return w->choice.at < w->card_count;
}

void
wizard_send(struct ui *ui, struct wizard *w, struct core_cmd *cmd)
{
	wizard_fail(w, NULL);
	free(w->progress);
	w->progress = NULL;
	w->op = cmd->op;
	w->seq = ui_send(ui, cmd);
}

void
wizard_look_for_cards(struct ui *ui, struct wizard *w)
{
	struct core_cmd cmd = core_cmd_new(ui->core, CORE_CARD);

	wizard_forget_cards(w);
	w->choice = (struct view_cursor){ 0 };
	wizard_send(ui, w, &cmd);
}

void
wizard_answer(struct ui *ui, struct wizard *w, const char *text)
{
	if (w->ask.ask == NULL)
		return;
	ask_reply(ui, w->ask.ask->number, text);
	wizard_drop_ask(w);
}

void
wizard_go(struct ui *ui, struct wizard *w, enum wizard_step step)
{
	wizard_fail(w, NULL);
	w->step = step;
	w->focus = 0;
	if (step == WIZARD_CARD && w->seq == 0 && w->card_count == 0)
		wizard_look_for_cards(ui, w);
	if (step == WIZARD_PIN && w->seq == 0)
		wizard_parts[WIZARD_PIN].enter(ui, w);
}
