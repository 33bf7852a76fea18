#pragma once

#include <array>

namespace armillion::ops {

/// The numbers of the elementary functions, from scripts/ops-coefficients. Polynomials have their lowest coefficient
/// first. The logarithm of 2 is cut in two: multiples of the upper part have no rounding error for the exponents there
/// are.
template <class T>
struct Coefficients;

template <>
struct Coefficients<float> {
  /// q in e^r = 1 + r + r^2 q(r), |r| <= ln 2 / 2.
  static constexpr std::array EXP{0.4999999345F, 0.1666652063F, 0.04166838804F, 0.008368716869F, 0.001381459904F};
  /// R in ln((1 + s) / (1 - s)) = 2 s + s z R(z), z = s^2, for (1 + s) / (1 - s) between the roots of 1/2 and 2.
  static constexpr std::array LOG{0.6666666564F, 0.4000033622F, 0.2853723836F, 0.2358356826F};
  /// P in Phi(-t) e^(t^2 / 2) = P((t - c) / (t + c)) / (t + c), 0 <= t <= 14.5, where Phi is the standard normal
  /// distribution and c is TAIL_SCALE.
  static constexpr std::array TAIL{0.7290836915F,     -0.5093321646F,  0.2300177088F,   -0.04725819096F,
                                   -0.01046244472F,   0.006937465301F, 0.001017129041F, -0.0009467512558F,
                                   -0.0002038989108F, 5.185681436e-5F};
  static constexpr float TAIL_SCALE = 3;
  static constexpr float TAIL_END = 14.5F;
  static constexpr float LN2_HIGH = 0.693359375F;
  static constexpr float LN2_LOW = -2.12194440e-4F;
  static constexpr float LOG2_E = 1.44269504F;
};

template <>
struct Coefficients<double> {
  static constexpr std::array EXP{0.500000000000001063,     0.166666666666664125,   0.0416666666665301583,
                                  0.0083333333334944591,    0.0013888888943630203,  0.000198412695065797544,
                                  0.0000248014930988190761, 2.75575863758924235e-6, 2.76302484071363097e-7,
                                  2.50000602207859961e-8};
  static constexpr std::array LOG{0.66666666666667349,  0.3999999999941109,   0.285714287432630686,
                                  0.222221984759596884, 0.181835697405669591, 0.153139032408472901,
                                  0.147975076518810233};
  /// 0 <= t <= 39.
  static constexpr std::array TAIL{
      0.755285130415751492,    -0.607896641971892095,    0.387137400742214841,    -0.186521857959658616,
      0.0603965748909196511,   -0.00754018896668353277,  -0.0034796923670200538,  0.00163081845698253159,
      0.000133344308151306182, -0.000231094930709225207, -1.90822996440897917e-6, 0.0000351446677728384889,
      7.1654644372317095e-7,   -5.92013355634019495e-6,  -6.29370695979674593e-7, 1.02152591120327436e-6,
      2.71231957702307606e-7,  -1.55029494015550922e-7,  -8.47802396031499537e-8, 1.34543418110723396e-8,
      1.92282684584335318e-8,  1.75728198913115946e-9,   -2.41639267722733216e-9, -6.70902093766808537e-10};
  static constexpr double TAIL_SCALE = 4;
  static constexpr double TAIL_END = 39;
  static constexpr double LN2_HIGH = 6.93147180369123816490e-01;
  static constexpr double LN2_LOW = 1.90821492927058770002e-10;
  static constexpr double LOG2_E = 1.4426950408889634;
};

}  // namespace armillion::ops
