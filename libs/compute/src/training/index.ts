export { measure } from './evaluate.js';
export { type EpochRecord, type FitOptions, fit } from './fit.js';
export { inferSignals, type SignalRequest } from './signals.js';
