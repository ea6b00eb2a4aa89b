export { type BusContractOptions, busContract } from './bus-contract.js';
export type { BusSettings, BusUnderTest, MakeBus } from './bus-fixture.js';
export { type CapturedLog, captureLog, type LogLine } from './captured-log.js';
export { collect } from './collect.js';
export { expectAppError } from './expect-app-error.js';
export { freePort } from './free-port.js';
export { type KeyValueContractOptions, keyValueContract } from './key-value-contract.js';
export type { BucketUnderTest, MakeBucket } from './key-value-fixture.js';
export { objectStoreContract } from './object-store-contract.js';
export type { MakeStore, StoreUnderTest } from './object-store-fixture.js';
export {
  type Authority,
  type AuthorityFiles,
  type Certificates,
  type KeyPair,
  makeCertificates,
} from './servers/certificates.js';
export { ensureServer } from './servers/ensure-server.js';
export { type RunningKubernetes, startKubernetes } from './servers/kubernetes.js';
export { type FakeNode, type KwokOptions, startKwok } from './servers/kwok.js';
export { type NatsOptions, type NatsUser, type RunningNats, startNats } from './servers/nats.js';
export { type MinioOptions, makeBucket, type RunningS3, startMinio, startSeaweed } from './servers/s3.js';
export type { RunningServer } from './servers/server-process.js';
export { openServiceHome, type ServiceHome } from './service-home.js';
export { type Skew, SkewedStore } from './skewed-store.js';
export { type SyntheticDataset, writeSyntheticDataset } from './synthetic-dataset.js';
export { type TestScope, temporaryFolder } from './temporary-folder.js';
export { type SentSpan, startTraceSink, type TraceSink } from './trace-sink.js';
export { type Deferred, deferred, waitFor, within } from './waiting.js';
