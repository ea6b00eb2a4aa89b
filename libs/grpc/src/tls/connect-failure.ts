// Why no encrypted connection came about, in plain words, from what Node and OpenSSL say of it.

export interface ConnectFailure {
  readonly reason: string;
  /** Follows `address: `. */
  readonly text: string;
}

const TEXTS: readonly (ConnectFailure & { readonly pattern: RegExp })[] = [
  {
    pattern: /wrong version number|packet length too long|tlsv1 unrecognized name/i,
    reason: 'SERVER_WITHOUT_TLS',
    text: 'the server does not use TLS; connect without certificates, if the network may be trusted',
  },
  {
    pattern: /does not match certificate's altnames|Hostname\/IP does not match/i,
    reason: 'CERTIFICATE_NAME',
    text: "the server's certificate is for other names; use one of those, or have this one added to it",
  },
  {
    pattern: /certificate has expired/i,
    reason: 'CERTIFICATE_EXPIRED',
    text: "the server's certificate has expired; have it renewed",
  },
  {
    pattern: /certificate is not yet valid/i,
    reason: 'CERTIFICATE_NOT_YET_VALID',
    text: "the server's certificate is not valid yet; compare the clocks of both machines",
  },
  {
    pattern: /unable to (?:verify|get)|self[- ]signed certificate|UNABLE_TO_|certificate signature failure/i,
    reason: 'CERTIFICATE_UNTRUSTED',
    text: "the server's certificate is of an authority not trusted here; name that authority's certificate, if it is the right server",
  },
  {
    pattern: /uns(?:upported|uitable) certificate purpose/i,
    reason: 'CERTIFICATE_PURPOSE',
    text: 'the certificate that the server shows is not one for servers; have it issued for server authentication',
  },
  {
    pattern: /alert certificate required|alert handshake failure/i,
    reason: 'CLIENT_CERTIFICATE_MISSING',
    text: 'the server asks its clients for a certificate; name one and its key',
  },
  {
    pattern:
      /alert (?:bad certificate|unknown ca|unsupported certificate|certificate (?:expired|revoked|unknown))/i,
    reason: 'CLIENT_CERTIFICATE_REFUSED',
    text: "the server does not accept this client's certificate; it must be of an authority that the server trusts",
  },
];

/** Closed by the other side before a word of gRPC was heard. */
const CLOSED = /Failed to connect|Socket closed|ECONNRESET|disconnected before secure TLS/i;

const CLOSED_PLAIN: ConnectFailure = {
  reason: 'SERVER_HUNG_UP',
  text: "something listens, but ends the connection before any call; if the server uses TLS, name its authority's certificate",
};
const CLOSED_TLS: ConnectFailure = {
  reason: 'SERVER_HUNG_UP',
  text: "something listens, but ends the connection before any call; the server may not accept this client's certificate, or want one",
};

/** `details`: of a status `unavailable` that grpc-js made itself. Undefined where nothing points to TLS. */
export function connectFailure(details: string, secure: boolean): ConnectFailure | undefined {
  const known = TEXTS.find(({ pattern }) => pattern.test(details));
  if (known !== undefined) return known;
  if (!CLOSED.test(details)) return undefined;
  return secure ? CLOSED_TLS : CLOSED_PLAIN;
}
