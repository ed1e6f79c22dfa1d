/*
 * Protobuf messages that are put one after the other are one message, with the repeated fields of
 * both: so records, which the store keeps by device, are appended to the entry as it lies there.
 */
#include "server/lookup.h"

#include "server/encode.h"

#define ENTRY_MAX (1u << 20)

enum { ENTRY_RECORDS = 5, ENTRY_ONLINE = 6 };

static int
append_record(struct bytes record, void *arg)
{
	return encode_message(arg, ENTRY_RECORDS, record);
}

/* The entry without its first events. */
static int
skip_events(struct bytes whole, uint32_t from, struct buf *out)
{
	Recado__DirectoryEntry *e = NULL;
	Recado__SignedDeviceEvent **events;
	size_t n;
	int r;

	if (from == 0)
		return buf_put_bytes(out, whole);
	if ((r = pb_unpack_lenient(&recado__directory_entry__descriptor, whole, &e)) != 0)
		return r;
	events = e->events;
	n = e->n_events;
	e->n_events = from < n ? n - from : 0;
	e->events = events + (n - e->n_events);
	r = pb_pack(e, out);
	e->events = events;
	e->n_events = n;
	pb_free(&e);
	return r;
}

int
lookup_read(struct writer *w, const struct lookup *l, struct buf *out)
{
	struct buf *whole = buf_new(ENTRY_MAX);
	int r;

	if ((r = writer_ops(w)->get_entry(writer_store(w), l->user, whole)) == 0 &&
	    (r = skip_events(buf_view(whole), l->from_event, out)) == 0 &&
	    (r = writer_ops(w)->each_record(writer_store(w), l->user, append_record, out)) == 0)
		r = encode_uint(out, ENTRY_ONLINE, l->online);
	buf_free(&whole);
	return r;
}
