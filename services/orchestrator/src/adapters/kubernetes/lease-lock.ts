// The leader lock as a Lease of coordination.k8s.io: what Kubernetes' own components use, and what
// `kubectl get leases` shows. Conflicts are told by the resource version.

import { AppError } from '@alarena/core';
import { ApiException, type CoordinationV1Api, type V1Lease, V1MicroTime } from '@kubernetes/client-node';
import { answered } from '../../domain/answered.js';
import type { Lock, LockState, SeenLock } from '../../domain/elected-leadership.js';

export interface LeaseLockOptions {
  readonly api: CoordinationV1Api;
  readonly namespace: string;
  /** Of the Lease; made when missing. */
  readonly name: string;
  /** As told to others who look at the Lease; candidates here go by their own clocks. */
  readonly leaseMs: number;
}

/** Terms rise also when a Lease is deleted, which its own count of transitions does not. */
const termAnnotation = 'alarena.dev/term';

const kubernetes = 'the Kubernetes API';

export function leaseLock({ api, namespace, name, leaseMs }: LeaseLockOptions): Lock {
  let last: V1Lease | undefined;
  return {
    read: async (signal) => {
      try {
        last = await answered(api.readNamespacedLease({ namespace, name }), signal, kubernetes);
      } catch (error) {
        if (!(error instanceof ApiException) || error.code !== 404) throw fault(error, name);
        last = undefined;
      }
      return last && seen(last);
    },
    write: async (state: LockState, before: SeenLock | undefined, signal) => {
      const lease = leaseOf(state, before, last);
      try {
        const written = await answered(
          before === undefined
            ? api.createNamespacedLease({ namespace, body: lease })
            : api.replaceNamespacedLease({ namespace, name, body: lease }),
          signal,
          kubernetes,
        );
        last = written;
        return seen(written).version;
      } catch (error) {
        throw fault(error, name);
      }
    },
  };

  function leaseOf(state: LockState, before: SeenLock | undefined, known: V1Lease | undefined): V1Lease {
    const now = new V1MicroTime();
    const goesOn = before?.holder === state.holder && before.term === state.term;
    const transitions = known?.spec?.leaseTransitions ?? 0;
    return {
      apiVersion: 'coordination.k8s.io/v1',
      kind: 'Lease',
      metadata: {
        ...known?.metadata,
        name,
        namespace,
        annotations: { ...known?.metadata?.annotations, [termAnnotation]: String(state.term) },
        ...(before !== undefined && { resourceVersion: before.version }),
      },
      spec: {
        holderIdentity: state.holder,
        leaseDurationSeconds: Math.max(1, Math.ceil(leaseMs / 1_000)),
        acquireTime: goesOn ? (known?.spec?.acquireTime ?? now) : now,
        renewTime: now,
        leaseTransitions: goesOn || state.holder === '' ? transitions : transitions + 1,
      },
    };
  }
}

function seen({ metadata, spec }: V1Lease): SeenLock {
  return {
    holder: spec?.holderIdentity ?? '',
    term: Number(metadata?.annotations?.[termAnnotation] ?? 0) || 0,
    version: metadata?.resourceVersion ?? '',
  };
}

function fault(error: unknown, name: string): AppError {
  if (error instanceof AppError) return error;
  const status = error instanceof ApiException ? error.code : undefined;
  const facts = { lease: name, ...(status !== undefined && { status }) };
  if (status === 409) return new AppError('aborted', `the lease ${name} was changed by another`, { facts });
  if (status === 403) {
    const message = `the lease ${name} is not ours to use: the service account needs get, create and update of leases`;
    return new AppError('permission-denied', message, { facts, cause: error });
  }
  return new AppError('unavailable', `the lease ${name} cannot be reached`, { facts, cause: error });
}
