export { createStrategyService, type StrategyDeps, type StrategyService } from './server.js';
