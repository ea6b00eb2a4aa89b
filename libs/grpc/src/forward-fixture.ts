// For tests: a server that forwards to another, and a client of the one that forwards.

import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { dataset } from '@alarena/api';
import { createClient } from './client.js';
import { type ForwardOptions, forward } from './forward.js';
import { implement, type ServiceRegistration } from './implement.js';
import { type Loopback, serve } from './loopback.js';
import type { ClientOf, HandlersOf } from './types.js';

export const DEFINITION = dataset.DatasetServiceService;
const { StreamSamplesRequest, StreamSamplesResponse } = dataset;
export const NAME = 'alarena.dataset.v1.DatasetService';
export const REQUEST = StreamSamplesRequest.create({ name: 'mnist', ids: [3, 1, 2] });
export const LIMIT = { timeoutMs: 120_000 };
type Handlers = HandlersOf<typeof DEFINITION>;

const unused = async (): Promise<never> => assert.fail('not called');

export function service(handlers: Partial<Handlers>): ServiceRegistration {
  return implement(DEFINITION, {
    listDatasets: async () => ({ datasets: [] }),
    getDataset: unused,
    // biome-ignore lint/correctness/useYield: never called
    importDataset: async function* () {
      assert.fail('not called');
    },
    removeDataset: unused,
    // biome-ignore lint/correctness/useYield: never called
    streamSamples: async function* () {
      assert.fail('not called');
    },
    ...handlers,
  });
}

export interface Chain {
  readonly back: Loopback;
  readonly front: Loopback;
  readonly client: ClientOf<typeof DEFINITION>;
}

/** A client, a server that forwards, and the server that answers. */
export async function chain(t: TestContext, answering: ServiceRegistration): Promise<Chain> {
  const back = await serve(t, [answering]);
  const front = await serveForward(t, { address: back.address });
  const client = createClient(DEFINITION, front.address);
  t.after(() => client.close());
  return { back, front, client };
}

export async function serveForward(t: TestContext, options: ForwardOptions): Promise<Loopback> {
  const forwarding = forward(DEFINITION, options);
  t.after(() => forwarding.close());
  return serve(t, [forwarding]);
}

export function chunk(id: number, size = 1): dataset.StreamSamplesResponse {
  return StreamSamplesResponse.create({ ids: [id], values: Buffer.alloc(size, id) });
}
