/*
 * command_devices: /devices: the list, and what changes it.
 */
#ifndef RECADO_UI_COMMAND_DEVICES_H
#define RECADO_UI_COMMAND_DEVICES_H

#include "ui/command.h"

/* The list; or "remove NAME", which is asked back, or "renew". */
void command_devices_run(struct ui *ui, const struct command *cmd, const char *args);
/* Remove the device of that id, once its name has been typed. */
void command_devices_remove(struct ui *ui, const char *id, const char *name);

#endif
