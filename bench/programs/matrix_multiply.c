// Double-precision arithmetic in nested loops: products of square matrices, tile by tile.
#include <stdio.h>

#include "work.h"

enum { ORDER = 192, TILE = 32 };

static double a[ORDER][ORDER], b[ORDER][ORDER], product[ORDER][ORDER];

static void multiply_tile(int row, int column, int inner) {
  for (int i = row; i < row + TILE; ++i) {
    for (int k = inner; k < inner + TILE; ++k) {
      const double factor = a[i][k];
      for (int j = column; j < column + TILE; ++j) product[i][j] += factor * b[k][j];
    }
  }
}

int main(int argc, char** argv) {
  const uint64_t rounds = work_size(argc, argv, 14);
  uint64_t state = 1;
  for (int i = 0; i < ORDER; ++i) {
    for (int j = 0; j < ORDER; ++j) {
      a[i][j] = (double)(next_random(&state) >> 11) / 9007199254740992 - 0.5;
      b[i][j] = (double)(next_random(&state) >> 11) / 9007199254740992 - 0.5;
    }
  }
  for (uint64_t round = 0; round < rounds; ++round) {
    for (int i = 0; i < ORDER; i += TILE) {
      for (int k = 0; k < ORDER; k += TILE) {
        for (int j = 0; j < ORDER; j += TILE) multiply_tile(i, j, k);
      }
    }
  }
  double trace = 0;
  for (int i = 0; i < ORDER; ++i) trace += product[i][i];
  printf("%.15g %.15g\n", trace, product[ORDER - 1][0]);
}
