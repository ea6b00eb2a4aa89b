export { bytesOf, bytesPerElement, type DType, fromBytes, type NdArray, ndarray, sizeOf } from './arrays.js';
export { canonicalJson, contentKey, type Json, sha256Hex } from './canonical.js';
export { AppError, type AppErrorOptions, type ErrorCode, type Facts, type FieldViolation } from './errors.js';
export { didYouMean, nearest } from './nearest.js';
export { namedRandom, type Random, shuffle } from './random.js';
