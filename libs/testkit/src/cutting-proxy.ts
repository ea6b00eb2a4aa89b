// A TCP proxy before a real server that does harm where a test asks for it: an answer lost after the server did its
// work, a body that breaks off, a request damaged on its way.

import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import type { TestScope } from './temporary-folder.js';

export interface Cut {
  /** The beginning of the requests meant, e.g. `PUT /bucket/key`. */
  readonly request: string;
  /** Bytes of the answer that get through. */
  readonly afterBytes: number;
  readonly times: number;
}

export interface CuttingProxy {
  /** `http://host:port`. */
  readonly endpoint: string;
  cut(cut: Cut): void;
  /** Flips a bit of the last byte that comes with the next request that begins so. */
  damage(request: string): void;
  /** Connections cut so far. */
  cuts(): number;
  /** Bytes that the server has answered so far, headers included. */
  answeredBytes(): number;
}

export async function startCuttingProxy(t: TestScope, targetUrl: string): Promise<CuttingProxy> {
  const { hostname, port } = new URL(targetUrl);
  const sockets = new Set<Socket>();
  let next: Cut | undefined;
  let damaged: string | undefined;
  let cuts = 0;
  let answeredBytes = 0;
  const server = createServer((client) => {
    const upstream = connect(Number(port), hostname);
    let cut: Cut | undefined;
    let answered = 0;
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.on('close', () => sockets.delete(socket));
      // Whatever ends one side ends the other.
      socket.on('error', () => {});
      socket.on('close', () => (socket === client ? upstream : client).destroy());
    }
    client.on('data', (chunk) => {
      // One request after the other comes on a connection, each beginning a chunk of its own.
      if (next !== undefined && chunk.toString('latin1', 0, next.request.length) === next.request) {
        [cut, answered] = [next, 0];
        next = next.times > 1 ? { ...next, times: next.times - 1 } : undefined;
      }
      if (damaged !== undefined && chunk.toString('latin1', 0, damaged.length) === damaged) {
        damaged = undefined;
        chunk.writeUInt8(chunk.readUInt8(chunk.length - 1) ^ 1, chunk.length - 1);
      }
      upstream.write(chunk);
    });
    upstream.on('data', (chunk) => {
      answeredBytes += chunk.byteLength;
      if (cut === undefined) {
        client.write(chunk);
        return;
      }
      const passed = chunk.subarray(0, cut.afterBytes - answered);
      answered += chunk.byteLength;
      client.write(passed);
      if (answered <= cut.afterBytes) return;
      cuts += 1;
      cut = undefined;
      client.destroySoon();
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(async () => {
    server.close();
    for (const socket of sockets) socket.destroy();
  });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the system gave no port');
  return {
    endpoint: `http://127.0.0.1:${address.port}`,
    cut: (cut) => {
      next = cut;
    },
    damage: (request) => {
      damaged = request;
    },
    cuts: () => cuts,
    answeredBytes: () => answeredBytes,
  };
}
