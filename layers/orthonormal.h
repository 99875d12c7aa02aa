// SPDX-License-Identifier: Apache-2.0
// Orthonormal columns by Householder reflections, for the orthogonal initializer.
#pragma once

#include <cstdint>
#include <vector>

namespace lamina {

// Replaces `matrix` (rows x columns, row-major, rows >= columns) by the factor Q of its decomposition QR with a
// positive diagonal of R, which makes Q unique: of a normal matrix it is uniform over all such Q (Mezzadri, "How to
// generate random matrices from the classical compact groups", 2007). About 2 rows columns^2 multiplications; a
// dependent column becomes some unit vector orthogonal to the others.
void make_orthonormal_columns(std::vector<double>& matrix, int64_t rows, int64_t columns);

}  // namespace lamina
