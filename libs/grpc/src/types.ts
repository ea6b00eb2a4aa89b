// Types of handlers and clients, derived from the service definitions that ts-proto generates.

import type { Logger } from '@alarena/telemetry';
import type { Metadata, ServiceDefinition } from '@grpc/grpc-js';
import type { Caller } from './auth/role.js';

export type RequestOf<Method> = Method extends { requestDeserialize: (bytes: Buffer) => infer R } ? R : never;
export type ResponseOf<Method> = Method extends { responseDeserialize: (bytes: Buffer) => infer R }
  ? R
  : never;

/** What a handler knows of its call beside the request. */
export interface CallContext {
  /** Aborted, with an AppError as reason, when the caller cancels or goes away and when the deadline passes. */
  readonly signal: AbortSignal;
  /** Aborted when the server begins to shut down: a stream without an end ends itself then. */
  readonly stopping: AbortSignal;
  /** Milliseconds since the epoch; Infinity for a call without one. */
  readonly deadline: number;
  /** Names the method and the call in each line. */
  readonly logger: Logger;
  readonly metadata: Metadata;
  /** Address of the caller. */
  readonly peer: string;
  /** Who made the call. Whether they may has been checked. */
  readonly caller: Caller;
}

/** What a server lends to the services it runs. */
export interface ServiceDeps {
  readonly logger: Logger;
  /** Aborted when a shutdown begins. */
  readonly stopping: AbortSignal;
  /** Aborted, with the error the callers get, when a shutdown waits no longer. */
  readonly cutting: AbortSignal;
  /** Who made the call that has this metadata. */
  callerOf(metadata: Metadata): Caller;
}

export type UnaryHandler<Request, Response> = (request: Request, ctx: CallContext) => Promise<Response>;

/** Usually an async generator. It is run only as far as the caller reads, and ended early by a cancel. */
export type StreamHandler<Request, Response> = (
  request: Request,
  ctx: CallContext,
) => AsyncIterable<Response>;

type HandlerOf<Method> = Method extends { requestStream: true }
  ? never
  : Method extends { responseStream: true }
    ? StreamHandler<RequestOf<Method>, ResponseOf<Method>>
    : UnaryHandler<RequestOf<Method>, ResponseOf<Method>>;

/** A handler for each method of a service. Methods whose requests are streams are not supported. */
export type HandlersOf<Service extends ServiceDefinition> = {
  readonly [Name in keyof Service]: HandlerOf<Service[Name]>;
};

export interface CallOptions {
  /** The call fails with `deadline-exceeded` after this time. In [1, 2^31). */
  readonly timeoutMs: number;
  readonly signal?: AbortSignal;
}

export interface UnaryCallOptions extends CallOptions {
  /**
   * Further tries when the server is unavailable, within the same deadline. Only for calls that may be made
   * twice with the effect of one. Default: 0.
   */
  readonly retries?: number;
}

/** A stream may run without a time limit, but only where its caller can end it. */
export type StreamCallOptions = CallOptions | { readonly timeoutMs: 'none'; readonly signal: AbortSignal };

type ClientMethodOf<Method> = Method extends { requestStream: true }
  ? never
  : Method extends { responseStream: true }
    ? (request: RequestOf<Method>, options: StreamCallOptions) => AsyncIterable<ResponseOf<Method>>
    : (request: RequestOf<Method>, options: UnaryCallOptions) => Promise<ResponseOf<Method>>;

/** The methods of a service as a caller sees them. A stream's call begins when it is iterated. */
export type ClientOf<Service extends ServiceDefinition> = {
  readonly [Name in keyof Service]: ClientMethodOf<Service[Name]>;
} & {
  /** Ends the connection; calls in progress fail. */
  close(): void;
};
