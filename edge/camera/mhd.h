/* libmicrohttpd, loaded when a camera is configured: with the TLS libraries it brings along it would take
 * 2 MiB of every edge, and most have none that push. */
#ifndef BOOMGATE_EDGE_CAMERA_MHD_H
#define BOOMGATE_EDGE_CAMERA_MHD_H

#include "protocol/base/err.h"

#include <microhttpd.h>

/* Its functions, under their own names. */
struct mhd {
    __typeof__(MHD_start_daemon) *start_daemon;
    __typeof__(MHD_stop_daemon) *stop_daemon;
    __typeof__(MHD_get_daemon_info) *get_daemon_info;
    __typeof__(MHD_lookup_connection_value) *lookup_connection_value;
    __typeof__(MHD_create_response_from_buffer) *create_response_from_buffer;
    __typeof__(MHD_add_response_header) *add_response_header;
    __typeof__(MHD_queue_response) *queue_response;
    __typeof__(MHD_destroy_response) *destroy_response;
    __typeof__(MHD_create_post_processor) *create_post_processor;
    __typeof__(MHD_post_process) *post_process;
    __typeof__(MHD_destroy_post_processor) *destroy_post_processor;
};
extern struct mhd mhd;

/* Before any of them is called. ERR_UNAVAIL: the library is not there; logged. */
enum err mhd_load(void);

#endif
