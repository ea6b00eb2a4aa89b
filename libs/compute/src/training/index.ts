export { epochBatches } from './batches.js';
export { inferenceBatch, measure } from './evaluate.js';
export { type EpochRecord, type FitHooks, type FitOptions, type FitOutcome, fit } from './fit.js';
export { inferSignals, monteCarloMasks, type SignalArrays, type SignalRequest } from './signals.js';
