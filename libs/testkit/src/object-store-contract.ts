// The promises of the ObjectStore port as tests. An adapter that passes them can stand in for any other.

import { objectStoreConditionContract } from './object-store-condition-contract.js';
import { objectStoreContentContract } from './object-store-content-contract.js';
import type { MakeStore } from './object-store-fixture.js';
import { objectStoreStreamingContract } from './object-store-streaming-contract.js';

export function objectStoreContract(name: string, makeStore: MakeStore): void {
  objectStoreContentContract(name, makeStore);
  objectStoreConditionContract(name, makeStore);
  objectStoreStreamingContract(name, makeStore);
}
