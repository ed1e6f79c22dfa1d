/*
 * forge: a device that no card signed, put into a directory entry by a relay that lies.
 */
#ifndef RECADO_TESTS_FORGE_H
#define RECADO_TESTS_FORGE_H

#include "wire/pb.h"

/* Append the encoded entry with the forged device after all that is true. */
int forge_pack(const Recado__DirectoryEntry *e, struct buf *out) MUST_CHECK;

#endif
