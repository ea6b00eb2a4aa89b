export { inferenceBatch, measure } from './evaluate.js';
export { type EpochRecord, type FitCheckpoints, type FitOptions, type FitState, fit } from './fit.js';
export { inferSignals, type SignalArrays, type SignalRequest } from './signals.js';
