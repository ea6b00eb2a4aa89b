// Does a server keep the promises the store builds on? Asked at start, since one that ignores a condition says nothing
// and loses data later.

import { randomUUID } from 'node:crypto';
import { AppError } from '@alarena/core';
import type { S3Client, S3Request } from './s3-client.js';
import { S3Refusal } from './s3-errors.js';
import type { Retry } from './s3-retry.js';
import { bareEtag, completionOf, elementOf } from './s3-xml.js';

const absentEtag = '"00000000000000000000000000000000"';

export async function checkPromises(client: S3Client, retry: Retry): Promise<void> {
  const { bucket, endpoint } = client.place;
  // First of all, since SeaweedFS makes a missing bucket at an administrator's first put: a misspelt name would go unseen.
  await retry(() => client.call({ method: 'GET', query: 'list-type=2&max-keys=1' }));
  const key = `.alarena-check/${randomUUID()}`;
  const body = Buffer.from('check');
  const ifNoneMatch = { 'if-none-match': '*' };
  const ifMatch = { 'if-match': absentEtag };
  const promises: (readonly [string, () => Promise<S3Request>])[] = [
    ['PutObject with If-None-Match: *', async () => ({ method: 'PUT', body, headers: ifNoneMatch })],
    ['PutObject with If-Match', async () => ({ method: 'PUT', body, headers: ifMatch })],
    ['GetObject with If-Match', async () => ({ method: 'GET', headers: ifMatch })],
    ...[ifNoneMatch, ifMatch].map(
      (headers) =>
        [
          `CompleteMultipartUpload with ${Object.keys(headers).join()}`,
          async () => ({ ...(await completion(client, retry, key, body)), headers }),
        ] as const,
    ),
  ];
  const broken: string[] = [];
  try {
    await retry(() => client.call({ method: 'PUT', key, body }));
    for (const [name, request] of promises) {
      if (!(await isRefused(client, retry, { ...(await request()), key }))) broken.push(name);
    }
  } finally {
    await client.call({ method: 'DELETE', key }).catch(() => {});
  }
  if (broken.length === 0) return;
  throw new AppError(
    'failed-precondition',
    `the bucket ${bucket} at ${endpoint.origin} cannot be used: its server ignores the conditions of ${broken.join(', ')}, so that two workers could overwrite each other's results; use a server that honours them, such as MinIO, SeaweedFS or Amazon S3`,
    { reason: 'STORE_UNSAFE', facts: { endpoint: endpoint.origin, bucket, ignored: broken.join(', ') } },
  );
}

async function completion(client: S3Client, retry: Retry, key: string, body: Buffer): Promise<S3Request> {
  const { text } = await retry(() => client.call({ method: 'POST', key, query: 'uploads' }));
  const query = `uploadId=${encodeURIComponent(elementOf(text, 'UploadId') ?? '')}`;
  const part = await retry(() => client.call({ method: 'PUT', key, query: `partNumber=1&${query}`, body }));
  return { method: 'POST', query, body: completionOf([bareEtag(part.headers.etag)]) };
}

async function isRefused(client: S3Client, retry: Retry, request: S3Request): Promise<boolean> {
  try {
    await retry(() => client.call(request));
    return false;
  } catch (error) {
    if (error instanceof S3Refusal && error.status === 412) return true;
    throw error;
  } finally {
    if (request.method === 'POST')
      await client
        .call({ method: 'DELETE', key: request.key ?? '', query: request.query ?? '' })
        .catch(() => {});
  }
}
