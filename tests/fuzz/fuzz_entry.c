/*
 * A directory entry. The first octet chooses: the rest as it is, or as changes (u16 place, u8 new
 * octet) to a good entry of a user with two devices, onto nothing known or onto what is. An entry
 * that passes leaves an identity that packs, and unpacks to the same.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/entry.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct buf *good;

static void
set_up(void)
{
	entry_setup();
	good = buf_new(0);
	found();
	if (update() != 0)
		abort();
	further(phone, card, BINDING_PURPOSE_ADD);
	add_record(phone, 2);
	if (update() != 0 || identity_pack(id, good) != 0)
		abort();
}

static struct buf *
changed(struct bytes changes)
{
	struct buf *b = buf_new(0);
	uint16_t at;
	uint8_t *p, v;

	if (buf_reserve(b, buf_len(good), &p) != 0)
		abort();
	memcpy(p, buf_ptr(good), buf_len(good));
	while (bytes_get_u16(&changes, &at) == 0 && bytes_get_u8(&changes, &v) == 0)
		p[at % buf_len(b)] = v;
	return b;
}

static void
check(struct identity *i)
{
	struct buf *p = buf_new(0), *q = buf_new(0);
	struct identity *again = identity_new();
	Recado__DirectoryEntry *e = NULL;

	if (identity_pack(i, p) != 0 ||
	    pb_unpack(&recado__directory_entry__descriptor, buf_view(p), &e) != 0 ||
	    identity_update(again, e, &chk, NULL) != 0 || identity_pack(again, q) != 0 ||
	    !bytes_equal(buf_view(p), buf_view(q)))
		abort();
	pb_free(&e);
	identity_free(&again);
	buf_free(&p);
	buf_free(&q);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	Recado__DirectoryEntry *e = NULL;
	struct bytes in = { data, size };
	struct identity *i;
	struct buf *b = NULL;
	uint8_t how;

	if (good == NULL)
		set_up();
	if (bytes_get_u8(&in, &how) != 0)
		return 0;
	i = (how & 1) != 0 ? identity_copy(id) : identity_new();
	b = (how & 2) != 0 ? changed(in) : NULL;
	if (pb_unpack(&recado__directory_entry__descriptor, b != NULL ? buf_view(b) : in, &e) ==
		0 &&
	    identity_update(i, e, &chk, NULL) == 0)
		check(i);
	pb_free(&e);
	identity_free(&i);
	buf_free(&b);
	return 0;
}
