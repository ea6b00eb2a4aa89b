// TLS of servers and clients from PEM files.

import { AppError } from '@alarena/core';
import { ChannelCredentials, experimental, type ServerCredentials } from '@grpc/grpc-js';
import { FollowedCertificates, type FollowOptions } from './followed-certificates.js';
import { type PemFiles, readPemFiles } from './pem-files.js';

/** As in ALARENA_TLS_*. */
export interface ServerTlsSettings {
  /** The server's certificate, those between it and the authority after it. */
  readonly certFile?: string | undefined;
  readonly keyFile?: string | undefined;
  /** Authorities of clients: a client must show a certificate of one of them. */
  readonly clientCaFile?: string | undefined;
}

/** Undefined where nothing is set: no encryption. The files are read now, and again when they change. */
export async function serverCredentials(
  { certFile, keyFile, clientCaFile }: ServerTlsSettings,
  options: FollowOptions = {},
): Promise<ServerCredentials | undefined> {
  if (certFile === undefined && keyFile === undefined && clientCaFile === undefined) return undefined;
  const missing = Object.entries({ ALARENA_TLS_CERT_FILE: certFile, ALARENA_TLS_KEY_FILE: keyFile })
    .filter(([, file]) => file === undefined)
    .map(([field]) => ({ field, description: 'must be set: a server needs a certificate and its key' }));
  if (missing.length > 0) throw AppError.invalid('TLS:', missing);
  const mutual = clientCaFile !== undefined;
  const files = await FollowedCertificates.open({ caFile: clientCaFile, certFile, keyFile }, options);
  // The first parameter is the identity's source, whatever its declaration calls it (grpc-js 1.14).
  return experimental.createCertificateProviderServerCredentials(files, mutual ? files : null, mutual);
}

/**
 * Where `caFile` is named the files are read again when they change; without it the authorities are those that Node
 * knows, and a client's own certificate is read once. Nothing named: TLS with the authorities that Node knows.
 */
export async function channelCredentials(
  files: PemFiles,
  options: FollowOptions = {},
): Promise<ChannelCredentials> {
  if (files.caFile === undefined) {
    const { identity } = await readPemFiles(files);
    return ChannelCredentials.createSsl(null, identity?.privateKey, identity?.certificate);
  }
  const followed = await FollowedCertificates.open(files, options);
  const identity = files.certFile === undefined ? null : followed;
  return experimental.createCertificateProviderChannelCredentials(followed, identity);
}
