// What S3 servers and the way to them answer, as AppErrors that name endpoint and bucket and what to do about it. Keys
// and signatures never get into one.

import type { IncomingHttpHeaders } from 'node:http';
import { AppError, type AppErrorOptions, type ErrorCode } from '@alarena/core';
import { codeOf } from '../file-errors.js';
import type { S3Place } from './s3-settings.js';
import { elementOf } from './s3-xml.js';

/** The server answered, and it was no: `status` and `s3Code` for callers that know what to do about some of them. */
export class S3Refusal extends AppError {
  readonly status: number;
  /** E.g. `NoSuchKey`. Empty where the server gave none, as in answers to HEAD. */
  readonly s3Code: string;

  constructor(status: number, s3Code: string, code: ErrorCode, message: string, options: AppErrorOptions) {
    super(code, message, options);
    this.status = status;
    this.s3Code = s3Code;
  }
}

const credentialCodes = new Set([
  'InvalidAccessKeyId',
  'SignatureDoesNotMatch',
  'InvalidToken',
  'ExpiredToken',
  'InvalidTokenId',
  'AuthorizationHeaderMalformed',
]);
const fullCodes = new Set(['XMinioStorageFull', 'XMinioAdminBucketQuotaExceeded', 'QuotaExceeded']);
/** `ConditionalRequestConflict` and `OperationAborted`: another request on the key was under way. */
const passingCodes = new Set([
  'SlowDown',
  'RequestTimeout',
  'BadDigest',
  'IncompleteBody',
  'ConditionalRequestConflict',
  'OperationAborted',
]);
const passingStatuses = new Set([408, 429, 500, 502, 503, 504]);

export function refusal(
  place: S3Place,
  request: { readonly method: string; readonly key: string },
  status: number,
  headers: IncomingHttpHeaders,
  body: string,
): S3Refusal {
  // An answer to HEAD has no body; MinIO tells the code in a header.
  const header = headers['x-minio-error-code'];
  const s3Code = elementOf(body, 'Code') ?? (typeof header === 'string' ? header : '');
  const where = `the bucket ${place.bucket} at ${place.endpoint.origin}`;
  const answer = s3Code === '' ? `status ${status}` : `${s3Code} (status ${status})`;
  const facts = { endpoint: place.endpoint.origin, bucket: place.bucket, status, s3Code };
  const as = (code: ErrorCode, message: string, options: AppErrorOptions = {}): S3Refusal =>
    new S3Refusal(status, s3Code, code, message, { facts, ...options });

  if (s3Code === 'NoSuchBucket') {
    return as(
      'failed-precondition',
      `${where} does not exist: create it (for example with \`mc mb\`), or name another one in ALARENA_S3_BUCKET`,
      { reason: 'STORE_NO_BUCKET' },
    );
  }
  if (s3Code === 'RequestTimeTooSkewed') {
    return as('failed-precondition', `${where} refuses the clock of this machine: set it right`, {
      reason: 'STORE_CLOCK',
    });
  }
  if (credentialCodes.has(s3Code) || status === 401) {
    return as(
      'unauthenticated',
      `${where} does not accept the credentials, ${answer}: check ALARENA_S3_ACCESS_KEY, ALARENA_S3_SECRET_KEY and ALARENA_S3_REGION`,
      { reason: 'STORE_CREDENTIALS' },
    );
  }
  if (status === 507 || fullCodes.has(s3Code)) {
    return as('resource-exhausted', `${where} is full, ${answer}: free some space or raise its quota`, {
      reason: 'STORE_FULL',
    });
  }
  const said = elementOf(body, 'Message');
  const details = said === undefined ? answer : `${answer}, ${said}`;
  if (passingCodes.has(s3Code) || passingStatuses.has(status)) {
    return as('unavailable', `${where} failed to ${request.method} ${request.key}: ${details}`, {
      reason: 'STORE_FAILING',
    });
  }
  if (status === 403) {
    return as(
      'permission-denied',
      `${where} does not let the access key ${request.method} ${request.key}, ${answer}: check the credentials and the policy of the access key`,
    );
  }
  if (status === 404) return as('not-found', `there is no object ${request.key} in ${where}`);
  if (status === 301 || status === 307) {
    return as('failed-precondition', `${where} is elsewhere, ${answer}: check the endpoint and the region`);
  }
  if (status === 501) return as('unimplemented', `${where} cannot ${request.method} as asked, ${answer}`);
  return as('internal', `${where} refused to ${request.method} ${request.key}: ${details}`);
}

/** No answer, or only a part of one. */
export function unreachable(place: S3Place, error: unknown): AppError {
  if (error instanceof AppError) return error;
  const code = codeOf(error) ?? '';
  const origin = place.endpoint.origin;
  const facts = { endpoint: origin, bucket: place.bucket, systemCode: code || 'none' };
  const message = error instanceof Error ? error.message : String(error);
  if (/CERT|SELF_SIGNED|ISSUER|VERIFY|^ERR_(TLS|SSL)/.test(code)) {
    return new AppError(
      'failed-precondition',
      `the object store at ${origin} is not trusted, ${code}: its certificate must name that host and be signed by an authority of ALARENA_S3_CA_FILE (without one: of the system)`,
      { reason: 'STORE_NOT_TRUSTED', facts, cause: error },
    );
  }
  if (code === 'EPROTO') {
    return new AppError(
      'failed-precondition',
      `the object store at ${origin} does not answer in TLS: check whether its URL should begin with http://`,
      { reason: 'STORE_NOT_TRUSTED', facts, cause: error },
    );
  }
  return new AppError('unavailable', `the object store at ${origin} cannot be reached: ${code || message}`, {
    reason: 'STORE_UNREACHABLE',
    facts,
    cause: error,
  });
}
