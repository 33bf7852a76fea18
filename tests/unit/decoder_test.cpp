#include "isa/decoder.hpp"

#include <gtest/gtest.h>

#include <cctype>
#include <cstdint>
#include <random>
#include <set>
#include <string>

#include "isa/predecode.hpp"
#include "isa/semantics/all.hpp"

#define A64_SECTION A64_TABLE
#include "isa/operations.hpp"

namespace armillion::isa {
namespace {

// The bits of `word` that are set in `bits`, pushed together: `gather_bits` written down as simply as it can be.
std::uint32_t gathered(std::uint32_t word, std::uint32_t bits) {
  std::uint32_t value = 0;
  for (int i = 31; i >= 0; --i) {
    if (bits >> i & 1) value = value << 1 | (word >> i & 1);
  }
  return value;
}

bool matches(const RowInfo& info, std::uint32_t word) { return (word & info.mask) == info.value && info.accepts(word); }

// `decode` by looking at every row.
Opcode find_in_all_rows(std::uint32_t word) {
  Opcode found = Opcode::UNDEFINED;
  for (std::uint32_t i = 0; i < OPCODE_COUNT; ++i) {
    const Opcode candidate{static_cast<std::uint16_t>(i)};
    if (!matches(row(candidate), word)) continue;
    if (found == Opcode::UNDEFINED || row(candidate).priority > row(found).priority) found = candidate;
  }
  return found;
}

class DecoderTest : public ::testing::Test {
 protected:
  std::uint32_t random_word() { return static_cast<std::uint32_t>(random()); }
  // A word of the row's pattern, which may be reserved.
  std::uint32_t random_word_of(const RowInfo& info) { return info.value | (random_word() & ~info.mask); }

  std::mt19937_64 random{1};
};

TEST_F(DecoderTest, FindsWhatASearchOfAllRowsFinds) {
  for (int i = 0; i < 100'000; ++i) {
    const std::uint32_t word = random_word();
    ASSERT_EQ(decode(word), find_in_all_rows(word)) << std::hex << word;
  }
  for (std::uint32_t i = 0; i < OPCODE_COUNT; ++i) {
    const RowInfo& info = row(Opcode{static_cast<std::uint16_t>(i)});
    for (int round = 0; round < 100; ++round) {
      const std::uint32_t word = random_word_of(info);
      ASSERT_EQ(decode(word), find_in_all_rows(word)) << info.name << ' ' << std::hex << word;
      // A bit away, where the next row may begin.
      const std::uint32_t neighbour = word ^ 1u << random() % 32;
      ASSERT_EQ(decode(neighbour), find_in_all_rows(neighbour)) << info.name << ' ' << std::hex << neighbour;
    }
  }
}

TEST_F(DecoderTest, EveryRowIsReached) {
  for (std::uint32_t i = 0; i < OPCODE_COUNT; ++i) {
    const Opcode opcode{static_cast<std::uint16_t>(i)};
    bool is_reached = false;
    for (int round = 0; round < 100'000 && !is_reached; ++round)
      is_reached = decode(random_word_of(row(opcode))) == opcode;
    EXPECT_TRUE(is_reached) << row(opcode).name;
  }
}

TEST_F(DecoderTest, NamesAreUniqueAndBeginWithAMnemonic) {
  std::set<std::string> names;
  for (std::uint32_t i = 0; i < OPCODE_COUNT; ++i) {
    const std::string name = row(Opcode{static_cast<std::uint16_t>(i)}).name;
    EXPECT_TRUE(names.insert(name).second) << name << " stands twice in the table";
    EXPECT_TRUE(std::islower(static_cast<unsigned char>(name[0]))) << name;
    for (const char c : name) {
      EXPECT_TRUE(std::islower(static_cast<unsigned char>(c)) || std::isdigit(static_cast<unsigned char>(c)) ||
                  c == '_')
          << name;
    }
  }
}

TEST_F(DecoderTest, EveryFeatureHasAName) {
  std::set<std::string> names;
  for (int i = 0; i < static_cast<int>(Feature::COUNT); ++i) {
    const std::string name = name_of(static_cast<Feature>(i));
    EXPECT_NE(name, "unknown");
    EXPECT_TRUE(names.insert(name).second) << name;
  }
}

TEST_F(DecoderTest, HandlersOfAllRowsAreNumberedWithoutGaps) {
  std::uint32_t next = 0;
  for (std::uint32_t i = 0; i < OPCODE_COUNT; ++i) {
    const Opcode opcode{static_cast<std::uint16_t>(i)};
    EXPECT_EQ(first_handler(opcode), next) << row(opcode).name;
    next += 1u << __builtin_popcount(row(opcode).static_bits);
  }
  EXPECT_EQ(ROW_HANDLER_COUNT, next);
}

TEST_F(DecoderTest, AHandlersNumberTellsTheStaticFields) {
  for (std::uint32_t i = 0; i < OPCODE_COUNT; ++i) {
    const Opcode opcode{static_cast<std::uint16_t>(i)};
    const RowInfo& info = row(opcode);
    for (int round = 0; round < 100; ++round) {
      const std::uint32_t word = random_word_of(info);
      if (decode(word) != opcode) continue;
      const std::uint32_t variant = predecode(word).handler - first_handler(opcode);
      ASSERT_EQ(variant, gathered(word, info.static_bits)) << info.name;
      ASSERT_EQ(scatter_bits(variant, info.static_bits), word & info.static_bits) << info.name;
    }
  }
}

TEST_F(DecoderTest, AWordThatIsNoInstructionHasItsOwnHandler) { EXPECT_EQ(predecode(0).handler, UNDEFINED_HANDLER); }

// The fields of a word, for operations that compare their operands with them instead of executing.
struct Fields {
  std::uint32_t values[8];
  int wrong = -1;
};

template <class Operation>
struct Comparing : Operation {
  template <class M, class... Operands>
  static void execute(M& fields, Operands... operands) {
    int index = 0;
    (compare(fields, index++, operands), ...);
  }

 private:
  template <class P>
  static void compare(Fields& fields, int index, P operand) {
    const P expected = P::from_field(fields.values[index]);
    if constexpr (RegisterOperand<P>) {
      if (operand.slot != expected.slot) fields.wrong = index;
    } else {
      if (operand.value != expected.value) fields.wrong = index;
    }
  }
};

// Packs the operands of a word whose static fields are 0 and unpacks them again.
template <class Operation>
void pack_and_compare(std::uint32_t word, Fields& fields) {
  using Compared = Binding<Comparing<Operation>>;
  MicroOp op{};
  Compared::pack(word, op);
  Compared::template execute<0>(fields, op);
}

TEST_F(DecoderTest, OperandsSurvivePacking) {
  constexpr void (*PACK_AND_COMPARE[])(std::uint32_t, Fields&) = {
#define A64(NAME_, ...) &pack_and_compare<operations::NAME_>,
#include A64_TABLE
#undef A64
  };
  for (std::uint32_t i = 0; i < OPCODE_COUNT; ++i) {
    const RowInfo& info = row(Opcode{static_cast<std::uint16_t>(i)});
    const std::string pattern = info.pattern;
    for (int round = 0; round < 50; ++round) {
      const std::uint32_t bits = round == 0 ? 0 : round == 1 ? ~0u : random_word();
      const std::uint32_t word = info.value | (bits & ~info.mask & ~info.static_bits);
      Fields fields{};
      std::string letters;
      for (const char c : pattern) {
        if (!Pattern::is_letter(c) || letters.find(c) != std::string::npos) continue;
        std::uint32_t letter_bits = 0;
        for (const char other : pattern) letter_bits = letter_bits << 1 | (other == c ? 1 : 0);
        fields.values[letters.size()] = gathered(word, letter_bits);
        letters += c;
      }
      PACK_AND_COMPARE[i](word, fields);
      ASSERT_LT(fields.wrong, 0) << info.name << ", field " << fields.wrong << " of word " << std::hex << word;
    }
  }
}

}  // namespace
}  // namespace armillion::isa
