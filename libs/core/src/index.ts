export { bytesOf, bytesPerElement, type DType, fromBytes, type NdArray, ndarray, sizeOf } from './arrays.js';
export { canonicalJson, contentKey, type Json, sha256Hex } from './canonical.js';
export { type CounterRandom, counterRandom } from './counter-random.js';
export { AppError, type AppErrorOptions, type ErrorCode, type Facts, type FieldViolation } from './errors.js';
export { Limit } from './limit.js';
export {
  type HeldMatrix,
  type Matrices,
  productError,
  type RowRange,
  scalarMatrices,
} from './matrices.js';
export { accuracy, type Metrics, macroF1 } from './metrics.js';
export { didYouMean, nearest } from './nearest.js';
export { plainJson } from './plain-json.js';
export { namedRandom, type Random, shuffle } from './random.js';
export { aulc, aulcUnitSteps, type CurvePoint } from './statistics/aulc.js';
export { holm } from './statistics/holm.js';
export { type Interval, tInterval } from './statistics/intervals.js';
export { mean, sampleSd } from './statistics/moments.js';
export { type PairedDifference, pairedDifference } from './statistics/paired.js';
export { studentTCdf, studentTQuantile, studentTTwoSided } from './statistics/student-t.js';
export { fromWire, toWire, type WireError } from './wire-error.js';
