// Numbers, variables of one letter, + - * / %, unary minus and parentheses.
#include "fleet_programs.h"
#include "random.h"

enum { TEXT_BYTES = 256, LONGEST_TERM = 32, DEEPEST = 6 };

struct Writer {
  char text[TEXT_BYTES];
  int length;
  uint64_t random;
};

static void write_number(struct Writer* writer, uint64_t number) {
  char digits[8];
  int count = 0;
  do {
    digits[count++] = (char)('0' + number % 10);
    number /= 10;
  } while (number != 0);
  while (count > 0) writer->text[writer->length++] = digits[--count];
}

// Terms and operators until the text is nearly full; then closes what is open.
static void write_expression(struct Writer* writer) {
  int depth = 0;
  writer->length = 0;
  while (1) {
    const uint64_t choice = next_random(&writer->random) >> 32;
    if ((choice & 7) == 0) writer->text[writer->length++] = '-';
    if ((choice & 0x30) == 0 && depth < DEEPEST) {
      writer->text[writer->length++] = '(';
      ++depth;
      continue;
    }
    if (choice & 0x40) {
      write_number(writer, choice >> 12 & 0xfff);
    } else {
      writer->text[writer->length++] = (char)('a' + (choice >> 12 & 0xfff) % 26);
    }
    if ((choice & 0x300) == 0 && depth > 0) {
      writer->text[writer->length++] = ')';
      --depth;
    }
    if (writer->length > TEXT_BYTES - LONGEST_TERM - DEEPEST) break;
    writer->text[writer->length++] = "+-*/%+*-"[choice >> 28 & 7];
    if (choice & 0x400) writer->text[writer->length++] = ' ';
  }
  while (depth-- > 0) writer->text[writer->length++] = ')';
  writer->text[writer->length] = 0;
}

struct Parser {
  const char* next;
  uint64_t errors;
  uint64_t variables;
};

static uint64_t parse_sum(struct Parser* parser);

static char peek(struct Parser* parser) {
  while (*parser->next == ' ') ++parser->next;
  return *parser->next;
}

static uint64_t parse_primary(struct Parser* parser) {
  const char c = peek(parser);
  if (c == '-') {
    ++parser->next;
    return 0 - parse_primary(parser);
  }
  if (c == '(') {
    ++parser->next;
    const uint64_t value = parse_sum(parser);
    if (peek(parser) == ')') {
      ++parser->next;
    } else {
      ++parser->errors;
    }
    return value;
  }
  if (c >= 'a' && c <= 'z') {
    ++parser->next;
    return parser->variables * (uint64_t)(c - 'a' + 1);
  }
  uint64_t value = 0;
  if (c < '0' || c > '9') ++parser->errors;
  while (*parser->next >= '0' && *parser->next <= '9') value = value * 10 + (uint64_t)(*parser->next++ - '0');
  return value;
}

static uint64_t parse_product(struct Parser* parser) {
  uint64_t value = parse_primary(parser);
  while (1) {
    const char c = peek(parser);
    if (c != '*' && c != '/' && c != '%') return value;
    ++parser->next;
    const uint64_t right = parse_primary(parser);
    if (c == '*') {
      value *= right;
    } else if (right == 0) {
      ++parser->errors;
    } else {
      value = c == '/' ? value / right : value % right;
    }
  }
}

static uint64_t parse_sum(struct Parser* parser) {
  uint64_t value = parse_product(parser);
  while (1) {
    const char c = peek(parser);
    if (c != '+' && c != '-') return value;
    ++parser->next;
    const uint64_t right = parse_product(parser);
    value = c == '+' ? value + right : value - right;
  }
}

uint64_t expression_parser(uint64_t lane, uint64_t rounds) {
  struct Writer writer;
  writer.random = random_state(lane, 0);
  uint64_t checksum = 0;
  for (uint64_t round = 0; round < rounds; ++round) {
    write_expression(&writer);
    struct Parser parser = {writer.text, 0, round + 3};
    const uint64_t value = parse_sum(&parser);
    checksum = mix(checksum, value ^ parser.errors << 56 ^ (uint64_t)(parser.next - writer.text));
  }
  return checksum;
}
