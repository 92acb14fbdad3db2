/* zones.h - the system's time zones in the form that pbk_set_time_zones takes. */
#ifndef ZONES_H
#define ZONES_H

#include <stddef.h>

#define ZONES_DIRECTORY "/usr/share/zoneinfo"

/* Reads the time zone files (TZif, version 2 or newer) below a directory. NULL where there are none or there is no memory; else to be
 * freed. */
unsigned char *zones_read(const char *directory, size_t *size);

#endif
