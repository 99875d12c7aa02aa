// SPDX-License-Identifier: Apache-2.0
// The numbers of the zip format (PKWARE APPNOTE.TXT 6.3.9, section 4.3) that reader and writer share, and what the
// format takes from zlib. Sizes are those of the fixed parts of a record. Internal to core/io.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace lamina::zip {

inline constexpr uint32_t kLocalHeader = 0x04034b50;
inline constexpr uint32_t kCentralHeader = 0x02014b50;
inline constexpr uint32_t kEnd = 0x06054b50;
inline constexpr uint32_t kEnd64 = 0x06064b50;
inline constexpr uint32_t kEnd64Locator = 0x07064b50;

inline constexpr size_t kLocalHeaderBytes = 30;
inline constexpr size_t kCentralHeaderBytes = 46;
inline constexpr size_t kEndBytes = 22;
inline constexpr size_t kEnd64Bytes = 56;
inline constexpr size_t kEnd64LocatorBytes = 20;

inline constexpr uint16_t kStored = 0;
inline constexpr uint16_t kDeflated = 8;

inline constexpr uint16_t kEncryptedFlag = 1u << 0;
inline constexpr uint16_t kSizesFollowFlag = 1u << 3;  // crc and sizes of the local header are zero
inline constexpr uint16_t kUtf8Flag = 1u << 11;

inline constexpr uint16_t kZip64Extra = 0x0001;
inline constexpr uint32_t kIn64 = 0xffffffffu;  // the value stands in the zip64 extra field
inline constexpr uint16_t kIn64Short = 0xffffu;

inline constexpr int kRawDeflateBits = -15;  // zlib's window bits: no zlib or gzip header

uint32_t crc32(std::span<const std::byte> bytes, uint32_t so_far = 0);

}  // namespace lamina::zip
