// The services whose calls the orchestrator passes on, so that one address answers for all of the installation.

import { dataset, strategy } from '@alarena/api';
import { channelCredentials, type Forwarding, forward } from '@alarena/grpc';
import type { Logger } from '@alarena/telemetry';
import type { Settings } from '../settings.js';

type UpstreamSettings = Pick<
  Settings,
  'datasetStore' | 'strategy' | 'upstreamCaFile' | 'upstreamCertFile' | 'upstreamKeyFile'
>;

export async function openUpstream(settings: UpstreamSettings, logger: Logger): Promise<Forwarding[]> {
  const { upstreamCaFile: caFile, upstreamCertFile: certFile, upstreamKeyFile: keyFile } = settings;
  const encrypted = caFile !== undefined || certFile !== undefined;
  const credentials = encrypted
    ? await channelCredentials({ caFile, certFile, keyFile }, { logger })
    : undefined;
  return [
    forward(dataset.DatasetServiceService, { address: settings.datasetStore, credentials }),
    forward(strategy.StrategyServiceService, { address: settings.strategy, credentials }),
  ];
}
