// The metrics of every service, bound to the hooks of the libraries that know the figures. The chart's dashboard and
// alerts use these names.

import type { OperationObserver } from '@alarena/bus';
import type { StoreOperation } from '@alarena/store';
import { meter } from '@alarena/telemetry';

export interface Instruments {
  readonly onBusOperation: OperationObserver;
  readonly onStoreOperation: (operation: StoreOperation) => void;
}

/** Call after metrics were started: instruments made before record nothing. */
export function makeInstruments(): Instruments {
  const bus = meter().createHistogram('alarena_bus_seconds', {
    description: 'Time of calls to the bus, waiting for it included.',
  });
  const store = meter().createHistogram('alarena_store_seconds', {
    description: 'Time of calls to the object store, to the last byte.',
  });
  const bytes = meter().createCounter('alarena_store_bytes_transferred', {
    description: 'Bytes read from and written to the object store.',
  });
  return {
    onBusOperation: (operation, seconds, ok) =>
      bus.record(seconds, { operation, outcome: ok ? 'ok' : 'error' }),
    onStoreOperation: ({ operation, seconds, bytes: moved, errorCode }) => {
      store.record(seconds, { operation, outcome: errorCode ?? 'ok' });
      if (moved > 0) bytes.add(moved, { operation });
    },
  };
}
