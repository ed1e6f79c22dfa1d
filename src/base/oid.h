/*
 * oid: certificate policies by name, where the name is certain.
 */
#ifndef RECADO_BASE_OID_H
#define RECADO_BASE_OID_H

/* "any policy" for 2.5.29.32.0, translated; NULL for one that is not known. */
const char *oid_policy(const char *dotted);

#endif
