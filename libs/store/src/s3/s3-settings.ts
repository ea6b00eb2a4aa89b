// Where an S3 bucket is and how to get in. Plain JSON, so that it can be handed to a child process; checked before use.

import { AppError, type FieldViolation } from '@alarena/core';

export interface S3StoreSettings {
  /** `http[s]://host[:port]`, without a path. */
  readonly endpoint: string;
  readonly bucket: string;
  readonly accessKey: string;
  readonly secretKey: string;
  /** Of temporary credentials. */
  readonly sessionToken?: string | undefined;
  /** Default: us-east-1, which servers other than Amazon's accept. */
  readonly region?: string | undefined;
  /** Put before every key, as a folder of its own: `team-a` and `team-a/` are the same. Default: none. */
  readonly prefix?: string | undefined;
  /** `https://host/bucket/key` rather than `https://bucket.host/key`. Default: true; Amazon's hosts always get the latter. */
  readonly pathStyle?: boolean | undefined;
  /** PEM file of the only authorities trusted to have signed the endpoint's certificate. Default: those of the system. */
  readonly caFile?: string | undefined;
  /** How often a call is repeated after a failure that may pass. Default: 10 times, which takes about 25 s. */
  readonly retries?: number | undefined;
  /** Time for one answer to begin, and for the next bytes of it; uploads get more by their size. Default: 30 s. */
  readonly answerLimitMs?: number | undefined;
}

export interface S3Place {
  readonly endpoint: URL;
  readonly bucket: string;
  readonly region: string;
  /** Empty, or ending in a slash. */
  readonly prefix: string;
}

const prefixPattern = /^([A-Za-z0-9._-]+\/)*$/;
/** What remains of S3's 1,024 bytes beside the longest key of the port. */
const maxPrefixLength = 100;

export function checkS3Settings(settings: S3StoreSettings): S3Place {
  const violations: FieldViolation[] = [];
  const endpoint = URL.canParse(settings.endpoint) ? new URL(settings.endpoint) : undefined;
  if (endpoint === undefined || !isBareUrl(endpoint)) {
    violations.push({
      field: 'endpoint',
      description: 'must be the URL of an S3 server without path or credentials, such as https://minio:9000',
    });
  }
  if (!/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/.test(settings.bucket)) {
    violations.push({
      field: 'bucket',
      description: `must be a bucket's name: 3 to 63 lower-case letters, digits, "-" and ".", got ${JSON.stringify(settings.bucket)}`,
    });
  }
  const prefix = settings.prefix ? `${settings.prefix.replace(/\/$/, '')}/` : '';
  if (!prefixPattern.test(prefix) || prefix.length > maxPrefixLength || /(^|\/)\.\.?\//.test(prefix)) {
    violations.push({
      field: 'prefix',
      description: `must be at most ${maxPrefixLength} characters of segments as in object keys, got ${JSON.stringify(settings.prefix)}`,
    });
  }
  for (const field of ['accessKey', 'secretKey'] as const) {
    if (settings[field] === '') violations.push({ field, description: 'must not be empty' });
  }
  if (endpoint === undefined || violations.length > 0) {
    throw AppError.invalid('not the settings of an S3 store', violations);
  }
  return { endpoint, bucket: settings.bucket, region: settings.region ?? 'us-east-1', prefix };
}

function isBareUrl({ protocol, pathname, search, hash, username, password }: URL): boolean {
  const isHttp = protocol === 'http:' || protocol === 'https:';
  return isHttp && pathname === '/' && `${search}${hash}${username}${password}` === '';
}
