// SPDX-License-Identifier: Apache-2.0
// What -fsanitize=thread calls before each access of the host copies; it stands in for libtsan, which is not linked.
// The names are the compiler's. Outside of checked kernels (host code of a .cu too) a callback returns at once.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "core/runtime/sim/block_runner.h"
#include "core/runtime/sim/checker.h"

namespace lamina::simt {
namespace {

// The compiler takes a callback for a function that does not throw.
void judge(BlockChecker& checker, uintptr_t address, size_t bytes, AccessKind kind, SiteId site, bool aligned) {
  current_runner->guard([&] { checker.access(address, bytes, kind, site, aligned); });
}

// current_thread is null where glue and combine functions run between the accesses of a kernel.
#define LAMINA_JUDGE(address, bytes, kind, aligned)                                   \
  do {                                                                                \
    BlockChecker* const checker = active_checker;                                     \
    if (__builtin_expect(checker != nullptr, 0) && current_thread) {                  \
      judge(*checker, reinterpret_cast<uintptr_t>(address), bytes, kind,              \
            checker->site_of_return(__builtin_return_address(0)), aligned);           \
    }                                                                                 \
  } while (false)

void publish_through(const void* flag) {
  BlockChecker* const checker = active_checker;
  if (checker && current_thread) current_runner->guard([&] { checker->publish(flag); });
}

}  // namespace
}  // namespace lamina::simt

using lamina::simt::AccessKind;
using lamina::simt::active_checker;
using lamina::simt::BlockChecker;
using lamina::simt::current_thread;
using lamina::simt::judge;

extern "C" {

void __tsan_init() {}
void __tsan_func_entry(void*) {}
void __tsan_func_exit() {}
void __tsan_vptr_update(void**, void*) {}
void __tsan_vptr_read(void**) {}

#define LAMINA_ACCESS(bytes)                                                                                \
  void __tsan_read##bytes(void* address) { LAMINA_JUDGE(address, bytes, AccessKind::read, true); }          \
  void __tsan_write##bytes(void* address) { LAMINA_JUDGE(address, bytes, AccessKind::write, true); }        \
  void __tsan_volatile_read##bytes(void* address) { LAMINA_JUDGE(address, bytes, AccessKind::read, true); } \
  void __tsan_volatile_write##bytes(void* address) { LAMINA_JUDGE(address, bytes, AccessKind::write, true); }
LAMINA_ACCESS(1)
LAMINA_ACCESS(2)
LAMINA_ACCESS(4)
LAMINA_ACCESS(8)
LAMINA_ACCESS(16)

// Packed or under-aligned types, and neighbouring accesses that the compiler has merged.
#define LAMINA_UNALIGNED_ACCESS(bytes)                                                                        \
  void __tsan_unaligned_read##bytes(void* address) { LAMINA_JUDGE(address, bytes, AccessKind::read, false); } \
  void __tsan_unaligned_write##bytes(void* address) { LAMINA_JUDGE(address, bytes, AccessKind::write, false); }
LAMINA_UNALIGNED_ACCESS(2)
LAMINA_UNALIGNED_ACCESS(4)
LAMINA_UNALIGNED_ACCESS(8)
LAMINA_UNALIGNED_ACCESS(16)

void __tsan_read_range(void* address, size_t bytes) { LAMINA_JUDGE(address, bytes, AccessKind::read, false); }
void __tsan_write_range(void* address, size_t bytes) { LAMINA_JUDGE(address, bytes, AccessKind::write, false); }

// The host copies call these where they say memcpy and so on (cmake/sim_kernels.cmake renames the symbols).
void* lamina_simt_memcpy(void* to, const void* from, size_t bytes) {
  LAMINA_JUDGE(from, bytes, AccessKind::read, false);
  LAMINA_JUDGE(to, bytes, AccessKind::write, false);
  return std::memcpy(to, from, bytes);
}
void* lamina_simt_memmove(void* to, const void* from, size_t bytes) {
  LAMINA_JUDGE(from, bytes, AccessKind::read, false);
  LAMINA_JUDGE(to, bytes, AccessKind::write, false);
  return std::memmove(to, from, bytes);
}
void* lamina_simt_memset(void* to, int value, size_t bytes) {
  LAMINA_JUDGE(to, bytes, AccessKind::write, false);
  return std::memset(to, value, bytes);
}

// Atomics are done here, after the judgement. Sequentially consistent whatever the kernel asked for: the order that a
// kernel may count on is the checker's affair, not the host's.
#define LAMINA_UPDATE(bits, type, name, builtin)                          \
  type __tsan_atomic##bits##_##name(volatile type* at, type value, int) { \
    LAMINA_JUDGE(at, sizeof(type), AccessKind::atomic_update, true);      \
    lamina::simt::publish_through(const_cast<const type*>(at));           \
    return builtin(at, value, __ATOMIC_SEQ_CST);                          \
  }
#define LAMINA_EXCHANGE_IF(bits, type, name)                                                                     \
  int __tsan_atomic##bits##_compare_exchange_##name(volatile type* at, type* expected, type desired, int, int) { \
    LAMINA_JUDGE(at, sizeof(type), AccessKind::atomic_update, true);                                             \
    lamina::simt::publish_through(const_cast<const type*>(at));                                                  \
    return __atomic_compare_exchange_n(at, expected, desired, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);        \
  }
#define LAMINA_ATOMICS(bits, type)                                       \
  type __tsan_atomic##bits##_load(const volatile type* at, int) {        \
    LAMINA_JUDGE(at, sizeof(type), AccessKind::atomic_read, true);       \
    return __atomic_load_n(at, __ATOMIC_SEQ_CST);                        \
  }                                                                      \
  void __tsan_atomic##bits##_store(volatile type* at, type value, int) { \
    LAMINA_JUDGE(at, sizeof(type), AccessKind::atomic_write, true);      \
    lamina::simt::publish_through(const_cast<const type*>(at));          \
    __atomic_store_n(at, value, __ATOMIC_SEQ_CST);                       \
  }                                                                      \
  LAMINA_UPDATE(bits, type, exchange, __atomic_exchange_n)               \
  LAMINA_UPDATE(bits, type, fetch_add, __atomic_fetch_add)               \
  LAMINA_UPDATE(bits, type, fetch_sub, __atomic_fetch_sub)               \
  LAMINA_UPDATE(bits, type, fetch_and, __atomic_fetch_and)               \
  LAMINA_UPDATE(bits, type, fetch_or, __atomic_fetch_or)                 \
  LAMINA_UPDATE(bits, type, fetch_xor, __atomic_fetch_xor)               \
  LAMINA_EXCHANGE_IF(bits, type, strong)                                 \
  LAMINA_EXCHANGE_IF(bits, type, weak)
LAMINA_ATOMICS(8, uint8_t)
LAMINA_ATOMICS(16, uint16_t)
LAMINA_ATOMICS(32, uint32_t)
LAMINA_ATOMICS(64, uint64_t)

void __tsan_atomic_thread_fence(int) {}
void __tsan_atomic_signal_fence(int) {}

}  // extern "C"
