// What Highway's own library has of all that the kernels use, for builds that link everything but the C library
// statically: distributions have it only as a shared library.
#include <hwy/highway.h>
#include <hwy/targets.h>

namespace hwy {

int64_t SupportedTargets() {
#if HWY_ARCH_X86
  // Levels of x86-64 are what targets ask for, but that SSE4 wants AES and multiplication without carries, too.
  const bool has_aes = __builtin_cpu_supports("aes") != 0 && __builtin_cpu_supports("pclmul") != 0;
  std::int64_t targets = HWY_SCALAR;
  if (has_aes && __builtin_cpu_supports("x86-64-v2")) targets |= HWY_SSE4;
  if (has_aes && __builtin_cpu_supports("x86-64-v3")) targets |= HWY_AVX2;
  if (has_aes && __builtin_cpu_supports("x86-64-v4")) targets |= HWY_AVX3;
  return targets;
#else
  return HWY_ENABLED_BASELINE;
#endif
}

ChosenTarget& GetChosenTarget() {
  static ChosenTarget chosen;
  return chosen;
}

}  // namespace hwy
