// A Kubernetes control plane of its own for a test, on loopback: etcd, API server, controllers and scheduler are the
// real ones; there are no nodes but those that startKwok pretends.

import { execFile } from 'node:child_process';
import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { waitFor } from '../waiting.js';
import { ensureServer } from './ensure-server.js';
import { answersOk } from './http-probe.js';
import { onFreePorts, ServerProcess, serverFolder } from './server-process.js';

export interface RunningKubernetes {
  readonly serverUrl: string;
  readonly caFile: string;
  /** A kubeconfig of a cluster administrator, and its token. */
  readonly kubeconfigPath: string;
  readonly adminTokenFile: string;
  /** Standard output; an error that carries standard error where it fails. `input` goes to standard input. */
  kubectl(args: readonly string[], input?: string): Promise<string>;
  helm(args: readonly string[]): Promise<string>;
  stop(): Promise<void>;
}

const host = '127.0.0.1';

export async function startKubernetes(): Promise<RunningKubernetes> {
  const program = await ensureServer('kubernetes');
  const helm = await ensureServer('helm');
  return onFreePorts(3, async (apiPort = 0, etcdPort = 0, etcdPeerPort = 0) => {
    const folder = await serverFolder('kubernetes');
    const started: ServerProcess[] = [];
    const stop = async (): Promise<void> => {
      await Promise.all(started.map((server) => server.end()));
      await rm(folder, { recursive: true, force: true, maxRetries: 3 });
    };
    const start = async (
      name: string,
      ready: () => Promise<boolean>,
      args: readonly string[],
    ): Promise<void> => {
      // What they kept goes with them, so none needs the time to end in good order.
      const endSignal = 'SIGKILL';
      started.push(
        await ServerProcess.start({ name, program, args: [name, ...args], folder, endSignal, ready }),
      );
    };
    const serverUrl = `https://${host}:${apiPort}`;
    const etcdUrl = `http://${host}:${etcdPort}`;
    const files = await writeFiles(folder, serverUrl);
    const kubectl = async (args: readonly string[], input?: string): Promise<string> =>
      execute(program, ['kubectl', '--kubeconfig', files.kubeconfig, ...args], { HOME: folder }, input);
    try {
      const etcdPeerUrl = `http://${host}:${etcdPeerPort}`;
      await start('etcd', () => answersOk(`${etcdUrl}/readyz`), [
        ...['--data-dir', join(folder, 'etcd'), '--unsafe-no-fsync'],
        ...['--listen-client-urls', etcdUrl, '--advertise-client-urls', etcdUrl],
        ...['--listen-peer-urls', etcdPeerUrl, '--initial-advertise-peer-urls', etcdPeerUrl],
        ...['--initial-cluster', `default=${etcdPeerUrl}`],
      ]);
      await start('kube-apiserver', () => answersOk(`${serverUrl}/readyz`), [
        ...['--etcd-servers', etcdUrl, '--bind-address', host, '--secure-port', String(apiPort)],
        ...['--cert-dir', folder, '--token-auth-file', files.tokens, '--authorization-mode', 'Node,RBAC'],
        ...['--service-account-issuer', 'https://kubernetes.default.svc'],
        ...['--service-account-key-file', files.serviceAccountKey],
        ...['--service-account-signing-key-file', files.serviceAccountKey],
        ...['--service-cluster-ip-range', '10.96.0.0/16'],
      ]);
      const alone = ['--kubeconfig', files.kubeconfig, '--leader-elect=false', '--secure-port=0'];
      const isUp = async (): Promise<boolean> => true;
      await start('kube-scheduler', isUp, alone);
      await start('kube-controller-manager', isUp, [
        ...alone,
        ...['--root-ca-file', files.ca, '--use-service-account-credentials'],
        ...['--service-account-private-key-file', files.serviceAccountKey],
      ]);
      // Without it no pod is let in; the controllers make it.
      const account = `${serverUrl}/api/v1/namespaces/default/serviceaccounts/default`;
      const authorization = `Bearer ${files.token}`;
      await waitFor('the default service account', () => answersOk(account, { authorization }), 120_000);
    } catch (error) {
      await stop();
      throw error;
    }
    return {
      serverUrl,
      caFile: files.ca,
      kubeconfigPath: files.kubeconfig,
      adminTokenFile: files.adminToken,
      kubectl,
      helm: (args) =>
        execute(helm, args, {
          KUBECONFIG: files.kubeconfig,
          HELM_CACHE_HOME: join(folder, 'helm/cache'),
          HELM_CONFIG_HOME: join(folder, 'helm/config'),
          HELM_DATA_HOME: join(folder, 'helm/data'),
          // Where it keeps what it has learnt of the API server.
          HOME: folder,
        }),
      stop,
    };
  });
}

interface Files {
  /** Written by the API server at its start: it signs its certificate itself. */
  readonly ca: string;
  readonly kubeconfig: string;
  readonly token: string;
  readonly adminToken: string;
  readonly tokens: string;
  readonly serviceAccountKey: string;
}

async function writeFiles(folder: string, server: string): Promise<Files> {
  const write = async (name: string, content: string): Promise<string> => {
    const path = join(folder, name);
    await writeFile(path, content, { mode: 0o600 });
    return path;
  };
  const ca = join(folder, 'apiserver.crt');
  const token = randomBytes(16).toString('hex');
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const kubeconfig = {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'test', cluster: { server, 'certificate-authority': ca } }],
    users: [{ name: 'admin', user: { token } }],
    contexts: [{ name: 'test', context: { cluster: 'test', user: 'admin', namespace: 'default' } }],
    'current-context': 'test',
  };
  return {
    ...{ ca, token },
    // YAML contains JSON.
    kubeconfig: await write('kubeconfig', JSON.stringify(kubeconfig)),
    adminToken: await write('admin-token', token),
    tokens: await write('tokens.csv', `${token},admin,admin,system:masters\n`),
    serviceAccountKey: await write(
      'service-account.key',
      privateKey.export({ type: 'sec1', format: 'pem' }).toString(),
    ),
  };
}

function execute(
  program: string,
  args: readonly string[],
  env: Readonly<Record<string, string>>,
  input = '',
): Promise<string> {
  return new Promise((resolve, reject) => {
    const options = { env: { ...process.env, ...env }, maxBuffer: 1 << 26 };
    const child = execFile(program, args, options, (error, stdout) => {
      // Its message is the command line with standard error below.
      if (error === null) resolve(stdout);
      else reject(error);
    });
    child.stdin?.end(input);
  });
}
