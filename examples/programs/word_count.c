// Counts the lines, words and bytes of a file: word_count FILE
#include <ctype.h>
#include <stdio.h>

int main(int argc, char** argv) {
  if (argc != 2) {
    fprintf(stderr, "usage: word_count FILE\n");
    return 2;
  }
  FILE* const file = fopen(argv[1], "r");
  if (file == NULL) {
    perror(argv[1]);
    return 1;
  }
  unsigned long lines = 0, words = 0, bytes = 0;
  int in_word = 0;
  for (int c = getc(file); c != EOF; c = getc(file)) {
    ++bytes;
    lines += c == '\n';
    words += !isspace(c) && !in_word;
    in_word = !isspace(c);
  }
  fclose(file);
  printf("%lu lines, %lu words, %lu bytes\n", lines, words, bytes);
  return 0;
}
