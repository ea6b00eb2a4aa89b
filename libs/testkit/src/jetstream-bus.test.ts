import { busContract } from './bus-contract.js';
import { natsForTests } from './nats-fixture.js';

const nats = natsForTests();

busContract(
  'JetStream bus',
  async (settings) => {
    await nats.empty();
    const bus = await nats.open(settings);
    return { bus, dispose: () => bus.close() };
  },
  { ackWaitMs: 2_000 },
);
