/*
 * command_do: what the commands of the table do.
 */
#ifndef RECADO_UI_COMMAND_DO_H
#define RECADO_UI_COMMAND_DO_H

#include "ui/command.h"

#define COMMAND_DO_LIST(X)                                                                         \
	X(op)                                                                                      \
	X(list)                                                                                    \
	X(view)                                                                                    \
	X(whois)                                                                                   \
	X(history)                                                                                 \
	X(search)                                                                                  \
	X(verify)                                                                                  \
	X(confirm)                                                                                 \
	X(send)                                                                                    \
	X(to)                                                                                      \
	X(block)                                                                                   \
	X(receipt)                                                                                 \
	X(create)                                                                                  \
	X(next)                                                                                    \
	X(previous)                                                                                \
	X(unread)                                                                                  \
	X(last)                                                                                    \
	X(top)                                                                                     \
	X(bottom)                                                                                  \
	X(page_up)                                                                                 \
	X(page_down)                                                                               \
	X(focus)                                                                                   \
	X(contacts)                                                                                \
	X(certificate)                                                                             \
	X(editor)                                                                                  \
	X(clear)                                                                                   \
	X(redraw)                                                                                  \
	X(suspend)                                                                                 \
	X(lock)                                                                                    \
	X(quit)

#define X(name) void command_do_##name(struct ui *ui, const struct command *cmd, const char *args);
COMMAND_DO_LIST(X)
#undef X

#endif
