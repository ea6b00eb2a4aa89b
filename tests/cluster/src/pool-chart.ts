// The chart as its README has it, with a GPU pool of the tests', on a real API server.

import { execFile } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { ensureServer, type RunningKubernetes, type ServiceHome } from '@alarena/testkit';
import { KubeConfig } from '@kubernetes/client-node';

const repository = fileURLToPath(new URL('../../../', import.meta.url));
/** Two GPUs for up to three trainers and one inference worker. */
const values = {
  components: { orchestrator: { settings: { POOL: 'gpu' } } },
  pools: {
    cpu: null,
    gpu: {
      ...{ device: 'gpu', gpus: 1, min: 0, max: 3, nodeSelector: { accelerator: 'a100' } },
      inference: { max: 1 },
    },
  },
};

export interface PoolChartOptions {
  readonly home: ServiceHome;
  readonly kubernetes: RunningKubernetes;
  readonly namespace: string;
  readonly release: string;
}

export class PoolChart {
  readonly #options: PoolChartOptions;
  readonly #chart: readonly string[];
  readonly #own: readonly string[];

  private constructor(options: PoolChartOptions) {
    const { namespace, release, home } = options;
    const folder = `${repository}charts/alarena`;
    this.#options = options;
    this.#own = ['--namespace', namespace];
    this.#chart = [
      ...[release, folder, ...this.#own, '--values', `${folder}/values-dev.yaml`],
      ...['--values', `${home.folder}/values.yaml`],
    ];
  }

  static async install(options: PoolChartOptions): Promise<PoolChart> {
    const { home, kubernetes, namespace } = options;
    const program = await ensureServer('kubernetes');
    const kubectl = `${home.folder}/kubectl`;
    await writeFile(kubectl, `#!/bin/sh\nexec "${program}" kubectl "$@"\n`, { mode: 0o755 });
    await promisify(execFile)(`${repository}deploy/dev-secrets.sh`, [namespace, `${home.folder}/secrets`], {
      env: {
        HOME: home.folder,
        PATH: `${home.folder}:${process.env.PATH}`,
        KUBECONFIG: kubernetes.kubeconfigPath,
      },
    });
    const volumes = ['nats', 'minio'].map((name) => ({
      ...{ apiVersion: 'v1', kind: 'PersistentVolume', metadata: { name } },
      spec: {
        ...{ capacity: { storage: '10Gi' }, accessModes: ['ReadWriteOnce'] },
        ...{
          hostPath: { path: `/nowhere/${name}` },
          claimRef: { namespace, name: `data-alarena-${name}-0` },
        },
      },
    }));
    const list = { apiVersion: 'v1', kind: 'List', items: volumes };
    await kubernetes.kubectl(['create', '--filename=-'], JSON.stringify(list));
    // YAML contains JSON.
    await writeFile(`${home.folder}/values.yaml`, JSON.stringify(values));
    const chart = new PoolChart(options);
    await kubernetes.helm(['install', ...chart.#chart, '--wait', '--timeout', '300s']);
    return chart;
  }

  async upgrade(settings: readonly string[]): Promise<void> {
    await this.#options.kubernetes.helm(['upgrade', ...this.#chart, ...settings]);
  }

  async uninstall(): Promise<void> {
    const { kubernetes, release } = this.#options;
    await kubernetes.helm(['uninstall', release, ...this.#own, '--wait', '--timeout', '300s']);
  }

  /** What the chart lets the orchestrator do, and no more. */
  async orchestratorsConfig(): Promise<KubeConfig> {
    const { kubernetes } = this.#options;
    const token = await kubernetes.kubectl(['create', 'token', 'alarena-orchestrator', ...this.#own]);
    const caData = (await readFile(kubernetes.caFile)).toString('base64');
    const config = new KubeConfig();
    config.loadFromClusterAndUser(
      { name: 'test', server: kubernetes.serverUrl, caData, skipTLSVerify: false },
      { name: 'orchestrator', token: token.trim() },
    );
    return config;
  }
}
