// What a failed call means to its caller: the server's own AppError where it sent one, else an AppError that
// says in plain words what the transport met and what to do about it.

import { AppError } from '@alarena/core';
import { type ServiceError, status } from '@grpc/grpc-js';
import { fromDetails } from './error-wire.js';
import { codeOf } from './status.js';
import { connectFailure } from './tls/connect-failure.js';

export interface CallPlace {
  readonly service: string;
  readonly method: string;
  readonly address: string;
  /** The connection is to be encrypted. */
  readonly secure: boolean;
  /** What to do when nothing listens at the address. */
  readonly hint: string | undefined;
}

export function fromServiceError(
  thrown: unknown,
  place: CallPlace,
  signal: AbortSignal | undefined,
): AppError {
  if (!isServiceError(thrown)) return AppError.from(thrown);
  const sent = fromDetails(thrown);
  if (sent !== undefined) return sent;
  const { service, method, address } = place;
  const facts = { address, method: `${service}/${method}` };
  switch (thrown.code) {
    case status.CANCELLED:
      if (signal?.reason instanceof AppError) return signal.reason;
      return new AppError('cancelled', `${method} was cancelled`, { facts, cause: thrown });
    case status.DEADLINE_EXCEEDED:
      return new AppError('deadline-exceeded', `${address} did not finish ${method} in the time allowed`, {
        facts,
        cause: thrown,
      });
    case status.UNAVAILABLE:
      return unavailable(thrown, place, facts);
    case status.UNIMPLEMENTED:
      return new AppError(
        'unimplemented',
        `the server at ${address} does not know ${service}/${method}; is it an alarena server of this version?`,
        { facts, cause: thrown },
      );
    default:
      return new AppError(codeOf(thrown.code), `${method} at ${address}: ${thrown.details}`, {
        facts,
        cause: thrown,
      });
  }
}

function unavailable(
  error: ServiceError,
  { method, address, secure, hint }: CallPlace,
  facts: AppError['facts'],
): AppError {
  const reached = !/No connection established|Name resolution failed|ECONNREFUSED/.test(error.details);
  if (reached) {
    return new AppError('unavailable', `the connection to ${address} was lost during ${method}; try again`, {
      reason: 'CONNECTION_LOST',
      facts,
      cause: error,
    });
  }
  const failure = connectFailure(error.details, secure);
  if (failure !== undefined) {
    return new AppError('unavailable', `no connection to ${address}: ${failure.text}`, {
      reason: failure.reason,
      // Trying again changes nothing about certificates; whoever just hung up may be about to start.
      retryable: failure.reason === 'SERVER_HUNG_UP',
      facts,
      cause: error,
    });
  }
  const advice = hint ?? 'check the address and that the server is running';
  return new AppError('unavailable', `no server answers at ${address}; ${advice}`, {
    reason: 'SERVER_UNREACHABLE',
    facts,
    cause: error,
  });
}

function isServiceError(thrown: unknown): thrown is ServiceError {
  return (
    thrown instanceof Error && 'code' in thrown && typeof thrown.code === 'number' && 'details' in thrown
  );
}
