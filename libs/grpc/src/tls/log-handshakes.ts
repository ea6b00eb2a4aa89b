// Clients whose TLS does not come about. gRPC never hears of them, so that they are told apart here, at the socket
// server that gRPC has made for itself: Node says by a diagnostics channel which one that is.

import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { Socket } from 'node:net';
import { Server, type TLSSocket } from 'node:tls';
import type { Logger } from '@alarena/telemetry';

const LISTENING = 'tracing:net.server.listen:asyncEnd';

const REASONS: Readonly<Record<string, string>> = {
  ERR_SSL_WRONG_VERSION_NUMBER: 'CLIENT_WITHOUT_TLS',
  ERR_SSL_HTTP_REQUEST: 'CLIENT_WITHOUT_TLS',
  ERR_SSL_PEER_DID_NOT_RETURN_A_CERTIFICATE: 'CLIENT_CERTIFICATE_MISSING',
};

/** `listen` returns the port that its server has got; from then on each failed handshake there is logged. */
export async function loggingHandshakes(listen: () => Promise<number>, logger: Logger): Promise<number> {
  const servers: Server[] = [];
  const note = (message: unknown): void => {
    const server: unknown = typeof message === 'object' && message !== null && Reflect.get(message, 'server');
    if (server instanceof Server) servers.push(server);
  };
  subscribe(LISTENING, note);
  try {
    const port = await listen();
    for (const server of servers.filter((one) => portOf(one) === port)) {
      // Asked for now: of a socket that has been closed nobody can say whose it was.
      const peers = new WeakMap<object, string>();
      server.on('connection', (socket: Socket) => peers.set(socket, peerOf(socket)));
      server.on('tlsClientError', (error: Error, socket) => {
        const carrier: unknown = Reflect.get(socket, '_parent');
        const known = typeof carrier === 'object' && carrier !== null ? peers.get(carrier) : undefined;
        logRefusal(error, socket, known ?? peerOf(socket), logger);
      });
    }
    return port;
  } finally {
    unsubscribe(LISTENING, note);
  }
}

function portOf(server: Server): number | undefined {
  const address = server.address();
  return typeof address === 'object' ? address?.port : undefined;
}

function peerOf({ remoteAddress = 'unknown', remotePort }: Socket): string {
  return remotePort === undefined ? remoteAddress : `${remoteAddress}:${remotePort}`;
}

function logRefusal(error: Error, { authorizationError }: TLSSocket, peer: string, logger: Logger): void {
  if (authorizationError) {
    const detail = String(authorizationError);
    logger.warn({ peer, reason: 'CLIENT_CERTIFICATE_REFUSED', detail }, 'connection refused');
    return;
  }
  const code = 'code' in error ? String(error.code) : '';
  // Who leaves without a word may be a probe of the port.
  const level = code === 'ECONNRESET' ? 'debug' : 'warn';
  logger[level]({ peer, reason: REASONS[code] ?? 'TLS_HANDSHAKE', detail: code }, 'connection refused');
}
