/*
 * command: everything one can make the screen do, in one table: a name to type after a slash (the
 * headless commands' where there is one), keys, and a title for the palette and the help.
 */
#ifndef RECADO_UI_COMMAND_H
#define RECADO_UI_COMMAND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "core/core.h"

struct ui;

enum command_flags {
	COMMAND_PERSON = 1 << 0, /* its argument is a name; without one the current conversation */
	COMMAND_NEEDS = 1 << 1,  /* asks for its argument in a dialog when there is none */
	COMMAND_EVERYWHERE = 1 << 2, /* by key also outside of the main view */
	COMMAND_MESSAGE = 1 << 3,  /* its argument is a message id; without one the selected one */
	COMMAND_UNLOCKED = 1 << 4, /* also while the profile is locked or missing */
};

struct command {
	const char *name;
	const char *args;  /* usage, "" for none */
	const char *title; /* translated where it is drawn */
	uint32_t keys[2];
	unsigned flags;
	void (*run)(struct ui *ui, const struct command *cmd, const char *args);
	enum core_op op; /* of those that are one question to the core */
};

const struct command *command_table(size_t *count);
const struct command *command_find(const char *name, size_t n);
const struct command *command_by_key(uint32_t key);

/* Run one with its arguments as typed ("" for none). */
void command_run(struct ui *ui, const struct command *cmd, const char *args);
/* A line that begins with a slash. False when there is no such command (the user was told). */
bool command_line(struct ui *ui, const char *line);
/* The next word of *args as a copy (caller frees); NULL at the end. *args moves on. */
char *command_word(const char **args);
/* Is `option` among the words of args? */
bool command_has(const char *args, const char *option);

#endif
