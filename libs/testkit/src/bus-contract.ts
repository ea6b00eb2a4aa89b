// The promises of the Bus port as tests. An adapter that passes them can stand in for any other. Nothing in them
// depends on how fast the adapter is, only on the settings it is made with.

import { busCountingContract } from './bus-counting-contract.js';
import { busEventContract } from './bus-event-contract.js';
import type { MakeBus } from './bus-fixture.js';
import { busSettlementContract } from './bus-settlement-contract.js';
import { busTaskContract } from './bus-task-contract.js';

export interface BusContractOptions {
  /** The shortest ack wait the adapter can keep; some tests wait for it to pass. Default: 200 ms. */
  readonly ackWaitMs?: number;
}

export function busContract(
  name: string,
  makeBus: MakeBus,
  { ackWaitMs = 200 }: BusContractOptions = {},
): void {
  busTaskContract(name, makeBus);
  busSettlementContract(name, makeBus, ackWaitMs);
  busCountingContract(name, makeBus, ackWaitMs);
  busEventContract(name, makeBus);
}
