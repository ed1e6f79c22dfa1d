/*
 * places: a few places for something costly, of which one address gets only a share. Any thread.
 */
#ifndef RECADO_SERVER_PLACES_H
#define RECADO_SERVER_PLACES_H

#include <stdbool.h>
#include "base/buf.h"

#define PLACES_MAX 64
#define PLACES_OF_ONE 16 /* of one address; several people may share it */
#define PLACES_KEY_MAX 8

struct places;

struct places *places_new(void);
void places_free(struct places **pp);
/* key: 1..PLACES_KEY_MAX octets. False: all are taken, or all of this key's share. */
bool places_take(struct places *p, struct bytes key) MUST_CHECK;
void places_give(struct places *p, struct bytes key); /* one that was taken */

#endif
