#include "ui/say.h"

#include <stdlib.h>
#include <string.h>
#include "base/mem.h"
#include "base/text.h"
#include "base/words.h"

static void
say(char **text)
{
	char *local;

	if (*text == NULL || (*text)[0] == '\0')
		return;
	local = words_local(*text);
	free(*text);
	*text = local;
}

static void
say_into(char *text, size_t size)
{
	char *local = words_local(text);

	text_clean_to(text, size, local, strlen(local), TEXT_LINE);
	free(local);
}

static void
say_validity(char **text)
{
	char *local;

	if (*text == NULL)
		return;
	local = words_period(*text);
	free(*text);
	*text = local;
}

static void
say_whois(struct core_whois *w)
{
	say(&w->verdict);
	for (size_t i = 0; i < w->history_count; i++)
		say(&w->history[i].what);
	for (size_t i = 0; i < w->chain_count; i++)
		say(&w->chain[i].reason);
}

void
say_event(struct core_event *ev)
{
	const char *about;

	switch (ev->kind) {
	case CORE_EV_ERROR:
		if (ev->fault->what[0] == '\0')
			(void)text_clean_to(ev->fault->what, sizeof ev->fault->what,
			    err_text(ev->fault->code), strlen(err_text(ev->fault->code)), TEXT_LINE);
		say_into(ev->fault->what, sizeof ev->fault->what);
		about = words_about(ev->fault->about);
		if (about != ev->fault->about)
			(void)text_clean_to(ev->fault->about, sizeof ev->fault->about, about,
			    strlen(about), TEXT_LINE);
		say_into(ev->fault->hint, sizeof ev->fault->hint);
		break;
	case CORE_EV_ASK:
		say(&ev->ask->text);
		break;
	case CORE_EV_PROGRESS:
	case CORE_EV_NOTICE:
		say(&ev->note.text);
		break;
	case CORE_EV_LINK:
		say(&ev->status->net_error);
		break;
	case CORE_EV_MESSAGE:
		say(&ev->message->error);
		say_validity(&ev->message->card_validity);
		break;
	case CORE_EV_STATE:
		say(&ev->state->error);
		break;
	case CORE_EV_WHOIS:
		say_whois(ev->whois);
		break;
	case CORE_EV_CHECK:
		say(&ev->check->reason);
		break;
	default:
		break;
	}
}
