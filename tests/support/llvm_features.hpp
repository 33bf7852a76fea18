#pragma once

#include <string>

#include "isa/feature.hpp"

namespace armillion::test {

/// LLVM's name of a feature of the instruction table, or an empty string where it needs none to know the encodings. Its
/// "aes" holds AES and PMULL, "sha2" SHA1 and SHA256, "sha3" SHA3 and SHA512. Hints are instructions without a feature.
constexpr const char* llvm_name_of(isa::Feature feature) {
  using enum isa::Feature;
  switch (feature) {
    case BASE: return "v8a";
    case FP: return "fp-armv8";
    case ASIMD: return "neon";
    case CRC32: return "crc";
    case LSE: return "lse";
    case LOR: return "lor";
    case RDM: return "rdm";
    case FP16: return "fullfp16";
    case DOTPROD: return "dotprod";
    case I8MM: return "i8mm";
    case BF16: return "bf16";
    case JSCVT: return "jsconv";
    case FCMA: return "complxnum";
    case LRCPC: return "rcpc";
    case LRCPC2: return "rcpc-immo";
    case FLAGM: return "flagm";
    case FLAGM2: return "altnzcv";
    case FRINTTS: return "fptoint";
    case AES:
    case PMULL: return "aes";
    case SHA1:
    case SHA256: return "sha2";
    case SHA3:
    case SHA512: return "sha3";
    case BTI: return "bti";
    case PAUTH_HINT:
    case COUNT: break;
  }
  return "";
}

/// LLVM's features that make it know the encodings of the instruction table and no others, as a subtarget takes them.
inline std::string llvm_features() {
  std::string features;
  for (unsigned i = 0; i < static_cast<unsigned>(isa::Feature::COUNT); ++i) {
    const std::string name = llvm_name_of(static_cast<isa::Feature>(i));
    if (!name.empty()) features += (features.empty() ? "+" : ",+") + name;
  }
  return features;
}

}  // namespace armillion::test
