// What the C library's module for Swift does not show of Linux's events. Header only.

#ifndef TAPEDECK_EVENTS_H
#define TAPEDECK_EVENTS_H

#include <sys/epoll.h>
#include <sys/timerfd.h>

#endif
