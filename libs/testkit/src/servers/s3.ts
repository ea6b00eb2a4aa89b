// S3 servers of their own for a test, on loopback: MinIO, and SeaweedFS as the second opinion on what S3 is.

import { mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { Agent } from 'node:https';
import { join } from 'node:path';
import { Client } from 'minio';
import { ensureServer } from './ensure-server.js';
import { answersOk } from './http-probe.js';
import { onFreePorts, type RunningServer, ServerProcess, serverFolder } from './server-process.js';

export interface RunningS3 extends RunningServer {
  /** `http://host:port` or `https://…`. */
  readonly endpoint: string;
  readonly accessKey: string;
  readonly secretKey: string;
  readonly region: string;
  /** PEM of the certificate authority to trust; undefined without TLS or where the system's will do. */
  readonly ca: string | undefined;
}

export interface MinioOptions {
  /** PEM texts; `ca` is for clients. */
  readonly tls?: { readonly cert: string; readonly key: string; readonly ca?: string };
}

const host = '127.0.0.1';
const region = 'us-east-1';
const accessKey = 'test-access-key';
const secretKey = 'test-secret-key';

export async function startMinio(options: MinioOptions = {}): Promise<RunningS3> {
  const program = await ensureServer('minio');
  const { tls } = options;
  return onFreePorts(1, async (port = 0) => {
    const folder = await serverFolder('minio');
    const certificates = join(folder, 'certificates');
    await mkdir(certificates);
    if (tls !== undefined) {
      await writeFile(join(certificates, 'public.crt'), tls.cert);
      await writeFile(join(certificates, 'private.key'), tls.key, { mode: 0o600 });
    }
    const endpoint = `${tls === undefined ? 'http' : 'https'}://${host}:${port}`;
    const server = await ServerProcess.start({
      name: 'minio',
      program,
      args: [
        ...['server', '--address', `${host}:${port}`, '--certs-dir', certificates],
        join(folder, 'data'),
      ],
      env: {
        MINIO_ROOT_USER: accessKey,
        MINIO_ROOT_PASSWORD: secretKey,
        MINIO_REGION: region,
        MINIO_BROWSER: 'off',
        // No question to the makers whether there is a newer one.
        MINIO_UPDATE: 'off',
      },
      folder,
      ready: () => answersOk(`${endpoint}/minio/health/ready`),
    });
    return running(server, endpoint, tls?.ca);
  });
}

export async function startSeaweed(): Promise<RunningS3> {
  const program = await ensureServer('seaweedfs');
  // Each of its parts has a second port for gRPC, by default at its first one plus 10000: perhaps not a port at all.
  return onFreePorts(8, async (...ports) => {
    const [master, masterGrpc, volume, volumeGrpc, filer, filerGrpc, s3, s3Grpc] = ports;
    const folder = await serverFolder('seaweedfs');
    const config = join(folder, 's3.json');
    const credentials = [{ accessKey, secretKey }];
    await writeFile(
      config,
      JSON.stringify({ identities: [{ name: 'test', credentials, actions: ['Admin'] }] }),
    );
    const data = join(folder, 'data');
    await mkdir(data);
    const endpoint = `http://${host}:${s3}`;
    const server = await ServerProcess.start({
      name: 'seaweedfs',
      program,
      args: [
        ...['server', `-dir=${data}`, `-ip=${host}`, `-ip.bind=${host}`],
        ...[`-master.port=${master}`, `-master.port.grpc=${masterGrpc}`, '-master.volumeSizeLimitMB=64'],
        ...['-master.electionTimeout=1s', '-master.telemetry=false'],
        ...[`-volume.port=${volume}`, `-volume.port.grpc=${volumeGrpc}`, '-volume.max=100'],
        ...['-filer', `-filer.port=${filer}`, `-filer.port.grpc=${filerGrpc}`],
        ...['-s3', `-s3.port=${s3}`, `-s3.port.grpc=${s3Grpc}`, `-s3.config=${config}`],
        ...['-s3.port.iceberg=0', '-s3.port.lance=0', '-s3.iam=false'],
      ],
      folder,
      // Its own way to end waits 15 s for a stream that it keeps to itself.
      endSignal: 'SIGKILL',
      ready: () => isWritable(endpoint),
    });
    return {
      ...running(server, endpoint, undefined),
      stop: async () => {
        await server.stop();
        await removeSockets(ports);
      },
    };
  });
}

/** What a killed SeaweedFS leaves behind, at names that it cannot be told. */
async function removeSockets(ports: readonly number[]): Promise<void> {
  const ofOurs = new RegExp(`^seaweedfs-[a-z0-9-]*-(${ports.join('|')})\\.sock$`);
  for (const name of await readdir('/tmp'))
    if (ofOurs.test(name)) await rm(join('/tmp', name), { force: true });
}

export async function makeBucket(server: RunningS3, bucket: string): Promise<void> {
  await client(server).makeBucket(bucket, server.region);
}

function running(server: ServerProcess, endpoint: string, ca: string | undefined): RunningS3 {
  return {
    ...{ endpoint, accessKey, secretKey, region, ca },
    stop: () => server.stop(),
    kill: () => server.kill(),
    restart: () => server.restart(),
  };
}

function client(server: Pick<RunningS3, 'endpoint' | 'ca'>): Client {
  const { hostname, port, protocol } = new URL(server.endpoint);
  return new Client({
    endPoint: hostname,
    port: Number(port),
    useSSL: protocol === 'https:',
    region,
    accessKey,
    secretKey,
    ...(server.ca !== undefined && { transportAgent: new Agent({ ca: server.ca }) }),
  });
}

/** SeaweedFS answers before its volumes are there, so the sign is an object that could be written. */
async function isWritable(endpoint: string): Promise<boolean> {
  const s3 = client({ endpoint, ca: undefined });
  const bucket = 'readiness';
  if (!(await s3.bucketExists(bucket))) await s3.makeBucket(bucket, region);
  await s3.putObject(bucket, 'probe', 'x');
  await s3.removeObject(bucket, 'probe');
  await s3.removeBucket(bucket);
  return true;
}
