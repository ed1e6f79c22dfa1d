/*
 * entry: a user's directory entry in the making, for tests of identities: maria with a card, her
 * laptop and her phone, and the parts of the entry that update() hands to identity_update.
 */
#ifndef RECADO_TESTS_UNIT_ENTRY_H
#define RECADO_TESTS_UNIT_ENTRY_H

#include "crypto/identity.h"
#include "person.h"

#define PARTS 16

/* What the tests put into an entry; every part is encoded, and decoded into the entry. */
struct parts {
	Recado__SignedBinding *bindings[PARTS];
	Recado__SignedDeviceEvent *events[PARTS];
	Recado__SignedDeviceRecord *records[PARTS];
	Recado__DirectoryEntry entry;
};

extern struct person_ca *ca, *relay_ca;
extern struct person_card *card;
extern struct person_device *laptop, *phone;
extern struct cert_store *store;
extern struct cert_policy policy;
extern struct identity_check chk;
extern struct identity *id;
extern struct parts parts;
extern struct fault fault;

/* Of every test. */
void entry_setup(void);
void entry_teardown(void);
void entry_clear(void); /* the parts, not what is known */

void add_binding(const struct person_device *d);
Recado__DeviceEvent event_of(const struct person_device *d, Recado__DeviceEventKind kind);
/* Numbered and linked as id stands, signed by the device. */
void add_event(const Recado__DeviceEvent *ev, const struct person_device *signer);
/* The same, signed by the card. */
void add_card_event(const Recado__DeviceEvent *ev, const struct person_card *by);
void add_record(const struct person_device *d, uint64_t number);
int update(void);

/* The parts of the user with one device and its record. */
void found(void);
/* A binding of a further device (or a renewal) that fits the list as it stands, and its event. */
void further(struct person_device *d, const struct person_card *by, enum binding_purpose purpose);
/* The parts, and id, are those of rui with one device now; laptop and card stay maria's. Device and card
 * are the caller's to free. */
struct person_device *entry_rui(struct person_card **his);

#endif
