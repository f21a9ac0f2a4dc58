// CRC-32C (Castagnoli, reflected 0x1EDC6F41) with the processor's own instruction where it has
// one, a table elsewhere, and a fast 64-bit hash. Header only: no C target to build.

#ifndef TAPEDECK_CHECKSUM_H
#define TAPEDECK_CHECKSUM_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

static inline uint32_t tapedeck_crc32c_bitwise(uint32_t crc, const uint8_t *bytes, size_t count) {
  for (size_t i = 0; i < count; i++) {
    crc ^= bytes[i];
    for (int bit = 0; bit < 8; bit++) {
      crc = (crc >> 1) ^ (0x82F63B78u & (0u - (crc & 1u)));
    }
  }
  return crc;
}

#if defined(__x86_64__)
__attribute__((target("sse4.2")))
static inline uint32_t tapedeck_crc32c_hardware(uint32_t crc, const uint8_t *bytes, size_t count) {
  uint64_t wide = crc;
  while (count >= 8) {
    uint64_t word;
    memcpy(&word, bytes, 8);
    wide = __builtin_ia32_crc32di(wide, word);
    bytes += 8;
    count -= 8;
  }
  crc = (uint32_t)wide;
  while (count > 0) {
    crc = __builtin_ia32_crc32qi(crc, *bytes);
    bytes++;
    count--;
  }
  return crc;
}
#endif

/// Continues `crc` (0 at the start) over `count` bytes.
static inline uint32_t tapedeck_crc32c(uint32_t crc, const void *bytes, size_t count) {
  crc = ~crc;
#if defined(__x86_64__)
  if (__builtin_cpu_supports("sse4.2")) {
    return ~tapedeck_crc32c_hardware(crc, (const uint8_t *)bytes, count);
  }
#endif
  return ~tapedeck_crc32c_bitwise(crc, (const uint8_t *)bytes, count);
}

/// The same by the definition, without hardware: what tests compare against.
static inline uint32_t tapedeck_crc32c_reference(uint32_t crc, const void *bytes, size_t count) {
  return ~tapedeck_crc32c_bitwise(~crc, (const uint8_t *)bytes, count);
}

static inline uint64_t tapedeck_multiply_fold(uint64_t left, uint64_t right) {
  __uint128_t product = (__uint128_t)left * right;
  return (uint64_t)product ^ (uint64_t)(product >> 64);
}

/// A 64-bit hash of `count` bytes, started from `seed`. Little-endian reads, 16 bytes a step,
/// each folded by a 128-bit multiplication; the definition is in docs/FORMAT.md.
static inline uint64_t tapedeck_hash64(uint64_t seed, const void *data, size_t count) {
  const uint64_t k0 = 0x9E3779B97F4A7C15u, k1 = 0xD1B54A32D192ED03u, k2 = 0x8CB92BA72F3D8DD7u;
  const uint8_t *bytes = (const uint8_t *)data;
  uint64_t state = seed ^ tapedeck_multiply_fold((uint64_t)count ^ k2, k0);
  uint64_t low, high;
  // Whole steps apart from the last: copies of a known length are loads.
  while (count >= 16) {
    memcpy(&low, bytes, 8);
    memcpy(&high, bytes + 8, 8);
    state = tapedeck_multiply_fold(low ^ state ^ k0, high ^ k1) ^ (state >> 29);
    bytes += 16;
    count -= 16;
  }
  if (count > 0) {
    uint8_t step[16] = {0};
    memcpy(step, bytes, count);
    memcpy(&low, step, 8);
    memcpy(&high, step + 8, 8);
    state = tapedeck_multiply_fold(low ^ state ^ k0, high ^ k1) ^ (state >> 29);
  }
  return tapedeck_multiply_fold(state ^ k1, k0);
}

#endif
