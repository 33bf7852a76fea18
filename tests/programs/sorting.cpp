// Sorting numbers and strings in several ways; all of them agree.
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <functional>
#include <map>
#include <queue>
#include <random>
#include <set>
#include <string>
#include <vector>

namespace {

template <class T>
void merge_sort(std::vector<T>& values, std::vector<T>& scratch, std::size_t from, std::size_t to) {
  if (to - from < 2) return;
  const std::size_t middle = from + (to - from) / 2;
  merge_sort(values, scratch, from, middle);
  merge_sort(values, scratch, middle, to);
  std::merge(values.begin() + from, values.begin() + middle, values.begin() + middle, values.begin() + to,
             scratch.begin() + from);
  std::copy(scratch.begin() + from, scratch.begin() + to, values.begin() + from);
}

std::vector<std::uint32_t> radix_sorted(std::vector<std::uint32_t> values) {
  std::vector<std::uint32_t> other(values.size());
  for (int shift = 0; shift < 32; shift += 8) {
    std::size_t starts[257] = {};
    for (const auto value : values) ++starts[(value >> shift & 255) + 1];
    for (int i = 0; i < 256; ++i) starts[i + 1] += starts[i];
    for (const auto value : values) other[starts[value >> shift & 255]++] = value;
    values.swap(other);
  }
  return values;
}

std::uint64_t digest(const std::vector<std::uint32_t>& values) {
  std::uint64_t hash = 14695981039346656037u;
  for (const auto value : values) hash = (hash ^ value) * 1099511628211u;
  return hash;
}

}  // namespace

int main() {
  std::mt19937 random(2024);
  std::vector<std::uint32_t> numbers(50000);
  for (auto& number : numbers) number = random();
  auto standard = numbers;
  std::sort(standard.begin(), standard.end());
  auto merged = numbers;
  std::vector<std::uint32_t> scratch(numbers.size());
  merge_sort(merged, scratch, 0, merged.size());
  auto heaped = numbers;
  std::make_heap(heaped.begin(), heaped.end());
  std::sort_heap(heaped.begin(), heaped.end());
  std::priority_queue<std::uint32_t, std::vector<std::uint32_t>, std::greater<>> queue(numbers.begin(), numbers.end());
  std::vector<std::uint32_t> drained;
  for (; !queue.empty(); queue.pop()) drained.push_back(queue.top());
  const std::multiset<std::uint32_t> tree(numbers.begin(), numbers.end());
  const std::vector<std::uint32_t> walked(tree.begin(), tree.end());
  for (const auto& sorted : {standard, merged, heaped, radix_sorted(numbers), drained, walked}) {
    std::printf("%016llx %u %u\n", static_cast<unsigned long long>(digest(sorted)), sorted.front(), sorted.back());
  }
  std::stable_sort(numbers.begin(), numbers.end(), [](auto a, auto b) { return a % 1000 < b % 1000; });
  std::printf("%016llx\n", static_cast<unsigned long long>(digest(numbers)));

  std::map<std::string, int> words;
  std::uniform_int_distribution<int> letter('a', 'e');
  for (int i = 0; i < 20000; ++i) {
    std::string word(1 + random() % 4, ' ');
    for (char& c : word) c = static_cast<char>(letter(random));
    ++words[word];
  }
  std::vector<std::pair<std::string, int>> ranking(words.begin(), words.end());
  std::sort(ranking.begin(), ranking.end(), [](const auto& a, const auto& b) {
    return a.second != b.second ? a.second > b.second : a.first < b.first;
  });
  for (std::size_t i = 0; i < 10; ++i) std::printf("%s %d\n", ranking[i].first.c_str(), ranking[i].second);
}
