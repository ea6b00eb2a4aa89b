// What the tests of the S3 store share: the servers they run on, and settings for them.

import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { S3StoreSettings } from '@alarena/store';
import { generate } from 'selfsigned';
import { makeBucket, type RunningS3, startMinio, startSeaweed } from './servers/s3.js';
import { type TestScope, temporaryFolder } from './temporary-folder.js';

export const s3Servers = [
  ['MinIO', () => startMinio()],
  ['MinIO behind TLS', startMinioWithTls],
  ['SeaweedFS', () => startSeaweed()],
] as const;

/** With a certificate that is its own authority. */
export async function startMinioWithTls(): Promise<RunningS3> {
  const { cert, private: key } = await selfSigned();
  return await startMinio({ tls: { cert, key, ca: cert } });
}

export function selfSigned(): ReturnType<typeof generate> {
  return generate([{ name: 'commonName', value: '127.0.0.1' }], {
    keyType: 'ec',
    extensions: [{ name: 'subjectAltName', altNames: [{ type: 7, ip: '127.0.0.1' }] }],
  });
}

/** Of a new bucket. */
export async function settingsFor(t: TestScope, server: RunningS3, bucket: string): Promise<S3StoreSettings> {
  const { endpoint, accessKey, secretKey, ca } = server;
  await makeBucket(server, bucket);
  const settings = { endpoint, bucket, accessKey, secretKey };
  return ca === undefined ? settings : { ...settings, caFile: await caFile(t, ca) };
}

export async function caFile(t: TestScope, pem: string): Promise<string> {
  const path = join(await temporaryFolder(t), 'ca.pem');
  await writeFile(path, pem);
  return path;
}
