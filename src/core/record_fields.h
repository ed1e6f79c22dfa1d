/*
 * record_fields: the structs of core.h as tables. What frees, copies, writes and reads them walks
 * these; nothing else knows a field twice.
 */
#ifndef RECADO_CORE_RECORD_FIELDS_H
#define RECADO_CORE_RECORD_FIELDS_H

#include "core/core.h"

enum record_type {
	RECORD_TEXT,   /* char * */
	RECORD_U32, RECORD_U64, RECORD_I64, RECORD_INT,
	RECORD_BOOL,
	RECORD_TIME,   /* uint64_t ms */
	RECORD_LETTER, /* char */
	RECORD_WORD,   /* enum, by words[] from `first` on */
	RECORD_INTS,   /* int[count] */
	RECORD_LIST,   /* struct array: pointer at offset, size_t count at count_at */
	RECORD_TEXTS,  /* char ** and size_t count */
	RECORD_ERROR,  /* int: an ERR_*, by name */
	RECORD_CHARS,  /* char[count] */
};

enum record_use {
	RECORD_BOTH,   /* public and local */
	RECORD_LOCAL,  /* only between our processes */
	RECORD_GIVEN,  /* public where it is set */
};

struct record_struct;

struct record_field {
	const char *name;
	enum record_type type;
	enum record_use use;
	size_t offset, count_at;
	size_t count;                   /* RECORD_INTS, RECORD_CHARS */
	const char *const *words;       /* RECORD_WORD */
	int first;
	const struct record_struct *of; /* RECORD_LIST */
};

struct record_struct {
	const char *name; /* type */
	size_t size;
	const struct record_field *fields;
	size_t field_count;
};

extern const struct record_struct record_cmd, record_fault, record_ask, record_status,
    record_message, record_state, record_person, record_whois, record_device, record_card,
    record_check, record_draft;

#endif
