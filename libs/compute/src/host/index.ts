export { ComputeHost, type ComputeHostOptions } from './compute-host.js';
export { type Computation, type ComputationContext, serveComputations } from './serve-computations.js';
