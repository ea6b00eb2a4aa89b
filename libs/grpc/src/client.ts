// A client of one service: promises and async iterables with deadlines, cancel, retries, typed errors and the
// caller's trace.

import { randomInt } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { AppError } from '@alarena/core';
import { Attribute, injectContext, type OpenSpan, openSpan, withSpan } from '@alarena/telemetry';
import {
  ChannelCredentials,
  Client,
  type ClientReadableStream,
  Metadata,
  type MethodDefinition,
  type ServiceDefinition,
} from '@grpc/grpc-js';
import { type CallPlace, fromServiceError } from './client-error.js';
import { serviceName } from './implement.js';
import { channelOptions, MAX_MESSAGE_BYTES } from './options.js';
import { assertTokenMayTravel, bearer } from './tls/bearer.js';
import type { ClientOf, StreamCallOptions, UnaryCallOptions } from './types.js';

const FIRST_RETRY_MS = 200;
const MAX_RETRY_MS = 5_000;
const MAX_TIMEOUT_MS = 2 ** 31 - 1;

export interface ClientOptions {
  /** Default: no encryption. */
  readonly credentials?: ChannelCredentials | undefined;
  /** Asked before each call, whose `authorization` it becomes. Only with TLS, or to loopback. */
  readonly token?: (() => Promise<string> | string) | undefined;
  /** Largest message either way. Default: MAX_MESSAGE_BYTES. */
  readonly maxMessageBytes?: number;
  /** What a person should do when nothing listens, e.g. `start a server with: alarena serve`. */
  readonly unreachableHint?: string;
}

type Method = MethodDefinition<unknown, unknown>;

interface Channel {
  readonly client: Client;
  readonly token: ClientOptions['token'];
  readonly secure: boolean;
}

/** `host:port`, `[::1]:port`, or a target of gRPC's own such as `dns:///host:port` or `unix:path`. */
const ADDRESS = /^(?:(?:\[[\da-f:.]+\]|[^\s:/[\]]+):\d{1,5}|(?:dns|unix|ipv4|ipv6):\S+)$/i;

/** `address` is `host:port`. The connection is made with the first call. */
export function createClient<Service extends ServiceDefinition>(
  definition: Service,
  address: string,
  options: ClientOptions = {},
): ClientOf<Service> {
  if (!ADDRESS.test(address)) {
    // gRPC itself would take a missing port for 443.
    throw AppError.invalid('no client can be made', [
      { field: 'address', description: `must be host:port such as localhost:7070, got ${address}` },
    ]);
  }
  const credentials = options.credentials ?? ChannelCredentials.createInsecure();
  const { token } = options;
  if (token !== undefined) assertTokenMayTravel(address, credentials);
  const client = new Client(
    address,
    credentials,
    channelOptions(options.maxMessageBytes ?? MAX_MESSAGE_BYTES),
  );
  const channel: Channel = { client, token, secure: credentials._isSecure() };
  const service = serviceName(definition);
  const methods = Object.entries(definition).map(([name, method]) => {
    const place: CallPlace = {
      service,
      method: method.path.split('/')[2] ?? name,
      address,
      secure: channel.secure,
      hint: options.unreachableHint,
    };
    return [
      name,
      method.responseStream
        ? (request: unknown, call: StreamCallOptions) => stream(channel, method, place, request, call)
        : (request: unknown, call: UnaryCallOptions) => unary(channel, method, place, request, call),
    ] as const;
  });
  // The methods are those of `definition`, which is what ClientOf lists; the compiler cannot follow the loop.
  return { ...Object.fromEntries(methods), close: () => client.close() } as unknown as ClientOf<Service>;
}

async function unary(
  channel: Channel,
  method: Method,
  place: CallPlace,
  request: unknown,
  { timeoutMs, signal, retries = 0 }: UnaryCallOptions,
): Promise<unknown> {
  const deadline = deadlineAfter(timeoutMs);
  return withSpan(
    `${place.service}/${place.method}`,
    spanAttributes(place),
    async () => {
      for (let attempt = 0; ; attempt += 1) {
        try {
          return await unaryOnce(channel, method, place, request, deadline, signal);
        } catch (thrown) {
          const error = AppError.from(thrown);
          const waitMs = backoffMs(attempt);
          const worthwhile = error.code === 'unavailable' && error.retryable && attempt < retries;
          if (!worthwhile || Date.now() + waitMs >= deadline) throw error;
          await delay(waitMs, undefined, { signal }).catch(() => throwAborted(signal, place));
        }
      }
    },
    { kind: 'client' },
  );
}

async function unaryOnce(
  { client, token }: Channel,
  method: Method,
  place: CallPlace,
  request: unknown,
  deadline: number,
  signal: AbortSignal | undefined,
): Promise<unknown> {
  const metadata = await callMetadata(token);
  return new Promise((resolve, reject) => {
    if (signal?.aborted) throwAborted(signal, place);
    const call = client.makeUnaryRequest(
      method.path,
      method.requestSerialize,
      method.responseDeserialize,
      request,
      metadata,
      { deadline },
      (error, response) => {
        signal?.removeEventListener('abort', cancel);
        if (error === null) resolve(response);
        else reject(fromServiceError(error, place, signal));
      },
    );
    const cancel = (): void => call.cancel();
    signal?.addEventListener('abort', cancel);
  });
}

async function* stream(
  { client, token }: Channel,
  method: Method,
  place: CallPlace,
  request: unknown,
  { timeoutMs, signal }: StreamCallOptions,
): AsyncGenerator<unknown, void, undefined> {
  const deadline = timeoutMs === 'none' ? Number.POSITIVE_INFINITY : deadlineAfter(timeoutMs);
  if (signal?.aborted) throwAborted(signal, place);
  const span = openSpan(`${place.service}/${place.method}`, spanAttributes(place), { kind: 'client' });
  let call: ClientReadableStream<unknown>;
  try {
    call = client.makeServerStreamRequest(
      method.path,
      method.requestSerialize,
      method.responseDeserialize,
      request,
      await span.run(() => callMetadata(token)),
      { deadline },
    );
  } catch (thrown) {
    span.end(thrown);
    throw thrown;
  }
  if (signal?.aborted) call.cancel();
  yield* received(call, span, place, signal);
}

/** What arrives, read from the connection only as it is asked for. Leaving early cancels the call. */
async function* received(
  call: ClientReadableStream<unknown>,
  span: OpenSpan,
  place: CallPlace,
  signal: AbortSignal | undefined,
): AsyncGenerator<unknown, void, undefined> {
  const cancel = (): void => call.cancel();
  signal?.addEventListener('abort', cancel);
  // A cancel makes the call emit an error even after its reader has left, which would end the process.
  call.on('error', () => {});
  let failure: AppError | undefined;
  try {
    for await (const message of call) yield message;
  } catch (thrown) {
    failure = fromServiceError(thrown, place, signal);
    throw failure;
  } finally {
    signal?.removeEventListener('abort', cancel);
    call.cancel();
    span.end(failure);
  }
}

/** The caller's trace, and its token. */
async function callMetadata(token: ClientOptions['token']): Promise<Metadata> {
  const metadata = injectContext(new Metadata());
  if (token !== undefined) metadata.set('authorization', bearer(await token()));
  return metadata;
}

/** Milliseconds since the epoch. */
function deadlineAfter(timeoutMs: number): number {
  if (!(timeoutMs >= 1 && timeoutMs <= MAX_TIMEOUT_MS)) {
    throw new AppError('invalid-argument', `timeoutMs must be in [1, ${MAX_TIMEOUT_MS}], got ${timeoutMs}`);
  }
  return Date.now() + timeoutMs;
}

/** Half fixed, half random, so that callers that failed together do not return together; no result hangs on it. */
function backoffMs(attempt: number): number {
  const most = Math.min(MAX_RETRY_MS, FIRST_RETRY_MS * 2 ** attempt);
  return most / 2 + randomInt(Math.ceil(most / 2) + 1);
}

function spanAttributes({ service, method, address }: CallPlace): Record<string, string> {
  return {
    [Attribute.rpcSystem]: 'grpc',
    [Attribute.rpcService]: service,
    [Attribute.rpcMethod]: method,
    [Attribute.serverAddress]: address,
  };
}

function throwAborted(signal: AbortSignal | undefined, { method }: CallPlace): never {
  if (signal?.reason instanceof AppError) throw signal.reason;
  throw new AppError('cancelled', `${method} was cancelled`, { cause: signal?.reason });
}
