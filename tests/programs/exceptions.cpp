// Exceptions through several frames, with destructors, rethrowing, and one that nobody catches but a terminate handler.
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

namespace {

struct Announced {
  explicit Announced(std::string n) : name(std::move(n)) { std::printf("enter %s\n", name.c_str()); }
  ~Announced() { std::printf("leave %s\n", name.c_str()); }
  std::string name;
};

int depth(int level) {
  const Announced here("level " + std::to_string(level));
  if (level == 0) throw std::out_of_range("bottom");
  return depth(level - 1) + 1;
}

void translate() {
  try {
    depth(3);
  } catch (const std::out_of_range& error) {
    std::throw_with_nested(std::runtime_error("translated"));
  }
}

void print_chain(const std::exception& error, int level) {
  std::printf("%*s%s\n", level * 2, "", error.what());
  try {
    std::rethrow_if_nested(error);
  } catch (const std::exception& nested) {
    print_chain(nested, level + 1);
  }
}

}  // namespace

int main() {
  try {
    translate();
  } catch (const std::exception& error) {
    print_chain(error, 0);
  }
  for (const char* text : {"12", "x", "99999999999999999999"}) {
    try {
      std::printf("%d\n", std::stoi(text));
    } catch (const std::invalid_argument&) {
      std::puts("not a number");
    } catch (const std::out_of_range&) {
      std::puts("too large");
    }
  }
  try {
    std::vector<int>(3).at(7) = 1;
  } catch (const std::logic_error&) {
    std::puts("beyond the end");
  }
  std::set_terminate([] {
    std::puts("terminated");
    std::fflush(stdout);
    std::_Exit(42);
  });
  throw 1;
}
