/*
 * Every message of the schema: the first octet picks it, the rest is decoded. What decodes encodes
 * to something that decodes.
 */
#include <stdint.h>
#include <stdlib.h>

#include "wire/pb.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const ProtobufCMessageDescriptor *const types[] = {
	&recado__client_hello__descriptor,
	&recado__server_hello__descriptor,
	&recado__server_hello_body__descriptor,
	&recado__signed_rotation__descriptor,
	&recado__rotation__descriptor,
	&recado__client_auth__descriptor,
	&recado__welcome__descriptor,
	&recado__rekey__descriptor,
	&recado__to_relay__descriptor,
	&recado__to_client__descriptor,
	&recado__reply_body__descriptor,
	&recado__binding__descriptor,
	&recado__signed_binding__descriptor,
	&recado__device_event__descriptor,
	&recado__device_record__descriptor,
	&recado__directory_entry__descriptor,
	&recado__warrant__descriptor,
	&recado__warrant_leaf__descriptor,
	&recado__deposit_leaf__descriptor,
	&recado__envelope__descriptor,
	&recado__initial__descriptor,
	&recado__plaintext__descriptor,
	&recado__content__descriptor,
	&recado__receipt__descriptor,
};

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const ProtobufCMessageDescriptor *type;
	ProtobufCMessage *m, *again;
	struct bytes in = { data + 1, size - 1 };
	struct buf *out;

	if (size == 0)
		return 0;
	type = types[data[0] % (sizeof types / sizeof *types)];
	if (pb_unpack_lenient(type, in, &m) == 0)
		pb_free(&m);
	if (pb_unpack(type, in, &m) != 0) {
		if (m != NULL)
			abort();
		return 0;
	}
	out = buf_new(8 << 20);
	if (pb_pack(m, out) != 0 || pb_unpack(type, buf_view(out), &again) != 0)
		abort();
	pb_free(&again);
	pb_free(&m);
	buf_free(&out);
	return 0;
}
