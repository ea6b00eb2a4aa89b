// Certificates for tests of TLS: an authority with a server's (localhost, 127.0.0.1) and a client's certificate, and
// the same from a second authority, which whoever trusts the first must refuse. PEM texts, P-256 keys.

import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { generate } from 'selfsigned';

export interface KeyPair {
  readonly cert: string;
  readonly key: string;
}

export interface Authority {
  /** Its certificate. */
  readonly ca: string;
  readonly server: KeyPair;
  readonly client: KeyPair;
  /** Another client's certificate, by common name. */
  issueClient(commonName: string): Promise<KeyPair>;
  /** Writes all of these into a folder and names the files. */
  write(folder: string): Promise<AuthorityFiles>;
}

export interface AuthorityFiles {
  readonly caFile: string;
  readonly serverCertFile: string;
  readonly serverKeyFile: string;
  readonly clientCertFile: string;
  readonly clientKeyFile: string;
}

export interface Certificates extends Authority {
  /** The second authority. */
  readonly stranger: Authority;
}

export async function makeCertificates(): Promise<Certificates> {
  const [authority, stranger] = await Promise.all([makeAuthority('test'), makeAuthority('stranger')]);
  return { ...authority, stranger };
}

async function makeAuthority(name: string): Promise<Authority> {
  const ca = await issue(`${name} authority`, [
    { name: 'basicConstraints', cA: true, critical: true },
    { name: 'keyUsage', keyCertSign: true, cRLSign: true, critical: true },
  ]);
  const issueClient = (commonName: string): Promise<KeyPair> =>
    issue(commonName, [...leaf, { name: 'extKeyUsage', clientAuth: true }], ca);
  const server = await issue(
    'localhost',
    [
      ...leaf,
      { name: 'extKeyUsage', serverAuth: true },
      {
        name: 'subjectAltName',
        altNames: [
          { type: 2, value: 'localhost' },
          { type: 7, ip: '127.0.0.1' },
        ],
      },
    ],
    ca,
  );
  const client = await issueClient('client');
  return {
    ...{ ca: ca.cert, server, client, issueClient },
    write: (folder) => writeAuthority({ ca: ca.cert, server, client }, folder),
  };
}

type Extensions = NonNullable<NonNullable<Parameters<typeof generate>[1]>['extensions']>;

const leaf: Extensions = [
  { name: 'basicConstraints', cA: false, critical: true },
  { name: 'keyUsage', digitalSignature: true, critical: true },
];

async function issue(commonName: string, extensions: Extensions, ca?: KeyPair): Promise<KeyPair> {
  const made = await generate([{ name: 'commonName', value: commonName }], {
    keyType: 'ec',
    curve: 'P-256',
    algorithm: 'sha256',
    extensions,
    ...(ca !== undefined && { ca }),
  });
  return { cert: made.cert, key: made.private };
}

async function writeAuthority(
  { ca, server, client }: Pick<Authority, 'ca' | 'server' | 'client'>,
  folder: string,
): Promise<AuthorityFiles> {
  await mkdir(folder, { recursive: true });
  const write = async (name: string, pem: string): Promise<string> => {
    const path = join(folder, name);
    await writeFile(path, pem, { mode: 0o600 });
    return path;
  };
  return {
    caFile: await write('ca.crt', ca),
    serverCertFile: await write('server.crt', server.cert),
    serverKeyFile: await write('server.key', server.key),
    clientCertFile: await write('client.crt', client.cert),
    clientKeyFile: await write('client.key', client.key),
  };
}
