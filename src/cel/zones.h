/* cel/zones.h - private to this floor: what a named time zone is ahead of UTC, and until when. The data is what cel.h's
 * pbk_cel_zones_read has looked over, in the layout that <playbook/engine.h> describes. */
#ifndef PBK_CEL_ZONES_H
#define PBK_CEL_ZONES_H

#include "cel/cel.h"

/* The zone of that name, from 1; 0 when there is none. Zones may be NULL. */
uint32_t pbk_cel_zone_find(const struct cel_zones *zones, struct text name);

/* What the zone is ahead of UTC at a second since 1970 (any), and the seconds [*first, *past) around it throughout which that is so;
 * INT64_MIN and INT64_MAX where there is no end. The span may end before the offset does, never after. */
int32_t pbk_cel_zone_offset(const struct cel_zones *zones, uint32_t zone, int64_t second, int64_t *first, int64_t *past);

#endif
