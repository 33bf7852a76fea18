#pragma once

#include <sys/mman.h>

#include <cstddef>
#include <cstdlib>
#include <memory>
#include <new>
#include <random>

namespace armillion::bench {

/// Two arrays of random numbers and one for results. Each begins on a page, and asks for large pages, as numpy's do.
class Arrays {
 public:
  Arrays(std::size_t size, float low, float high) : a_(make(size)), b_(make(size)), result_(make(size)) {
    std::mt19937 random(1);
    std::uniform_real_distribution<float> distribution(low, high);
    for (std::size_t i = 0; i < size; ++i) {
      a_.get()[i] = distribution(random);
      b_.get()[i] = distribution(random);
      result_.get()[i] = 0;
    }
  }

  const float* a() const { return a_.get(); }
  const float* b() const { return b_.get(); }
  float* result() const { return result_.get(); }

 private:
  struct Free {
    void operator()(float* memory) const { std::free(memory); }
  };
  using Memory = std::unique_ptr<float, Free>;

  static Memory make(std::size_t size) {
    constexpr std::size_t PAGE = 4096;
    Memory memory(static_cast<float*>(std::aligned_alloc(PAGE, (size * sizeof(float) + PAGE - 1) / PAGE * PAGE)));
    if (memory == nullptr) throw std::bad_alloc();
    ::madvise(memory.get(), size * sizeof(float), MADV_HUGEPAGE);
    return memory;
  }

  Memory a_;
  Memory b_;
  Memory result_;
};

}  // namespace armillion::bench
