export { type BusContractOptions, busContract } from './bus-contract.js';
export type { BusSettings, BusUnderTest, MakeBus } from './bus-fixture.js';
export { expectAppError } from './expect-app-error.js';
export { freePort } from './free-port.js';
export { objectStoreContract } from './object-store-contract.js';
export type { MakeStore, StoreUnderTest } from './object-store-fixture.js';
export { type TestScope, temporaryFolder } from './temporary-folder.js';
export { type Deferred, deferred, waitFor, within } from './waiting.js';
