// One call on the server: context, span, log, back-pressure and the way of an error back to the caller.

import { AppError } from '@alarena/core';
import { Attribute, type OpenSpan, openSpan } from '@alarena/telemetry';
import {
  type handleServerStreamingCall,
  type handleUnaryCall,
  type ServerUnaryCall,
  type ServerWritableStream,
  status,
} from '@grpc/grpc-js';
import { internalMessage, isForCaller, toStatus } from './error-wire.js';
import { statusOf } from './status.js';
import type { CallContext, ServiceDeps, StreamHandler, UnaryHandler } from './types.js';

interface Target {
  /** `/package.Service/Method`. */
  readonly path: string;
  readonly deps: ServiceDeps;
}

/** What unary and streaming calls have in common. */
type AnyCall = Pick<ServerUnaryCall<unknown, unknown>, 'metadata' | 'getPeer' | 'getDeadline' | 'once'>;

interface OpenCall {
  readonly ctx: CallContext;
  readonly span: OpenSpan;
  /** Rejects when a shutdown waits no longer: the caller is told even where the handler does not stop. */
  readonly cut: Promise<never>;
  succeed(): void;
  /** The status to end the call with. */
  fail(thrown: unknown): ReturnType<typeof toStatus>;
}

/** A caller's own timer may end the call a little before the deadline is seen to pass here. */
const CLOCK_SLACK_MS = 50;

/** Numbers the calls of this process, so that a caller's message leads to a line of the log. */
let calls = 0;

export function serveUnary<Request, Response>(
  handler: UnaryHandler<Request, Response>,
  target: Target,
): handleUnaryCall<Request, Response> {
  return (surface, callback) => {
    const call = openCall(surface, target);
    const answer = async (): Promise<Response> => handler(surface.request, call.ctx);
    Promise.race([call.span.run(answer), call.cut]).then(
      (response) => {
        call.succeed();
        callback(null, response);
      },
      (thrown: unknown) => callback(call.fail(thrown)),
    );
  };
}

export function serveStream<Request, Response>(
  handler: StreamHandler<Request, Response>,
  target: Target,
): handleServerStreamingCall<Request, Response> {
  return (surface) => {
    const call = openCall(surface, target);
    const answer = async (): Promise<void> =>
      pump(handler(surface.request, call.ctx), surface, call.ctx.signal);
    Promise.race([call.span.run(answer), call.cut]).then(
      () => {
        call.succeed();
        surface.end();
      },
      // grpc-js ends a stream with the status given to its error event.
      (thrown: unknown) => surface.emit('error', call.fail(thrown)),
    );
  };
}

/**
 * Writes what `messages` give, each only after the one before it was handed to the transport: at most one
 * message is on its way and one waits, whatever the handler could produce. Throws the reason of an abort.
 */
async function pump<Response>(
  messages: AsyncIterable<Response>,
  surface: ServerWritableStream<unknown, Response>,
  signal: AbortSignal,
): Promise<void> {
  let sent = Promise.resolve();
  for await (const message of messages) {
    await sent;
    // Leaving the loop runs the generator's finally blocks.
    if (signal.aborted) break;
    sent = write(surface, message, signal);
  }
  await sent;
  signal.throwIfAborted();
}

/** Resolves when the message was taken over by the transport, or never will be. */
function write<Response>(
  surface: ServerWritableStream<unknown, Response>,
  message: Response,
  signal: AbortSignal,
): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      signal.removeEventListener('abort', done);
      resolve();
    };
    signal.addEventListener('abort', done);
    surface.write(message, done);
  });
}

function openCall(surface: AnyCall, { path, deps }: Target): OpenCall {
  const [, service = '', method = ''] = path.split('/');
  calls += 1;
  const id = String(calls);
  const logger = deps.logger.child({ method: `${service}/${method}`, call: id });
  const span = openSpan(
    `${service}/${method}`,
    { [Attribute.rpcSystem]: 'grpc', [Attribute.rpcService]: service, [Attribute.rpcMethod]: method },
    { kind: 'server', parent: surface.metadata },
  );
  const deadline = Number(surface.getDeadline());
  const startedAt = performance.now();
  const cancelling = new AbortController();
  let finished = false;
  // Comes also after a call that ended well, when nobody is left to listen.
  surface.once('cancelled', () => {
    if (finished) return;
    const late = Date.now() >= deadline - CLOCK_SLACK_MS;
    cancelling.abort(
      late
        ? new AppError('deadline-exceeded', `${method}: the caller's deadline has passed`)
        : new AppError('cancelled', `${method}: the caller cancelled or went away`),
    );
  });

  let onCut = (): void => {};
  const cut = new Promise<never>((_, reject) => {
    onCut = () => {
      cancelling.abort(deps.cutting.reason);
      reject(deps.cutting.reason);
    };
  });
  deps.cutting.addEventListener('abort', onCut);

  const end = (code: status, thrown?: unknown): void => {
    finished = true;
    deps.cutting.removeEventListener('abort', onCut);
    span.span.setAttribute(Attribute.rpcStatusCode, code);
    span.end(thrown);
  };
  const elapsed = (): number => Math.round(performance.now() - startedAt);
  return {
    ctx: {
      signal: cancelling.signal,
      stopping: deps.stopping,
      deadline,
      logger,
      metadata: surface.metadata,
      peer: surface.getPeer(),
      caller: deps.callerOf(surface.metadata),
    },
    span,
    cut,
    succeed: () => {
      span.run(() => logger.debug({ code: 'ok', durationMs: elapsed() }, 'call answered'));
      end(status.OK);
    },
    fail: (thrown) => {
      const error = AppError.from(thrown);
      const fields = {
        code: error.code,
        reason: error.reason,
        durationMs: elapsed(),
        peer: surface.getPeer(),
      };
      span.run(() => {
        const ours = error.code === 'internal' || error.code === 'data-loss';
        if (ours && error.violations.length === 0) {
          logger.error({ ...fields, err: thrown }, 'call failed');
        } else if (error.code === 'cancelled' || error.code === 'deadline-exceeded') {
          logger.debug(fields, 'call ended early');
        } else {
          logger.info({ ...fields, facts: error.facts, violations: error.violations }, 'call refused');
        }
      });
      end(statusOf(error.code), thrown ?? error);
      return toStatus(isForCaller(error) ? error : new AppError('internal', internalMessage(id)));
    },
  };
}
