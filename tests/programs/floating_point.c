// Floating point as the C library prints, parses and computes it, in all rounding modes and with exception flags.
#include <complex.h>
#include <fenv.h>
#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

static volatile double one = 1.0, three = 3.0, zero = 0.0, tiny = DBL_MIN, huge_value = DBL_MAX;

static void print_in_all_modes(void) {
  static const int modes[] = {FE_TONEAREST, FE_UPWARD, FE_DOWNWARD, FE_TOWARDZERO};
  for (unsigned i = 0; i < 4; ++i) {
    fesetround(modes[i]);
    printf("%a %a %a %.0f %.0f %ld\n", one / three, -one / three, sqrt(three), rint(2.5), nearbyint(-1.5),
           lrint(one * 2.5));
  }
  fesetround(FE_TONEAREST);
}

static void show_flags(const char* what) {
  printf("%s:%s%s%s%s%s\n", what, fetestexcept(FE_INVALID) ? " invalid" : "",
         fetestexcept(FE_DIVBYZERO) ? " division-by-zero" : "", fetestexcept(FE_OVERFLOW) ? " overflow" : "",
         fetestexcept(FE_UNDERFLOW) ? " underflow" : "", fetestexcept(FE_INEXACT) ? " inexact" : "");
  feclearexcept(FE_ALL_EXCEPT);
}

int main(void) {
  printf("%f %e %g %a %.17g\n", M_PI, M_PI, M_PI, M_PI, 0.1);
  printf("%g %g %g %g\n", INFINITY, -INFINITY, DBL_MIN / 4, 5e-324);
  printf("%.40f\n%.20Lf\n", 0.1, 1.0L / 3.0L);
  printf("%d %d %d\n", isnan(zero / zero) != 0, isinf(one / zero) != 0, signbit(-zero) != 0);
  print_in_all_modes();

  feclearexcept(FE_ALL_EXCEPT);
  volatile double result = one / zero;
  show_flags("1/0");
  result = zero / zero;
  show_flags("0/0");
  result = huge_value * huge_value;
  show_flags("max*max");
  result = tiny * tiny;
  show_flags("min*min");
  result = sqrt(-one);
  show_flags("sqrt(-1)");
  (void)result;

  for (double x = -3; x <= 3; x += 0.75) {
    printf("%.15g %.15g %.15g %.15g %.15g %.15g\n", sin(x), cos(x), exp(x), atan(x), tanh(x), cbrt(x));
  }
  printf("%.15g %.15g %.15g %.15g\n", pow(2.5, 3.5), log(10), log1p(1e-10), lgamma(10.5));
  printf("%.9g %.9g %.9g\n", (double)sinf(0.5f), (double)powf(1.1f, 10.0f), (double)fmaf(1.1f, 2.2f, 3.3f));
  printf("%.17g %.17g\n", fma(0.1, 10, -1), remainder(10.3, 3));
  const double complex z = cexp(I * M_PI / 3);
  printf("%.12f %.12f\n", creal(z), cimag(z));
  static const char* const texts[] = {"1e308", "1e309", "4.9e-324", "2e-324", "0x1.8p3", "nan", "-inf", "123.456"};
  for (unsigned i = 0; i < sizeof texts / sizeof *texts; ++i) printf("%s = %.17g\n", texts[i], strtod(texts[i], NULL));
  const _Float16 half = (_Float16)1.337;
  printf("%.10f\n", (double)(half * half + half));
  return 0;
}
