// Conversions between integers and double precision, and divisions: the spectral norm of an infinite matrix's corner.
#include <math.h>
#include <stdio.h>

#include "work.h"

static double element(int row, int column) { return 1.0 / ((row + column) * (row + column + 1) / 2 + row + 1); }

static void multiply(int order, const double* vector, double* result) {
  for (int i = 0; i < order; ++i) {
    double sum = 0;
    for (int j = 0; j < order; ++j) sum += element(i, j) * vector[j];
    result[i] = sum;
  }
}

static void multiply_transposed(int order, const double* vector, double* result) {
  for (int i = 0; i < order; ++i) {
    double sum = 0;
    for (int j = 0; j < order; ++j) sum += element(j, i) * vector[j];
    result[i] = sum;
  }
}

int main(int argc, char** argv) {
  const int order = (int)work_size(argc, argv, 1100);
  double* const storage = calloc((size_t)order * 3, sizeof(double));
  if (storage == NULL) return 1;
  double *u = storage, *v = storage + order, *intermediate = storage + 2 * order;
  for (int i = 0; i < order; ++i) u[i] = 1;
  for (int round = 0; round < 10; ++round) {
    multiply(order, u, intermediate);
    multiply_transposed(order, intermediate, v);
    multiply(order, v, intermediate);
    multiply_transposed(order, intermediate, u);
  }
  double uv = 0, vv = 0;
  for (int i = 0; i < order; ++i) {
    uv += u[i] * v[i];
    vv += v[i] * v[i];
  }
  printf("%.12f\n", sqrt(uv / vv));
  free(storage);
}
