// The logistic function and its loss, by no operation but +, -, * and /, which IEEE 754 fixes to the last bit: what a
// training makes of them is the same in every runtime, while Math.exp may differ in its last bits.

/** ln 2 in two parts: the first has so few bits that its product with an exponent is exact. */
const [LN2_HIGH, LN2_LOW] = [0.6931471803691238, 1.9082149292705877e-10];
/** exp(-708) is about the smallest that is no subnormal number. */
const LOWEST = -708;
const HALVES = powersOfHalf(1024);
/** 1 / i!: |r| ≤ ln 2 / 2, so that r^14 / 14! is below half the last bit of 1. */
const INVERSE_FACTORIALS = inverseFactorials(13);

/** 1 / (1 + exp(-x)). */
export function logistic(x: number): number {
  const e = expOfNegative(-Math.abs(x));
  return x >= 0 ? 1 / (1 + e) : e / (1 + e);
}

/** ln(1 + exp(x)): the loss, in nats, of a sample of class 1 at the logit -x, or of class 0 at the logit x. */
export function softplus(x: number): number {
  // ln(1 + e) = 2 artanh(s) with s = e / (2 + e) ≤ 1/3.
  const e = expOfNegative(-Math.abs(x));
  const s = e / (2 + e);
  const squared = s * s;
  let sum = 0;
  for (let odd = 33; odd >= 1; odd -= 2) sum = sum * squared + 1 / odd;
  return Math.max(0, x) + 2 * s * sum;
}

/** exp(x) for x ≤ 0; 0 where it would be no normal number. */
function expOfNegative(x: number): number {
  if (x < LOWEST) return 0;
  const exponent = Math.floor(0.5 - x / LN2_HIGH);
  const rest = x + exponent * LN2_HIGH + exponent * LN2_LOW;
  let sum = 0;
  for (let i = INVERSE_FACTORIALS.length - 1; i >= 0; i--) {
    sum = sum * rest + (INVERSE_FACTORIALS[i] as number);
  }
  return sum * (HALVES[exponent] as number);
}

function powersOfHalf(count: number): Float64Array {
  const powers = new Float64Array(count);
  for (let at = 0, power = 1; at < count; at++, power /= 2) powers[at] = power;
  return powers;
}

function inverseFactorials(last: number): Float64Array {
  const inverses = new Float64Array(last + 1);
  for (let at = 0, factorial = 1; at <= last; factorial *= ++at) inverses[at] = 1 / factorial;
  return inverses;
}
