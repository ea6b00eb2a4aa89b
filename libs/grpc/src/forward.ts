// A service that another server answers: the messages of its calls pass through as bytes, with metadata, deadline,
// cancel, back-pressure, status and trailing details as they are. One address then answers for several servers.

import { AppError } from '@alarena/core';
import {
  ChannelCredentials,
  Client,
  type handleServerStreamingCall,
  type handleUnaryCall,
  type Metadata,
  type ServerUnaryCall,
  type ServerWritableStream,
  type ServiceDefinition,
  type ServiceError,
  type StatusObject,
  status,
  type UntypedServiceImplementation,
} from '@grpc/grpc-js';
import { fromServiceError } from './client-error.js';
import { fromDetails, toStatus } from './error-wire.js';
import { type ServiceRegistration, serviceName } from './implement.js';
import { channelOptions, MAX_MESSAGE_BYTES } from './options.js';
import { assertTokenMayTravel } from './tls/bearer.js';
import type { ServiceDeps } from './types.js';

export interface ForwardOptions {
  /** `host:port` of the server that answers. */
  readonly address: string;
  /** Default: no encryption; calls with a token are then passed on to loopback alone. */
  readonly credentials?: ChannelCredentials | undefined;
  /** Largest message either way. Default: MAX_MESSAGE_BYTES. */
  readonly maxMessageBytes?: number;
}

export interface Forwarding extends ServiceRegistration {
  /** Ends the connection to the other server. */
  close(): void;
}

/** Of one method, and what its calls need. */
interface Target {
  readonly path: string;
  readonly client: Client;
  readonly deps: ServiceDeps;
  /** Throws where the call must not be passed on. */
  check(metadata: Metadata): void;
  /** The status for the caller of a call that ended with this one. */
  failed(error: unknown): Partial<StatusObject>;
}

type Bytes = Buffer;
const raw = (bytes: Bytes): Bytes => bytes;

/** Headers of one connection: each connection has its own. */
const HOP_HEADERS = ['user-agent', 'host', 'connection', 'content-length'];

export function forward(definition: ServiceDefinition, options: ForwardOptions): Forwarding {
  const name = serviceName(definition);
  const credentials = options.credentials ?? ChannelCredentials.createInsecure();
  const client = new Client(
    options.address,
    credentials,
    channelOptions(options.maxMessageBytes ?? MAX_MESSAGE_BYTES),
  );
  const methods = Object.entries(definition);
  const passing = methods.map(([method, { path, requestStream, responseStream }]) => {
    if (requestStream) throw new AppError('unimplemented', `${path}: streams of requests are not forwarded`);
    const kind = { path, requestStream, responseStream };
    const serializers = {
      ...{ requestSerialize: raw, requestDeserialize: raw },
      ...{ responseSerialize: raw, responseDeserialize: raw },
    };
    return [method, { ...kind, ...serializers }] as const;
  });
  return {
    name,
    definition: Object.fromEntries(passing),
    bind: (deps): UntypedServiceImplementation =>
      Object.fromEntries(
        methods.map(([method, { path, responseStream }]) => {
          const target: Target = {
            path,
            client,
            deps,
            check: (metadata) => {
              if (metadata.get('authorization').length > 0)
                assertTokenMayTravel(options.address, credentials);
            },
            failed: (error) =>
              failureStatus(error, { name, path, credentials, address: options.address }, deps),
          };
          return [method, responseStream ? passStream(target) : passUnary(target)];
        }),
      ),
    close: () => client.close(),
  };
}

function passUnary({ path, client, deps, check, failed }: Target): handleUnaryCall<Bytes, Bytes> {
  return (surface, callback) => {
    try {
      check(surface.metadata);
    } catch (thrown) {
      callback(failed(thrown));
      return;
    }
    let failure: ServiceError | null = null;
    let answer: Bytes | undefined;
    const call = client.makeUnaryRequest(
      path,
      raw,
      raw,
      surface.request,
      passedOn(surface.metadata),
      { deadline: surface.getDeadline() },
      (error, response) => {
        failure = error;
        answer = response;
      },
    );
    call.on('metadata', (metadata) => surface.sendMetadata(metadata));
    // Comes after the answer, with the trailers.
    call.on('status', ({ metadata }) => {
      release();
      if (failure === null) callback(null, answer, metadata);
      else callback(failed(deps.cutting.aborted ? deps.cutting.reason : failure));
    });
    const release = cancelWith(surface, deps, () => call.cancel());
  };
}

function passStream({ path, client, deps, check, failed }: Target): handleServerStreamingCall<Bytes, Bytes> {
  return (surface) => {
    const pass = async (): Promise<Metadata | undefined> => {
      check(surface.metadata);
      let trailers: Metadata | undefined;
      const call = client.makeServerStreamRequest(
        path,
        raw,
        raw,
        surface.request,
        passedOn(surface.metadata),
        { deadline: surface.getDeadline() },
      );
      // A cancel makes the call emit an error even where nobody reads any more.
      call.on('error', () => {});
      call.on('metadata', (metadata) => surface.sendMetadata(metadata));
      call.on('status', (end) => {
        trailers = end.metadata;
      });
      const gone = new AbortController();
      const release = cancelWith(surface, deps, () => {
        gone.abort();
        call.cancel();
      });
      try {
        // Each message is asked for only when the one before it was handed on.
        for await (const message of call) await written(surface, message, gone.signal);
        return trailers;
      } catch (thrown) {
        throw deps.cutting.aborted ? deps.cutting.reason : thrown;
      } finally {
        release();
      }
    };
    pass().then(
      (trailers) => surface.end(trailers),
      (thrown: unknown) => surface.emit('error', failed(thrown)),
    );
  };
}

/** Resolves when the message is on its way, or the caller is gone. */
function written(
  surface: ServerWritableStream<Bytes, Bytes>,
  message: Bytes,
  gone: AbortSignal,
): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      gone.removeEventListener('abort', done);
      resolve();
    };
    if (gone.aborted) return resolve();
    gone.addEventListener('abort', done);
    surface.write(message, done);
  });
}

/** Cancels when the caller does and when a shutdown waits no longer. Returns what ends that. */
function cancelWith(
  surface: Pick<ServerUnaryCall<Bytes, Bytes>, 'on' | 'off'>,
  { cutting }: ServiceDeps,
  cancel: () => void,
): () => void {
  surface.on('cancelled', cancel);
  cutting.addEventListener('abort', cancel);
  return () => {
    surface.off('cancelled', cancel);
    cutting.removeEventListener('abort', cancel);
  };
}

function passedOn(metadata: Metadata): Metadata {
  const passed = metadata.clone();
  for (const header of HOP_HEADERS) passed.remove(header);
  return passed;
}

interface Place {
  readonly name: string;
  readonly path: string;
  readonly address: string;
  readonly credentials: ChannelCredentials;
}

/** A status of the other server goes on as it is. One that this side made, where nobody was reached, is told apart. */
function failureStatus(error: unknown, place: Place, { logger }: ServiceDeps): Partial<StatusObject> {
  const { name, path, address, credentials } = place;
  if (error instanceof AppError) return toStatus(error);
  // What a call of grpc-js fails with.
  const sent = error as ServiceError;
  if (sent.code !== status.UNAVAILABLE || fromDetails(sent) !== undefined) {
    return { code: sent.code, details: sent.details, metadata: sent.metadata };
  }
  const method = path.split('/')[2] ?? path;
  const secure = credentials._isSecure();
  const cause = fromServiceError(
    sent,
    { service: name, method, address, secure, hint: undefined },
    undefined,
  );
  logger.warn({ method: path.slice(1), address, reason: cause.reason, err: cause }, 'cannot forward');
  return toStatus(
    new AppError('unavailable', `${name} cannot be reached at the moment; try again`, {
      reason: 'SERVICE_UNREACHABLE',
      facts: { service: name },
    }),
  );
}
