// SPDX-License-Identifier: GPL-2.0-only
/*
 * The tracepoints' own code, once. Switched off, which they are until somebody
 * looks, each is one instruction that does nothing.
 *
 * Layer: 1 (observation). Tracepoints are called from everywhere.
 */
#define CREATE_TRACE_POINTS
#include "trace.h"
