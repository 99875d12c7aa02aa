// SPDX-License-Identifier: Apache-2.0
#include "kernels/reorder/layout_index.h"

#include "core/base/text.h"
#include "core/graph/reorder.h"

namespace lamina {
namespace {

bool splits(const Layout& layout, int axis) {
  return layout.kind == Layout::Kind::blocked && layout.block_axis == axis;
}

// `merged_axis` is where the blocked axis went when its neighbours were merged.
LayoutIndex index_of_layout(const Extents& extents, const Layout& layout, int merged_axis) {
  LayoutIndex index;
  index.rank = extents.rank();
  if (layout.kind == Layout::Kind::blocked) {
    index.block_axis = merged_axis;
    index.block = layout.block;
  }
  int64_t stride = index.block;
  for (int axis = extents.rank() - 1; axis >= 0; --axis) {
    index.strides[axis] = stride;
    stride *= axis == index.block_axis ? (extents[axis] + index.block - 1) / index.block : extents[axis];
  }
  return index;
}

}  // namespace

Reorder make_reorder(const Extents& extents, const Layout& from, const Layout& to) {
  Reorder reorder;
  int from_axis = -1, to_axis = -1;
  bool open = false;  // the last axis may take further ones
  for (int axis = 0; axis < extents.rank(); ++axis) {
    const bool split = splits(from, axis) || splits(to, axis);
    if (open && !split) {
      reorder.extents[reorder.extents.rank() - 1] *= extents[axis];
    } else {
      reorder.extents.push_back(extents[axis]);
    }
    open = !split;
    if (splits(from, axis)) from_axis = reorder.extents.rank() - 1;
    if (splits(to, axis)) to_axis = reorder.extents.rank() - 1;
  }
  reorder.from = index_of_layout(reorder.extents, from, from_axis);
  reorder.to = index_of_layout(reorder.extents, to, to_axis);
  reorder.padded_count = to.bytes(extents, 1);
  return reorder;
}

Verdict accepts_reorder(const KernelQuery& query) {
  const auto& [from, to] = query.attributes.get<ReorderAttributes>();
  for (const Layout* layout : {&from, &to}) {
    if (layout->kind == Layout::Kind::opaque) {
      return Verdict::no(text("the layout ", layout->tag, " is private to its library, which must convert it"));
    }
    const bool blocked = layout->kind == Layout::Kind::blocked;
    if (blocked &&
        (layout->block < 1 || layout->block_axis < 0 || layout->block_axis >= query.inputs[0].shape.rank())) {
      return Verdict::no(text("no such layout of ", query.inputs[0].shape, ": ", *layout));
    }
  }
  return Verdict::yes();
}

}  // namespace lamina
