import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { bareEtag, completionOf, elementOf, readListPage } from './s3-xml.js';

describe('the XML of S3', () => {
  test('gives texts as they are, also those that look like numbers', () => {
    const contents = (key: string): string =>
      `<Contents><Key>${key}</Key><LastModified>2026-01-02T03:04:05.678Z</LastModified><ETag>&#34;0e12-3&#34;</ETag><Size>010</Size></Contents>`;
    const page = readListPage(
      `<?xml version="1.0"?><ListBucketResult xmlns="x"><IsTruncated>true</IsTruncated><NextContinuationToken>0010&amp;=</NextContinuationToken>${contents('0x10')}${contents('a%2Fb+c')}</ListBucketResult>`,
    );
    const rest = { sizeBytes: 10, etag: '0e12-3', modifiedAt: new Date('2026-01-02T03:04:05.678Z') };
    assert.deepEqual(page, {
      objects: [
        { key: '0x10', ...rest },
        { key: 'a/b c', ...rest },
      ],
      next: '0010&=',
    });
  });

  test('ends a listing where nothing is left, whatever token comes with it', () => {
    const xml =
      '<ListBucketResult><IsTruncated>false</IsTruncated><NextContinuationToken>x</NextContinuationToken></ListBucketResult>';
    assert.deepEqual(readListPage(xml), { objects: [], next: undefined });
  });

  test('knows no element in what is not XML', () => {
    assert.equal(elementOf('', 'Code'), undefined);
    assert.equal(elementOf('<html><Code>cut off', 'Code'), undefined);
    assert.equal(elementOf('<Code>a &lt;b&gt; &quot;c&#39;&#x41;</Code>', 'Code'), 'a <b> "c\'A');
  });

  test('takes the quotes off etags and puts them back', () => {
    assert.deepEqual(['"a-2"', 'W/"b"', 'c', undefined].map(bareEtag), ['a-2', 'b', 'c', '']);
    assert.match(
      completionOf(['a', 'b']).toString(),
      /<Part><PartNumber>1<\/PartNumber><ETag>"a"<\/ETag><\/Part><Part><PartNumber>2<\/PartNumber><ETag>"b"<\/ETag>/,
    );
  });
});
