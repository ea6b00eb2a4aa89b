// What the tests of TLS share: servers of one method with certificates of an authority of their own, and calls to them.

import { createHash, randomBytes } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  type AuthSettings,
  type ClientOptions,
  channelCredentials,
  createAuthenticator,
  createClient,
  createGrpcServer,
  implement,
  type PemFiles,
  type ServiceRegistration,
  serverCredentials,
} from '@alarena/grpc';
import { captureLog, type LogLine } from './captured-log.js';
import { type AuthorityFiles, type Certificates, makeCertificates } from './servers/certificates.js';
import { type TestScope, temporaryFolder } from './temporary-folder.js';

const bytes = (text: string): Buffer => Buffer.from(text);
const text = (received: Buffer): string => received.toString();
/** One method, which no contract lists: for admins alone. */
export const DEFINITION = {
  whoAmI: {
    path: '/alarena.test.v1.TestService/WhoAmI',
    requestStream: false,
    responseStream: false,
    requestSerialize: bytes,
    requestDeserialize: text,
    responseSerialize: bytes,
    responseDeserialize: text,
  },
} as const;
export const LIMIT = { timeoutMs: 20_000 };

/** What an authority of this test has made, as files; and what another has. */
export interface Files extends AuthorityFiles {
  readonly certificates: Certificates;
  readonly stranger: AuthorityFiles;
}

export async function files(t: TestScope): Promise<Files> {
  const certificates = await makeCertificates();
  const folder = await temporaryFolder(t);
  const own = await certificates.write(join(folder, 'own'));
  return { ...own, certificates, stranger: await certificates.stranger.write(join(folder, 'stranger')) };
}

export interface Running {
  readonly address: string;
  readonly port: number;
  readonly lines: readonly LogLine[];
}

interface ServeOptions {
  readonly tls?: { readonly certFile: string; readonly keyFile: string; readonly clientCaFile?: string };
  readonly auth?: AuthSettings;
  readonly service?: ServiceRegistration;
  readonly host?: string;
}

/** A server whose method gives `name/role` of its caller. */
export async function serve(
  t: TestScope,
  { tls, auth = {}, service, host = '127.0.0.1' }: ServeOptions,
): Promise<Running> {
  const { lines, logger } = captureLog();
  const credentials = await serverCredentials(tls ?? {}, { logger, refreshMs: 10 });
  const clientCertificates = tls?.clientCaFile !== undefined;
  const authenticator = await createAuthenticator(auth, { logger, clientCertificates });
  const own = implement(DEFINITION, {
    whoAmI: async (_, { caller }) => `${caller.name}/${caller.role}`,
  });
  const services = [service ?? own];
  const server = createGrpcServer({ services, logger, reflection: false, credentials, authenticator });
  const port = await server.start({ host, port: 0 });
  t.after(async () => void (await server.shutdown({ limitMs: 0 })));
  return { address: `${host}:${port}`, port, lines };
}

export function serverTls({ serverCertFile: certFile, serverKeyFile: keyFile }: AuthorityFiles) {
  return { certFile, keyFile };
}

export function clientTls({ clientCertFile: certFile, clientKeyFile: keyFile }: AuthorityFiles) {
  return { certFile, keyFile };
}

/** What a client with these files is told; `tls` undefined: without encryption. */
export async function ask(address: string, tls: PemFiles | undefined, token?: string): Promise<string> {
  const options: ClientOptions = {
    ...(tls !== undefined && { credentials: await channelCredentials(tls) }),
    ...(token !== undefined && { token: () => token }),
  };
  const client = createClient(DEFINITION, address, options);
  try {
    return await client.whoAmI('please', LIMIT);
  } finally {
    client.close();
  }
}

export async function tokensFile(t: TestScope): Promise<{ file: string; token: string }> {
  const file = join(await temporaryFolder(t), 'tokens.json');
  const token = randomBytes(32).toString('base64url');
  const sha256 = createHash('sha256').update(token).digest('hex');
  await writeFile(file, JSON.stringify([{ name: 'sam', role: 'admin', sha256 }]));
  return { file, token };
}
