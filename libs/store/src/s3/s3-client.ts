// One signed request to an S3 server and the beginning of its answer. The minio client builds and signs requests; they
// are sent here, because its own sending knows no abort, no time limit and no conditional headers, leaves the
// connection of a failed answer open and prints to the console.

import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import http, { type IncomingMessage } from 'node:http';
import https from 'node:https';
import { Client } from 'minio';
import { signV4 } from 'minio/dist/esm/signing.mjs';
import { abortError, throwIfAborted } from '../abort.js';
import { fileError } from '../file-errors.js';
import { refusal, unreachable } from './s3-errors.js';
import { checkS3Settings, type S3Place, type S3StoreSettings } from './s3-settings.js';

export interface S3Request {
  readonly method: 'GET' | 'HEAD' | 'PUT' | 'POST' | 'DELETE';
  /** Of the port, without the settings' prefix. Left out: the request is about the bucket. */
  readonly key?: string;
  /** Encoded, without the question mark. */
  readonly query?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Uint8Array;
  readonly signal?: AbortSignal | undefined;
}

const defaultAnswerLimitMs = 30_000;
/** An upload that is slower than this is given up. */
const slowestBytesPerMs = 256;
/** Hashing this much takes a few milliseconds, for which the event loop stands still. */
const hashStepBytes = 4 << 20;
/** The body is not part of the signature: the signed Content-MD5 stands for it, and MinIO, SeaweedFS and Amazon check that. */
const unsigned = 'UNSIGNED-PAYLOAD';

class RequestBuilder extends Client {
  build(place: S3Place, request: S3Request): ReturnType<Client['getRequestOptions']> {
    const { method, key, query, headers } = request;
    return this.getRequestOptions({
      method,
      region: place.region,
      bucketName: place.bucket,
      ...(key === undefined ? {} : { objectName: place.prefix + key }),
      ...(query === undefined ? {} : { query }),
      headers: { ...headers, 'content-length': String(request.body?.byteLength ?? 0) },
    });
  }
}

export class S3Client {
  readonly place: S3Place;
  readonly answerLimitMs: number;
  readonly #settings: S3StoreSettings;
  readonly #builder: RequestBuilder;
  readonly #agent: http.Agent;
  readonly #request: typeof http.request;

  constructor(settings: S3StoreSettings) {
    this.#settings = settings;
    this.place = checkS3Settings(settings);
    this.answerLimitMs = settings.answerLimitMs ?? defaultAnswerLimitMs;
    const { protocol, hostname, port } = this.place.endpoint;
    const useSSL = protocol === 'https:';
    const ca = settings.caFile === undefined ? undefined : readCa(settings.caFile);
    this.#agent = useSSL
      ? new https.Agent({ keepAlive: true, ...(ca === undefined ? {} : { ca }) })
      : new http.Agent({ keepAlive: true });
    this.#request = useSSL ? https.request : http.request;
    this.#builder = new RequestBuilder({
      endPoint: hostname.replace(/^\[|\]$/g, ''),
      port: Number(port) || (useSSL ? 443 : 80),
      useSSL,
      region: this.place.region,
      pathStyle: settings.pathStyle ?? true,
      transportAgent: this.#agent,
    });
  }

  /** The answer, when it is a yes; its body must be read or destroyed. Otherwise throws an AppError, retryable or not. */
  async send(request: S3Request): Promise<IncomingMessage> {
    throwIfAborted(request.signal);
    const body = request.body;
    const headers = body === undefined ? {} : { ...request.headers, 'content-md5': await md5Of(body) };
    throwIfAborted(request.signal);
    const response = await this.#exchange(body === undefined ? request : { ...request, headers });
    const status = response.statusCode ?? 0;
    if (status >= 200 && status < 300) return response;
    const text = await this.#textOf(response, request.signal);
    throw refusal(
      this.place,
      { method: request.method, key: request.key ?? this.place.bucket },
      status,
      response.headers,
      text,
    );
  }

  /** For answers that are read whole: headers and, where there is one, the XML. */
  async call(
    request: S3Request,
  ): Promise<{ readonly headers: http.IncomingHttpHeaders; readonly text: string }> {
    const response = await this.send(request);
    return { headers: response.headers, text: await this.#textOf(response, request.signal) };
  }

  close(): void {
    this.#agent.destroy();
  }

  #exchange(request: S3Request): Promise<IncomingMessage> {
    const { body, signal } = request;
    const options = this.#signed(request);
    const limitMs = this.answerLimitMs + (body?.byteLength ?? 0) / slowestBytesPerMs;
    return new Promise((resolve, reject) => {
      const call = this.#request(options, (response) => {
        finish();
        resolve(response);
      });
      const timer = setTimeout(() => call.destroy(tooLate(limitMs)), limitMs);
      const abort = (): void => {
        if (signal !== undefined) call.destroy(abortError(signal));
      };
      const finish = (): void => {
        clearTimeout(timer);
        signal?.removeEventListener('abort', abort);
      };
      signal?.addEventListener('abort', abort, { once: true });
      call.on('error', (error) => {
        finish();
        reject(unreachable(this.place, error));
      });
      call.end(body);
    });
  }

  #signed(request: S3Request): http.RequestOptions {
    const { accessKey, secretKey, sessionToken } = this.#settings;
    const options = this.#builder.build(this.place, request);
    const now = new Date();
    options.headers['x-amz-date'] = now.toISOString().replace(/[-:]|\.\d+/g, '');
    options.headers['x-amz-content-sha256'] = unsigned;
    if (sessionToken !== undefined) options.headers['x-amz-security-token'] = sessionToken;
    const { region } = this.place;
    options.headers.authorization = signV4(options, accessKey, secretKey, region, now, unsigned);
    return options;
  }

  async #textOf(response: IncomingMessage, signal: AbortSignal | undefined): Promise<string> {
    const timer = setTimeout(() => response.destroy(tooLate(this.answerLimitMs)), this.answerLimitMs);
    const abort = (): void => {
      if (signal !== undefined) response.destroy(abortError(signal));
    };
    signal?.addEventListener('abort', abort, { once: true });
    try {
      let text = '';
      for await (const chunk of response.setEncoding('utf8')) text += chunk;
      return text;
    } catch (error) {
      throw unreachable(this.place, error);
    } finally {
      clearTimeout(timer);
      signal?.removeEventListener('abort', abort);
    }
  }
}

export function tooLate(limitMs: number): Error {
  return new Error(`no answer within ${Math.round(limitMs / 1000)} s`);
}

async function md5Of(bytes: Uint8Array): Promise<string> {
  const hash = createHash('md5');
  for (let start = 0; start < bytes.byteLength; start += hashStepBytes) {
    if (start > 0) await new Promise((resolve) => setImmediate(resolve));
    hash.update(bytes.subarray(start, start + hashStepBytes));
  }
  return hash.digest('base64');
}

function readCa(path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (error) {
    throw fileError(error, path);
  }
}
