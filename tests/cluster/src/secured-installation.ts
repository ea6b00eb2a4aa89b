// An installation where everything is encrypted and everybody must say who he is: two front doors, of which the second
// asks for client certificates, as do the services behind both; NATS with a password; all on real servers with TLS.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import {
  makeBucket,
  type RunningNats,
  type RunningS3,
  startMinio,
  startNats,
  type TestScope,
  temporaryFolder,
} from '@alarena/testkit';
import { type Credentials, makeCredentials, type TokenOwner } from './credentials.js';
import { alarena, type CommandResult, type Installation, startInstallation } from './installation.js';
import { linesOf } from './log-lines.js';
import { root } from './service-process.js';

const bucket = 'alarena';
const natsUser = 'alarena';

/** What somebody at a command line has. */
export interface Caller {
  readonly token?: TokenOwner;
  /** Whose authority is trusted; not set: no TLS. */
  readonly ca?: 'own' | 'stranger';
  /** Whose client certificate is shown. */
  readonly certificate?: 'own' | 'stranger';
}

interface Parts {
  readonly scope: TestScope;
  readonly credentials: Credentials;
  readonly nats: RunningNats;
  readonly s3: RunningS3;
  readonly cluster: Installation;
}

export class SecuredInstallation {
  readonly credentials: Credentials;
  readonly cluster: Installation;
  readonly s3: RunningS3;
  /** All that commands and services apart from the installation's own have said. */
  readonly said: string[] = [];
  readonly #nats: RunningNats;
  readonly #scope: TestScope;

  private constructor({ scope, credentials, nats, s3, cluster }: Parts) {
    this.credentials = credentials;
    this.cluster = cluster;
    this.s3 = s3;
    this.#nats = nats;
    this.#scope = scope;
  }

  static async start(scope: TestScope): Promise<SecuredInstallation> {
    const folder = await temporaryFolder(scope);
    const credentials = await makeCredentials(folder);
    const { certificates, own, password } = credentials;
    const tls = { ...certificates.server, ca: certificates.ca };
    const nats = await startNats({ tls, users: [{ user: natsUser, password }] });
    scope.after(() => nats.stop());
    const s3 = await startMinio({ tls });
    scope.after(() => s3.stop());
    await makeBucket(s3, bucket);
    const cluster = await startInstallation(scope, {
      ...{ nats, s3, bucket, folder, trainers: 1, orchestrators: 2, logLevel: 'debug' },
      env: {
        ...credentials.serverEnv,
        ...backendEnv(credentials),
        ALARENA_ORCHESTRATOR_UPSTREAM_CA_FILE: own.caFile,
        ALARENA_ORCHESTRATOR_UPSTREAM_CERT_FILE: own.clientCertFile,
        ALARENA_ORCHESTRATOR_UPSTREAM_KEY_FILE: own.clientKeyFile,
      },
      envOf: (name): Record<string, string> =>
        name === 'orchestrator-1'
          ? { ALARENA_ORCHESTRATOR_HOST: '0.0.0.0' }
          : { ALARENA_TLS_CLIENT_CA_FILE: own.caFile },
    });
    return new SecuredInstallation({ scope, credentials, nats, s3, cluster });
  }

  /** What a service needs for NATS and MinIO. */
  backends(): Record<string, string> {
    return backendEnv(this.credentials);
  }

  /** Runs a command with `--json` and what the caller has. */
  async ask(server: string, args: readonly string[], caller: Caller): Promise<CommandResult> {
    const options = [...args, '--server', server, '--json'];
    const { token, ca, certificate } = caller;
    if (token !== undefined) options.push('--token-file', this.credentials.tokenFiles[token]);
    if (ca !== undefined) options.push('--ca', this.credentials[ca].caFile);
    if (certificate !== undefined) {
      const { clientCertFile, clientKeyFile } = this.credentials[certificate];
      options.push('--cert', clientCertFile, '--key', clientKeyFile);
    }
    const result = await alarena(options, {});
    this.said.push(result.stdout, result.stderr);
    return result;
  }

  /** Starts a service that must end by itself with 1, for this reason. */
  async startRefused(
    service: string,
    env: Readonly<Record<string, string>>,
    reason: string,
  ): Promise<{ message: string; violations: string }> {
    const { endpoint, accessKey, secretKey } = this.s3;
    const prefix = `ALARENA_${service.toUpperCase().replaceAll('-', '_')}`;
    const home = await temporaryFolder(this.#scope);
    const child = spawn(process.execPath, [join(root, `services/${service}/dist/main.js`)], {
      cwd: root,
      env: {
        ...{ PATH: process.env.PATH, HOME: process.env.HOME, ALARENA_HOME: home, [`${prefix}_PORT`]: '0' },
        ...{ ALARENA_STORE: 's3', ALARENA_S3_ENDPOINT: endpoint, ALARENA_S3_BUCKET: bucket },
        ...{ ALARENA_S3_ACCESS_KEY: accessKey, ALARENA_S3_SECRET_KEY: secretKey },
        ...{ ALARENA_NATS_URL: this.#nats.url },
        ...env,
      },
      stdio: ['ignore', 'ignore', 'pipe'],
      timeout: 60_000,
    });
    const [log, [status]] = await Promise.all([text(child.stderr), once(child, 'exit')]);
    this.said.push(log);
    assert.equal(status, 1, log);
    const error: unknown = linesOf(log).find(({ msg }) => msg === 'start failed')?.err;
    assert.ok(typeof error === 'object' && error !== null, log);
    assert.equal(Reflect.get(error, 'reason'), reason, log);
    const violations = JSON.stringify(Reflect.get(error, 'violations') ?? []);
    return { message: String(Reflect.get(error, 'message')), violations };
  }
}

function backendEnv({ own, passwordFile }: Credentials): Record<string, string> {
  return {
    ALARENA_S3_CA_FILE: own.caFile,
    ALARENA_NATS_CA_FILE: own.caFile,
    ALARENA_NATS_USER: natsUser,
    ALARENA_NATS_PASSWORD_FILE: passwordFile,
  };
}
