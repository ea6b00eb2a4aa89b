// What the tests of the bus on a real NATS server share: one server for a file, emptied for each test.

import { after, before } from 'node:test';
import { connectNats, JetStreamBus, type JetStreamBusOptions, type NatsSettings } from '@alarena/bus';
import { jetstreamManager } from '@nats-io/jetstream';
import { connect } from '@nats-io/transport-node';
import { type RunningNats, startNats } from './servers/nats.js';

export interface NatsFixture {
  readonly server: () => RunningNats;
  /** Removes all streams. */
  empty(): Promise<void>;
  open(options?: JetStreamBusOptions, settings?: Partial<NatsSettings>): Promise<JetStreamBus>;
}

/** To be called outside of tests: the server runs as long as the file's tests do. */
export function natsForTests(): NatsFixture {
  let running: RunningNats | undefined;
  before(async () => {
    running = await startNats();
  });
  after(() => running?.stop());
  const server = (): RunningNats => {
    if (running === undefined) throw new Error('the server is started before the first test');
    return running;
  };
  return {
    server,
    empty: async () => {
      const connection = await connect({ servers: server().url });
      const { streams } = await jetstreamManager(connection);
      for await (const { config } of streams.list()) await streams.delete(config.name);
      await connection.close();
    },
    open: async (options, settings) =>
      JetStreamBus.open(await connectNats({ servers: [server().url], ...settings }), options),
  };
}
