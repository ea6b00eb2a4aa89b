// Hours of a watched comparison in seconds: all times of channels and servers a thousandth of what they are.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { describe, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import {
  type ChannelOptions,
  credentials,
  makeGenericClientConstructor,
  Server,
  ServerCredentials,
  type ServerWritableStream,
} from '@grpc/grpc-js';
import { channelOptions, MAX_MESSAGE_BYTES, serverOptions } from './options.js';

const asIs = (bytes: Buffer): Buffer => bytes;
const definition = {
  watch: {
    path: '/test/watch',
    ...{ requestStream: false, responseStream: true },
    ...{
      requestSerialize: asIs,
      requestDeserialize: asIs,
      responseSerialize: asIs,
      responseDeserialize: asIs,
    },
  },
};

function aThousandth(options: ChannelOptions): ChannelOptions {
  const scaled = Object.entries(options).map(([name, value]) => [
    name,
    // A timeout of 10 ms would be missed where the machine is busy.
    /_ms$/.test(name) ? Math.max(Number(value) / 1000, /timeout/.test(name) ? 2_000 : 0) : value,
  ]);
  return Object.fromEntries(scaled) as ChannelOptions;
}

describe('connections', () => {
  test('keep a stream for as long as it lasts', async (t) => {
    const server = new Server(aThousandth(serverOptions(MAX_MESSAGE_BYTES)));
    const messages = 30;
    server.addService(definition, {
      // Half an hour.
      watch: async (call: ServerWritableStream<Buffer, Buffer>) => {
        for (let i = 0; i < messages && !call.cancelled; i++) {
          call.write(Buffer.of(i));
          await delay(60);
        }
        call.end();
      },
    });
    const port = await new Promise<number>((resolve, reject) => {
      server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, bound) =>
        error === null ? resolve(bound) : reject(error),
      );
    });
    t.after(() => server.forceShutdown());
    const Client = makeGenericClientConstructor(definition, 'test');
    const options = aThousandth(channelOptions(MAX_MESSAGE_BYTES));
    const client = new Client(`127.0.0.1:${port}`, credentials.createInsecure(), options);
    t.after(() => client.close());
    const stream = client.watch?.(Buffer.alloc(0));
    let received = 0;
    stream.on('data', () => received++);
    await once(stream, 'end');
    assert.equal(received, messages);
  });
});
