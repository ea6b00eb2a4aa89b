// Where nobody drains workers any more: what a scaler that was switched off has left is lifted, or its workers would
// take no task ever again.

import type { KeyValue } from '@alarena/bus';
import { drainPrefix, liftDrain, Patience } from '@alarena/tasks';
import type { Logger } from '@alarena/telemetry';

export interface LiftDrainsOptions {
  readonly drains: KeyValue;
  readonly logger: Logger;
}

/** Lifts all, waiting while the bucket is away; never fails. */
export async function liftDrains({ drains, logger }: LiftDrainsOptions, signal: AbortSignal): Promise<void> {
  const patience = new Patience({ part: 'the bucket of drains', logger });
  try {
    await patience.call(async () => {
      for (const key of await drains.keys(drainPrefix)) {
        // From here on another may lead, and scale.
        signal.throwIfAborted();
        const worker = key.slice(drainPrefix.length);
        await liftDrain(drains, worker);
        logger.info({ worker }, 'drain lifted: nobody here scales');
      }
    }, signal);
  } catch (error) {
    if (!signal.aborted) logger.error({ err: error }, 'drains could not be lifted');
  }
}
