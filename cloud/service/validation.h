/* Validations: a shop's discount is given to a stay that is still open. */
#ifndef BOOMGATE_CLOUD_SERVICE_VALIDATION_H
#define BOOMGATE_CLOUD_SERVICE_VALIDATION_H

#include "cloud/service/state.h"

/* ADMIN_VALIDATE */
enum err validation_give(struct service *s, const struct validation_order *o,
                         struct admin_result *r);

#endif
