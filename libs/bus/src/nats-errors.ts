// What NATS throws, as errors of ours. `unavailable` means that the same call may succeed in a moment.

import { AppError } from '@alarena/core';
import { JetStreamApiError } from '@nats-io/jetstream';
import {
  ClosedConnectionError,
  ConnectionError,
  DrainingConnectionError,
  NoRespondersError,
  PermissionViolationError,
  RequestError,
  TimeoutError,
} from '@nats-io/transport-node';
import { busClosed } from './bus-closed.js';

/** Numbers of nats-server's own list of errors. */
export const ApiCode = {
  clusterNotLeader: 10009,
  noPeers: 10005,
  systemUnavailable: 10008,
  consumerNotFound: 10014,
  insufficientResources: 10023,
  storageExceeded: 10047,
  noMessage: 10037,
  sequenceNotFound: 10043,
  deleteFailed: 10057,
  streamInUse: 10058,
  streamNotFound: 10059,
  wrongLastSequence: 10071,
  storeFailed: 10077,
  streamOffline: 10118,
  consumerOffline: 10119,
  consumerExists: 10148,
  wrongLastSequenceUnknown: 10164,
} as const;

/** Also what a server says that has lost a stream: the next attempt declares it again. */
const passing = new Set<number>([
  ApiCode.clusterNotLeader,
  ApiCode.noPeers,
  ApiCode.systemUnavailable,
  ApiCode.consumerNotFound,
  ApiCode.streamNotFound,
  ApiCode.streamOffline,
  ApiCode.consumerOffline,
]);
const full = new Set<number>([ApiCode.insufficientResources, ApiCode.storageExceeded, ApiCode.storeFailed]);

export function hasApiCode(thrown: unknown, ...codes: readonly number[]): thrown is JetStreamApiError {
  return thrown instanceof JetStreamApiError && codes.includes(thrown.code);
}

export function fromNats(thrown: unknown): AppError {
  if (thrown instanceof AppError) return thrown;
  if (thrown instanceof JetStreamApiError) {
    const facts = { natsCode: thrown.code };
    if (passing.has(thrown.code)) {
      return new AppError('unavailable', `NATS cannot answer: ${thrown.message}`, {
        reason: 'NATS_AWAY',
        facts,
        cause: thrown,
      });
    }
    if (full.has(thrown.code)) {
      return new AppError('resource-exhausted', `NATS cannot store it: ${thrown.message}`, {
        reason: 'NATS_FULL',
        facts,
        cause: thrown,
      });
    }
    return new AppError('internal', `NATS refused: ${thrown.message}`, { facts, cause: thrown });
  }
  const all = [thrown, thrown instanceof Error ? thrown.cause : undefined];
  const denied = all.find((one) => one instanceof PermissionViolationError);
  if (denied instanceof PermissionViolationError) {
    return new AppError('permission-denied', `NATS does not allow ${denied.operation} to ${denied.subject}`, {
      reason: 'NATS_PERMISSION',
      facts: { subject: denied.subject },
      cause: thrown,
    });
  }
  if (all.some((one) => one instanceof ClosedConnectionError || one instanceof DrainingConnectionError)) {
    return busClosed();
  }
  const away = [TimeoutError, RequestError, NoRespondersError, ConnectionError];
  if (all.some((one) => away.some((kind) => one instanceof kind))) {
    const { message } = thrown instanceof Error ? thrown : { message: String(thrown) };
    return new AppError('unavailable', `NATS is away: ${message}`, { reason: 'NATS_AWAY', cause: thrown });
  }
  return AppError.from(thrown);
}
