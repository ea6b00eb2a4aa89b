// The one place where a server asks who calls and whether they may: before any handler, for every method that the
// server answers, forwarded ones and reflection included. Health alone is open, since probes have no token.

import { AppError } from '@alarena/core';
import type { Logger } from '@alarena/telemetry';
import {
  type Metadata,
  ServerInterceptingCall,
  type ServerInterceptingCallInterface,
  type ServerInterceptor,
} from '@grpc/grpc-js';
import { isForCaller, toStatus } from '../error-wire.js';
import type { Authenticator } from './authenticator.js';
import { readMethodRoles, UNLISTED_ROLE } from './method-roles.js';
import { type Caller, mayActAs, type Role } from './role.js';

const HEALTH = '/grpc.health.v1.Health/';
const REFLECTION = '/grpc.reflection.';

export interface Guard {
  readonly interceptor: ServerInterceptor;
  /** Who made the call with this metadata. */
  callerOf(metadata: Metadata): Caller;
}

export function createGuard(authenticator: Authenticator, logger: Logger): Guard {
  const callers = new WeakMap<Metadata, Caller>();
  const roles = readMethodRoles();

  const admit = async (
    path: string,
    metadata: Metadata,
    call: ServerInterceptingCallInterface,
  ): Promise<Caller> => {
    const caller = await authenticator.authenticate({
      authorization: metadata.get('authorization').map(String),
      certificateName: certificateName(call),
    });
    const needed = path.startsWith(REFLECTION) ? 'viewer' : ((await roles).get(path) ?? UNLISTED_ROLE);
    if (!mayActAs(caller.role, needed)) throw roleTooLow(path, caller, needed);
    return caller;
  };

  return {
    interceptor: ({ path }, call) => {
      if (path.startsWith(HEALTH)) return new ServerInterceptingCall(call);
      return new ServerInterceptingCall(call, {
        start: (next) =>
          next({
            onReceiveMetadata: (metadata, proceed) => {
              admit(path, metadata, call).then(
                (caller) => {
                  callers.set(metadata, caller);
                  proceed(metadata);
                },
                (thrown: unknown) => call.sendStatus(refuse(path, call.getPeer(), thrown, logger)),
              );
            },
          }),
      });
    },
    callerOf: (metadata) => {
      const caller = callers.get(metadata);
      if (caller === undefined) throw new AppError('internal', 'a call passed by the guard');
      return caller;
    },
  };
}

function roleTooLow(path: string, { name, role }: Caller, needed: Role): AppError {
  return new AppError(
    'permission-denied',
    `${path.split('/')[2]} needs the role ${needed}; ${name} has the role ${role}`,
    { reason: 'ROLE_TOO_LOW', facts: { name, role, needed } },
  );
}

function refuse(path: string, peer: string, thrown: unknown, logger: Logger): ReturnType<typeof toStatus> {
  const error = AppError.from(thrown);
  const { code, reason, facts } = error;
  const fields = { method: path.slice(1), peer, code, reason, facts };
  // An error of ours (a key set that cannot be fetched) has a cause worth seeing; no cause holds the token.
  const ours = code !== 'unauthenticated' && code !== 'permission-denied';
  if (ours) logger.error({ ...fields, err: error }, 'the caller could not be checked');
  else logger.warn(fields, 'caller refused');
  return toStatus(isForCaller(error) ? error : new AppError('internal', 'the caller could not be checked'));
}

/** Common name of a client certificate that the connection has checked. */
function certificateName(call: ServerInterceptingCallInterface): string | undefined {
  const subject = call.getAuthContext().sslPeerCertificate?.subject;
  return subject === undefined ? undefined : [subject.CN].flat()[0] || 'a client without a name';
}
