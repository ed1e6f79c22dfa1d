/*
 * editor: the message being written, in the user's own editor ($VISUAL, $EDITOR, vi).
 */
#ifndef RECADO_UI_EDITOR_H
#define RECADO_UI_EDITOR_H

struct ui;

/* Leaves the screen until the editor ends. The text stands meanwhile in a file of mode 0600 in a
 * folder of its own in memory (the runtime directory, or /dev/shm), never on a disk; both are gone
 * afterwards. Without such a place it says so and does nothing. */
void editor_run(struct ui *ui);

#endif
