// Plain HTTP beside the gRPC port, for kubelet and Prometheus, who have no certificates of ours: whether the process
// lives, whether it can do its work, and its metrics. It tells nothing else.

import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { AppError } from '@alarena/core';

export interface OpsServerOptions {
  readonly host: string;
  /** 0: any free port. */
  readonly port: number;
  readonly ready: () => boolean;
  readonly metrics: (request: IncomingMessage, response: ServerResponse) => void;
}

export interface OpsServer {
  readonly port: number;
  close(): Promise<void>;
}

/** Answers `/livez`, `/readyz` (503 while not ready) and `/metrics`. */
export async function startOpsServer({ host, port, ready, metrics }: OpsServerOptions): Promise<OpsServer> {
  const server = createServer((request, response) => {
    if (request.method !== 'GET' && request.method !== 'HEAD') return answer(response, 405, 'only GET');
    const path = request.url?.split('?')[0];
    if (path === '/livez') return answer(response, 200, 'ok');
    if (path === '/readyz') return ready() ? answer(response, 200, 'ok') : answer(response, 503, 'not ready');
    if (path === '/metrics') return metrics(request, response);
    return answer(response, 404, 'there are /livez, /readyz and /metrics');
  });
  server.listen(port, host);
  try {
    await once(server, 'listening');
  } catch (error) {
    throw new AppError('failed-precondition', `cannot listen on ${host}:${port} for metrics and probes`, {
      reason: 'OPS_PORT_UNUSABLE',
      facts: { host, port },
      cause: error,
    });
  }
  return {
    port: (server.address() as AddressInfo).port,
    close: async () => {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

function answer(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, { 'content-type': 'text/plain; charset=utf-8' }).end(`${text}\n`);
}
