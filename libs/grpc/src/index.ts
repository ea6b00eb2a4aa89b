export {
  type Authenticator,
  type AuthenticatorOptions,
  type AuthSettings,
  createAuthenticator,
  type Presented,
} from './auth/authenticator.js';
export { type Caller, ROLES, type Role } from './auth/role.js';
export { tokenFromFile } from './auth/token-file.js';
export { type ClientOptions, createClient } from './client.js';
export { type Forwarding, type ForwardOptions, forward } from './forward.js';
export { implement, type ServiceRegistration } from './implement.js';
export { isLoopback } from './loopback-address.js';
export { MAX_MESSAGE_BYTES } from './options.js';
export { type RunOptions, runUntilSignal, type StopStep } from './run-until-signal.js';
export { createGrpcServer, type GrpcServer, type GrpcServerOptions, type ListenAddress } from './server.js';
export { channelCredentials, type ServerTlsSettings, serverCredentials } from './tls/credentials.js';
export type { FollowOptions } from './tls/followed-certificates.js';
export type { PemFiles } from './tls/pem-files.js';
export { assertSafeToListen, type Protection } from './tls/safe-to-listen.js';
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
