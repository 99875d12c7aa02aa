// SPDX-License-Identifier: Apache-2.0
// Puts the parts together: context, work stream, block cache, transfers, capture. Nothing allocates, copies to the host
// or waits inside a capture: such a call throws before it reaches CUDA, and the capture is given up.
#include "core/runtime/cuda/cuda_device.h"

#include <utility>

#include "core/base/error.h"
#include "core/base/text.h"
#include "core/runtime/cuda/block_cache.h"
#include "core/runtime/cuda/captured_graph.h"
#include "core/runtime/cuda/host_transfer.h"

namespace lamina {
namespace {

class CudaDevice final : public Device {
 public:
  CudaDevice(CudaContext context, std::string description)
      : cuda_(std::move(context)),
        description_(std::move(description)),
        work_(make_stream(cuda_)),
        transfer_(cuda_, work_.get()),
        blocks_(cuda_, [this] { make_room(); }) {}

  ~CudaDevice() override {
    // What still runs reads the memory that the members are about to free.
    CUDA_CHECK_LOG(cuda_.log, cuda_.api.set_device(cuda_.ordinal));
    CUDA_CHECK_LOG(cuda_.log, cuda_.api.stream_synchronize(work_.get()));
  }

  DeviceKind kind() const override { return DeviceKind::cuda; }
  std::string description() const override { return description_; }
  void* stream() const override { return work_.get(); }

  Buffer allocate(size_t bytes, std::string_view what) override {
    refuse_in_capture(text("allocation of ", what), "allocate everything before the capture");
    make_current();
    return Buffer(shared_from_this(), blocks_.take(bytes, what), bytes);
  }

  void upload(void* device, const void* host, size_t bytes) override {
    refuse_in_capture("upload", "upload inputs before each replay, into the buffers that the captured work reads");
    make_current();
    transfer_.upload(device, host, bytes);
  }

  void download(void* host, const void* device, size_t bytes) override {
    refuse_in_capture("download", "download results after the replay");
    make_current();
    transfer_.download(host, device, bytes);
  }

  void copy(void* to, const void* from, size_t bytes) override {
    if (bytes == 0) return;
    make_current();
    CUDA_CHECK(cuda_.api.memcpy_async(to, from, bytes, cudaMemcpyDeviceToDevice, work_.get()));
  }

  void fill_zero(void* device, size_t bytes) override {
    if (bytes == 0) return;
    make_current();
    CUDA_CHECK(cuda_.api.memset_async(device, 0, bytes, work_.get()));
  }

  void synchronize() override {
    refuse_in_capture("synchronize", "captured work has not run yet: synchronize after the replay");
    make_current();
    CUDA_CHECK(cuda_.api.stream_synchronize(work_.get()));  // which has waited for all that the copy stream did
  }

  std::unique_ptr<CapturedWork> capture(const std::function<void()>& work) override;
  void replay(cudaGraphExec_t executable) {
    refuse_in_capture("replay", "captures do not nest");
    make_current();
    CUDA_CHECK(cuda_.api.graph_launch(executable, work_.get()));
  }

 private:
  void release(void* data, size_t bytes) noexcept override { blocks_.give_back(data, bytes); }

  // The current device is the calling thread's own, and the host's threads come and go. A capture began by this.
  void make_current() {
    if (!capturing_) CUDA_CHECK(cuda_.api.set_device(cuda_.ordinal));
  }

  // Landing buffers are free once the work has passed the copies out of them.
  void make_room() {
    CUDA_CHECK(cuda_.api.stream_synchronize(work_.get()));
    transfer_.release_landings();
  }

  void refuse_in_capture(std::string_view what, std::string_view remedy) const {
    if (capturing_) throw Error(ErrorKind::device, text("[cuda] ", what, " inside a capture: ", remedy));
  }

  CudaContext cuda_;
  std::string description_;
  CudaStream work_;
  HostTransfer transfer_;
  BlockCache blocks_;
  bool capturing_ = false;
};

class CapturedCudaWork final : public CapturedWork {
 public:
  CapturedCudaWork(std::shared_ptr<CudaDevice> device, CudaGraphExec executable)
      : device_(std::move(device)), executable_(std::move(executable)) {}

  void replay() override { device_->replay(executable_.get()); }

 private:
  std::shared_ptr<CudaDevice> device_;  // before the graph: it must go last
  CudaGraphExec executable_;
};

std::unique_ptr<CapturedWork> CudaDevice::capture(const std::function<void()>& work) {
  refuse_in_capture("capture", "captures do not nest");
  make_current();
  struct Flag {
    bool& on;
    explicit Flag(bool& flag) : on(flag) { on = true; }
    ~Flag() { on = false; }
  };
  CudaGraphExec executable = [&] {
    const Flag capturing(capturing_);
    return capture_graph(cuda_, work_.get(), work);
  }();
  auto self = std::static_pointer_cast<CudaDevice>(shared_from_this());
  return std::make_unique<CapturedCudaWork>(std::move(self), std::move(executable));
}

}  // namespace

std::shared_ptr<Device> make_cuda_device(int ordinal, std::function<void(std::string_view line)> log) {
  const CudaAvailability found = cuda_availability(ordinal);
  if (!found.usable) {
    throw Error(ErrorKind::device,
                text("[cuda] GPU ", ordinal, " cannot be used: ", found.why, "; the devices cpu and sim need no GPU"));
  }
  const CudaContext context{cuda_api(), std::move(log), ordinal};
  CUDA_CHECK(context.api.set_device(ordinal));
  return std::make_shared<CudaDevice>(context, text("cuda (", found.why, ")"));
}

}  // namespace lamina
