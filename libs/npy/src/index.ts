export { isFloat, type NpyDType, type Values } from './dtypes.js';
export { NpyFile, withNpy } from './npy-file.js';
