// SPDX-License-Identifier: Apache-2.0
// A device as the executor sees it: memory, copies, an order of work, and (on cuda) capture of a step. cpu/, cuda/ and
// sim/ implement it. Work on a device happens in the order of the calls, on one stream.
#pragma once

#include <cstddef>
#include <functional>
#include <iosfwd>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

namespace lamina {

enum class DeviceKind { cpu, cuda, sim };

std::string_view name_of(DeviceKind kind);
std::ostream& operator<<(std::ostream& out, DeviceKind kind);

class Device;

// Memory of one device, freed with this object. Move-only.
class Buffer {
 public:
  Buffer() = default;
  Buffer(std::shared_ptr<Device> device, void* data, size_t bytes) : device_(std::move(device)), data_(data), bytes_(bytes) {}
  Buffer(Buffer&& other) noexcept { swap(other); }
  Buffer& operator=(Buffer&& other) noexcept {
    swap(other);
    return *this;
  }
  Buffer(const Buffer&) = delete;
  Buffer& operator=(const Buffer&) = delete;
  ~Buffer();

  void* data() const { return data_; }
  size_t bytes() const { return bytes_; }
  const std::shared_ptr<Device>& device() const { return device_; }
  explicit operator bool() const { return device_ != nullptr; }

 private:
  void swap(Buffer& other) noexcept {
    std::swap(device_, other.device_);
    std::swap(data_, other.data_);
    std::swap(bytes_, other.bytes_);
  }

  std::shared_ptr<Device> device_;
  void* data_ = nullptr;
  size_t bytes_ = 0;
};

// A recorded sequence of device work that can be run again (a CUDA graph).
class CapturedWork {
 public:
  virtual ~CapturedWork() = default;
  virtual void replay() = 0;
};

class Device : public std::enable_shared_from_this<Device> {
 public:
  virtual ~Device() = default;

  virtual DeviceKind kind() const = 0;
  virtual std::string description() const = 0;  // one line for the user: "cpu (2 threads, oneDNN 2.6.3)"

  // At least `bytes` bytes (one where 0 are asked), aligned to 256. Contents are undefined. Throws ErrorKind::device
  // that names `what`, the bytes asked and, where known, the bytes free.
  virtual Buffer allocate(size_t bytes, std::string_view what) = 0;

  // Host and device memory of any alignment. upload and download return when the host memory may be used again.
  virtual void upload(void* device, const void* host, size_t bytes) = 0;
  virtual void download(void* host, const void* device, size_t bytes) = 0;
  virtual void copy(void* to, const void* from, size_t bytes) = 0;   // device to device
  virtual void fill_zero(void* device, size_t bytes) = 0;
  virtual void synchronize() = 0;  // throws ErrorKind::device for a fault of earlier work

  // The stream that kernels are launched on: a cudaStream_t on cuda, nullptr elsewhere.
  virtual void* stream() const { return nullptr; }

  // Records the work that `work` issues, without running it; nullptr where the device cannot capture.
  virtual std::unique_ptr<CapturedWork> capture(const std::function<void()>& work);

  // True where each slot of a plan gets an allocation of its own, so that redzones and lifetimes can be checked.
  virtual bool checks_slots() const { return false; }
  virtual void poison(void* device, size_t bytes);    // any access from here on is a fault
  virtual void unpoison(void* device, size_t bytes);  // accessible again, contents undefined

 protected:
  friend class Buffer;
  virtual void release(void* data, size_t bytes) noexcept = 0;
};

}  // namespace lamina
