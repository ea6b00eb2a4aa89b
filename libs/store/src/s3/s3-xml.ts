// The few XML documents of S3 that the store reads and writes. The minio client's own parser takes some texts for
// numbers: it lists the key `0x10` as `16`, and fails on a continuation token such as `0010`.

export interface ListedObject {
  readonly key: string;
  readonly sizeBytes: number;
  readonly etag: string;
  readonly modifiedAt: Date;
}

export interface ListPage {
  readonly objects: readonly ListedObject[];
  /** Undefined on the last page. */
  readonly next: string | undefined;
}

/** The text of the first element of that name. The names asked for occur in S3's answers without attributes. */
export function elementOf(xml: string, name: string): string | undefined {
  const start = xml.indexOf(`<${name}>`);
  if (start < 0) return undefined;
  const end = xml.indexOf(`</${name}>`, start);
  return end < 0 ? undefined : unescaped(xml.slice(start + name.length + 2, end));
}

/** Of an answer with `encoding-type=url`. */
export function readListPage(xml: string): ListPage {
  const objects = Array.from(xml.matchAll(/<Contents>(.*?)<\/Contents>/gs), ([, content = '']) => ({
    key: decodeURIComponent((elementOf(content, 'Key') ?? '').replaceAll('+', ' ')),
    sizeBytes: Number(elementOf(content, 'Size')),
    etag: bareEtag(elementOf(content, 'ETag')),
    modifiedAt: new Date(elementOf(content, 'LastModified') ?? Number.NaN),
  }));
  const isTruncated = elementOf(xml, 'IsTruncated') === 'true';
  return { objects, next: isTruncated ? elementOf(xml, 'NextContinuationToken') : undefined };
}

export function completionOf(etags: readonly string[]): Buffer {
  const parts = etags.map(
    (etag, i) => `<Part><PartNumber>${i + 1}</PartNumber><ETag>"${etag}"</ETag></Part>`,
  );
  return Buffer.from(
    `<CompleteMultipartUpload xmlns="http://s3.amazonaws.com/doc/2006-03-01/">${parts.join('')}</CompleteMultipartUpload>`,
  );
}

/** Without the quotes that HTTP puts around it. */
export function bareEtag(etag: string | undefined): string {
  return (etag ?? '').replace(/^(W\/)?"|"$/g, '');
}

function unescaped(text: string): string {
  return text.replace(/&(?:#(\d+)|#x([0-9a-fA-F]+)|(quot|amp|lt|gt|apos));/g, (_, decimal, hex, name) => {
    if (decimal !== undefined) return String.fromCodePoint(Number(decimal));
    if (hex !== undefined) return String.fromCodePoint(Number.parseInt(hex, 16));
    return { quot: '"', amp: '&', lt: '<', gt: '>', apos: "'" }[String(name)] ?? '';
  });
}
