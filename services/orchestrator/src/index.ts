export { createOrchestrator, type Orchestrator, type OrchestratorDeps } from './server.js';
