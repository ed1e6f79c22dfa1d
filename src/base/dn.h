/*
 * dn: a distinguished name as text, part by part. RFC 4514 as OpenSSL writes it with attribute
 * names in front: "CN=..., serialNumber=..., O=..., C=PT", with + between parts of one level.
 */
#ifndef RECADO_BASE_DN_H
#define RECADO_BASE_DN_H

#include <stdbool.h>
#include <stddef.h>

#define DN_NAME_MAX 48

struct dn_part {
	char name[DN_NAME_MAX]; /* "CN"; a longer one is cut */
	char *value;            /* without escapes, sanitised; caller frees */
};

/* The next part; *at moves behind it. False at the end, or where no attribute stands. */
bool dn_next(const char **at, struct dn_part *out);
/* What an attribute is called, translated: "CN" is "Name". Unknown ones by themselves. */
const char *dn_label(const char *name);

#endif
