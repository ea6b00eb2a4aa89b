// AppError on the wire: a status code and message, and google.rpc.Status with BadRequest, ErrorInfo and
// RetryInfo in the trailer `grpc-status-details-bin`. Neither stack nor cause ever leaves the process.

import { type Any, rpc } from '@alarena/api';
import { AppError, type Facts, type FieldViolation } from '@alarena/core';
import { Metadata, type ServiceError, type StatusObject } from '@grpc/grpc-js';
import { codeOf, statusOf } from './status.js';

const DETAILS_KEY = 'grpc-status-details-bin';
const DOMAIN = 'alarena';
const TYPE_PREFIX = 'type.googleapis.com/';
const RETRY_DELAY_SECONDS = 1;
/** Names the facts that are not strings, since ErrorInfo carries nothing else: `limit=number,full=boolean`. */
const FACT_TYPES_KEY = 'fact-types';
/**
 * Proxies commonly refuse more than 8 KiB of headers. Details travel in base64 (4/3 of their size), the plain
 * text beside them percent-encoded (up to 3 times): all of these together stay below.
 */
const MAX_PLAIN_TEXT_BYTES = 400;
const MAX_MESSAGE_BYTES = 1_800;
const MAX_FACTS_BYTES = 1_000;
const MAX_VIOLATIONS_BYTES = 2_000;
const MAX_FIELD_BYTES = 200;
const MAX_DESCRIPTION_BYTES = 500;
/** Tags and lengths of one entry of a map or a list. */
const ENTRY_BYTES = 8;

/** What a caller is told of an error whose message was not written for them. */
export function internalMessage(callId: string): string {
  return `internal error of the server; its log tells more under call ${callId}`;
}

/** Whether an error's text was meant for the caller: an internal one is only where its author named a reason. */
export function isForCaller(error: AppError): boolean {
  return error.code !== 'internal' || error.reason !== 'INTERNAL';
}

/** The status a failed call ends with. `error` is what the caller may see of it. */
export function toStatus(error: AppError): StatusObject {
  const code = statusOf(error.code);
  const message = fit(error.message, MAX_MESSAGE_BYTES);
  const details: Any[] = [
    detail('google.rpc.ErrorInfo', rpc.ErrorInfo.encode(errorInfo(error)).finish()),
    ...(error.violations.length === 0 ? [] : [badRequest(error.violations)]),
    ...(error.retryable
      ? [
          detail(
            'google.rpc.RetryInfo',
            rpc.RetryInfo.encode({ retryDelay: { seconds: BigInt(RETRY_DELAY_SECONDS), nanos: 0 } }).finish(),
          ),
        ]
      : []),
  ];
  const metadata = new Metadata();
  metadata.set(DETAILS_KEY, Buffer.from(rpc.Status.encode({ code, message, details }).finish()));
  return { code, details: fit(error.message, MAX_PLAIN_TEXT_BYTES), metadata };
}

/** The error a server threw, from what came over the wire; undefined where it was not sent by one of ours. */
export function fromDetails(error: ServiceError): AppError | undefined {
  const bytes = error.metadata?.get(DETAILS_KEY)[0];
  if (!(bytes instanceof Uint8Array)) return undefined;
  try {
    const status = rpc.Status.decode(bytes);
    const find = (type: string): Uint8Array | undefined =>
      status.details.find((any) => any.typeUrl === TYPE_PREFIX + type)?.value;
    const info = find('google.rpc.ErrorInfo');
    const violations = find('google.rpc.BadRequest');
    const decoded = info === undefined ? undefined : rpc.ErrorInfo.decode(info);
    return new AppError(codeOf(error.code), status.message, {
      ...(decoded === undefined ? {} : { reason: decoded.reason, facts: factsOf(decoded.metadata) }),
      violations: violations === undefined ? [] : rpc.BadRequest.decode(violations).fieldViolations,
      retryable: find('google.rpc.RetryInfo') !== undefined,
    });
  } catch {
    // Details of another make, or mangled on the way: code and message still stand.
    return undefined;
  }
}

function detail(type: string, value: Uint8Array): Any {
  return { typeUrl: TYPE_PREFIX + type, value: Buffer.from(value) };
}

function errorInfo(error: AppError): rpc.ErrorInfo {
  const metadata: Record<string, string> = {};
  const types: string[] = [];
  let budget = MAX_FACTS_BYTES;
  for (const [key, value] of Object.entries(error.facts)) {
    const text = String(value);
    // A key may be named once more among the types.
    budget -= 2 * Buffer.byteLength(key) + Buffer.byteLength(text) + ENTRY_BYTES;
    if (budget < 0) break;
    metadata[key] = text;
    if (typeof value !== 'string') types.push(`${key}=${typeof value}`);
  }
  if (types.length > 0) metadata[FACT_TYPES_KEY] = types.join(',');
  return { reason: error.reason, domain: DOMAIN, metadata };
}

function factsOf(metadata: Readonly<Record<string, string>>): Facts {
  const types = new Map((metadata[FACT_TYPES_KEY] ?? '').split(',').map(splitAtLastEquals));
  const facts: Record<string, string | number | boolean> = {};
  for (const [key, text] of Object.entries(metadata)) {
    if (key === FACT_TYPES_KEY) continue;
    const type = types.get(key);
    facts[key] = type === 'number' ? Number(text) : type === 'boolean' ? text === 'true' : text;
  }
  return facts;
}

function splitAtLastEquals(pair: string): [string, string] {
  const at = pair.lastIndexOf('=');
  return [pair.slice(0, at), pair.slice(at + 1)];
}

/** As many violations as fit; a last one says how many were left out. */
function badRequest(violations: readonly FieldViolation[]): Any {
  const fieldViolations: FieldViolation[] = [];
  let budget = MAX_VIOLATIONS_BYTES;
  for (const { field, description } of violations) {
    const fitted = {
      field: fit(field, MAX_FIELD_BYTES),
      description: fit(description, MAX_DESCRIPTION_BYTES),
    };
    budget -= Buffer.byteLength(fitted.field) + Buffer.byteLength(fitted.description) + ENTRY_BYTES;
    if (budget < 0) {
      const left = violations.length - fieldViolations.length;
      fieldViolations.push({ field: '', description: `and ${left} more` });
      break;
    }
    fieldViolations.push(fitted);
  }
  return detail('google.rpc.BadRequest', rpc.BadRequest.encode({ fieldViolations }).finish());
}

/** At most `limit` bytes of UTF-8 (an ellipsis beyond), without lone surrogates, at which encodeURI throws. */
function fit(text: string, limit: number): string {
  const bytes = Buffer.from(text, 'utf8');
  if (bytes.length <= limit) return bytes.toString('utf8');
  return `${bytes.subarray(0, limit).toString('utf8').replace(/�+$/, '')}…`;
}
