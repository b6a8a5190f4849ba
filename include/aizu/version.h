/*
 * The version of aizu: the only place in the project where it is written.
 * The build system reads these three lines.
 */
#ifndef AIZU_VERSION_H
#define AIZU_VERSION_H

#define AIZU_VERSION_MAJOR 0
#define AIZU_VERSION_MINOR 1
#define AIZU_VERSION_PATCH 0

#endif
