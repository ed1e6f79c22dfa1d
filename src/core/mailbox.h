/*
 * mailbox: our copy of the relay's chain over our mailbox, extended from its replies and compared
 * with what arrives. What does not fit is evidence against the relay; what a sender says of it alone is
 * none, and is said to be theirs. DESIGN 3.5.
 */
#ifndef RECADO_CORE_MAILBOX_H
#define RECADO_CORE_MAILBOX_H

#include "core/engine.h"
#include "wire/pb.h"

/* Entries verified so far. */
uint64_t mailbox_length(struct engine *e);
/* Extend by what the relay says; a break is kept and told. True: there are entries between what is
 * known here and what it tells of, that somebody with our keys has told it are known. */
bool mailbox_extend(struct engine *e, const Recado__ChainPart *part);
/* The envelope with this index is the one the chain names. */
void mailbox_check(struct engine *e, uint64_t index, struct bytes envelope);
/* A sender's word about their last warranted deposit here. In the caller's transaction. */
int mailbox_compare(struct engine *e, const Recado__LastDeposit *last) MUST_CHECK;

#endif
