// The child's side of a compute host: one call at a time, cancels heard whenever the computation yields.

import { toWire } from '@alarena/core';
import { endWithParent } from './end-with-parent.js';
import type { FromChild, ToChild } from './messages.js';

export interface ComputationContext {
  readonly signal: AbortSignal;
  progress(value: unknown): void;
}

export type Computation = (payload: unknown, context: ComputationContext) => Promise<unknown>;

/** Serves calls until the parent goes away. The payload's sender is the parent alone: it is trusted. */
export function serveComputations(computations: Readonly<Record<string, Computation>>): void {
  const running = new Map<number, AbortController>();
  const send = (message: FromChild): void => {
    process.send?.(message, undefined, undefined, () => {});
  };
  const call = async (id: number, method: string, payload: unknown): Promise<void> => {
    const controller = new AbortController();
    running.set(id, controller);
    try {
      const computation = computations[method];
      if (computation === undefined) throw new Error(`no computation ${method}`);
      const progress = (value: unknown): void => send({ type: 'progress', id, value });
      send({
        type: 'result',
        id,
        value: await computation(payload, { signal: controller.signal, progress }),
      });
    } catch (error) {
      send({ type: 'error', id, error: toWire(error) });
    } finally {
      running.delete(id);
    }
  };
  process.on('message', (message: ToChild) => {
    if (message.type === 'call') void call(message.id, message.method, message.payload);
    else running.get(message.id)?.abort();
  });
  // The terminal's Ctrl-C reaches the whole process group: the parent decides what becomes of the children.
  process.on('SIGINT', () => {});
  process.on('disconnect', () => process.exit(0));
  endWithParent();
}
