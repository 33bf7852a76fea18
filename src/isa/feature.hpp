#pragma once

#include <cstdint>

namespace armillion::isa {

/// The architecture feature that an encoding belongs to. BASE, FP and ASIMD are Armv8.0-A.
enum class Feature : std::uint8_t {
  BASE,
  FP,
  ASIMD,
  CRC32,
  LSE,
  LOR,
  RDM,
  FP16,
  DOTPROD,
  I8MM,
  BF16,
  JSCVT,
  FCMA,
  LRCPC,
  LRCPC2,
  FLAGM,
  FLAGM2,
  FRINTTS,
  AES,
  PMULL,
  SHA1,
  SHA256,
  SHA3,
  SHA512,
  BTI,
  PAUTH_HINT,
  COUNT,
};

}  // namespace armillion::isa
