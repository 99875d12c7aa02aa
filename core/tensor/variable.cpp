// SPDX-License-Identifier: Apache-2.0
#include "core/tensor/variable.h"

namespace lamina {

HostTensor Variable::read() const {
  LAMINA_CHECK(set_, "variable '", name, "' has no contents yet; compile or load weights first");
  if (!on_device_) return host_;
  HostTensor contents(dtype, extents);
  on_device_.device()->download(contents.data(), on_device_.data(), contents.bytes());
  return contents;
}

void Variable::assign(const HostTensor& contents) {
  LAMINA_CHECK(contents.extents() == extents, "variable '", name, "' has shape ", extents, ", assigned was ",
               contents.extents());
  LAMINA_CHECK(contents.dtype() == dtype, "variable '", name, "' holds ", dtype, ", assigned was ", contents.dtype());
  if (on_device_) {
    on_device_.device()->upload(on_device_.data(), contents.data(), contents.bytes());
  } else {
    host_ = contents;
  }
  set_ = true;
}

void* Variable::place(const std::shared_ptr<Device>& device) {
  if (on_device_ && on_device_.device() == device) return on_device_.data();
  const HostTensor contents = read();
  Buffer buffer = device->allocate(contents.bytes(), name);
  device->upload(buffer.data(), contents.data(), contents.bytes());
  on_device_ = std::move(buffer);
  host_ = HostTensor();
  return on_device_.data();
}

}  // namespace lamina
