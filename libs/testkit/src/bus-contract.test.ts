import { InProcessBus } from '@alarena/bus';
import { busContract } from './bus-contract.js';

busContract('in-process bus', async (settings) => {
  const bus = new InProcessBus(settings);
  return { bus, dispose: () => bus.close() };
});
