/*
 * show: records as text for a person or a line-oriented script. The JSON forms are
 * core_event_json's.
 */
#ifndef RECADO_CMD_SHOW_H
#define RECADO_CMD_SHOW_H

#include <stdbool.h>
#include <stdio.h>
#include "core/core.h"

/* MESSAGE, STATE, PERSON, WHOIS, DEVICE, CARD and CHECK; other kinds print nothing. Strings in
 * events are clean already. With pem the certificates of WHOIS and CARD, leaf first, and nothing
 * else. */
void show_event(FILE *f, const struct core_event *ev, bool pem);

/* What the forms of a record are made of: a cell padded to columns and two spaces; a labelled line,
 * none for an empty value; a device. */
void show_cell(FILE *f, const char *s, int columns);
void show_field(FILE *f, const char *label, const char *value);
void show_device_line(FILE *f, const struct core_device *d);

#endif
