// SPDX-License-Identifier: Apache-2.0
// Loops that are compiled once per vector width of x86-64, of which the widest that the machine has is chosen when the
// program starts: put LAMINA_VECTOR_WIDTHS before a function, and LAMINA_INLINED before all that it is made of, so that it
// becomes a part of each copy. Where -fno-trapping-math and -fno-math-errno are not set for the file (kernels/CMakeLists.txt),
// loops with comparisons and roots do not vectorise.
#pragma once

#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) && !defined(__SANITIZE_ADDRESS__)
#define LAMINA_VECTOR_WIDTHS __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define LAMINA_VECTOR_WIDTHS
#endif
#define LAMINA_INLINED __attribute__((always_inline))
