export { type ClientOptions, createClient } from './client.js';
export { implement, type ServiceRegistration } from './implement.js';
export { MAX_MESSAGE_BYTES } from './options.js';
export { type RunOptions, runUntilSignal, type StopStep } from './run-until-signal.js';
export { createGrpcServer, type GrpcServer, type GrpcServerOptions, type ListenAddress } from './server.js';
export type {
  CallContext,
  CallOptions,
  ClientOf,
  HandlersOf,
  ServiceDeps,
  StreamCallOptions,
  StreamHandler,
  UnaryCallOptions,
  UnaryHandler,
} from './types.js';
