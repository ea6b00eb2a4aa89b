// All objects below a prefix, page by page, in order of their keys' bytes.

import { AppError } from '@alarena/core';
import type { S3Client } from './s3-client.js';
import type { Retry } from './s3-retry.js';
import { type ListedObject, readListPage } from './s3-xml.js';

/**
 * SeaweedFS goes folder by folder, so that `a/b` comes before `a-b`. What it lists is held and sorted; what others list
 * is given out as it comes, and one that lists out of order is refused.
 */
export async function* listObjects(
  client: S3Client,
  retry: Retry,
  prefix: string,
): AsyncGenerator<ListedObject, void, undefined> {
  const held: ListedObject[] = [];
  let last = '';
  for await (const page of pagesOf(client, retry, prefix)) {
    if (page.isFolderByFolder) {
      held.push(...page.objects);
      continue;
    }
    for (const object of page.objects) {
      if (object.key <= last) throw outOfOrder(client, last, object.key);
      last = object.key;
      yield object;
    }
  }
  yield* held.sort((a, b) => (a.key < b.key ? -1 : 1));
}

interface Page {
  readonly objects: readonly ListedObject[];
  readonly isFolderByFolder: boolean;
}

async function* pagesOf(
  client: S3Client,
  retry: Retry,
  prefix: string,
): AsyncGenerator<Page, void, undefined> {
  const parameters = [
    'encoding-type=url',
    'list-type=2',
    'max-keys=1000',
    `prefix=${encodeURIComponent(prefix)}`,
  ];
  for (let from: string[] = []; ; ) {
    const query = [...from, ...parameters].join('&');
    const { headers, text } = await retry(() => client.call({ method: 'GET', query }));
    const { objects, next } = readListPage(text);
    yield { objects, isFolderByFolder: /^SeaweedFS/.test(String(headers.server)) };
    if (next === undefined) return;
    from = [`continuation-token=${encodeURIComponent(next)}`];
  }
}

function outOfOrder(client: S3Client, last: string, key: string): AppError {
  const { bucket, endpoint } = client.place;
  return new AppError(
    'unimplemented',
    `the bucket ${bucket} at ${endpoint.origin} does not list in order of the keys: ${key} came after ${last}`,
    { reason: 'STORE_UNSORTED', facts: { bucket, endpoint: endpoint.origin } },
  );
}
